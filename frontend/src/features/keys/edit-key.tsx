import { useState } from 'react';
import { keyPatch } from '../../../../functions/contract/admin/keys.ts';
import { useUpdateKey } from '../../api/keys.ts';
import type { KeyView } from '../../api/types.ts';
import { keys } from '../../i18n/en/keys.ts';
import { useT } from '../../i18n/use-t.tsx';
import { useLeaveGuard } from '../../ui/leave-guard.tsx';
import { Alert } from '../../ui/alert.tsx';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { useErrorText } from '../../ui/error-card.tsx';
import { showServerError, useContractForm } from '../../ui/form.ts';
import { toast } from '../../ui/toast.tsx';
import { KeyFields } from './key-fields.tsx';

export function EditKey({ apiKey, onClose }: { readonly apiKey: KeyView; readonly onClose: () => void }) {
  const t = useT(keys);
  const errorText = useErrorText();
  const update = useUpdateKey();
  const [problem, setProblem] = useState<string>();
  const { name, rpm, tpm, maxParallel, dailyUsd, monthlyUsd, budgetAction, allowedModels, expiresAt, strict, logContent, shadow } = apiKey;
  const form = useContractForm(keyPatch, { name, rpm, tpm, maxParallel, dailyUsd, monthlyUsd, budgetAction, allowedModels, expiresAt, strict, logContent, shadow });
  const submit = form.handleSubmit(async (body) => {
    setProblem(undefined);
    if (body.allowedModels?.length === 0) return;
    try {
      await update.mutateAsync({ id: apiKey.id, version: apiKey.version, body });
      toast({ text: t('saved', { name: body.name ?? name }) });
      onClose();
    } catch (error) {
      if (!showServerError(form, error)) setProblem(errorText(error));
    }
  });
  const { close, question } = useLeaveGuard(form.formState.isDirty, onClose);
  return (
    <Dialog title={t('editTitle', { name })} onClose={close} footer={(
      <>
        <Button kind="primary" type="submit" form="edit-key" busy={update.isPending} busyText={t('saveBusy')}>{t('save')}</Button>
        <Button onClick={close}>{t('cancel')}</Button>
      </>
    )}>
      <form id="edit-key" className="stack" noValidate onSubmit={(event) => { void submit(event); }}>
        {problem !== undefined && <Alert kind="error">{problem}</Alert>}
        <KeyFields form={form} />
      </form>
      {question}
    </Dialog>
  );
}
