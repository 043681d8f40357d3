import { useState } from 'react';
import { keyCreate } from '../../../../functions/contract/key.ts';
import { newIdempotencyKey } from '../../api/client.ts';
import { useCreateKey } from '../../api/keys.ts';
import type { KeyCreated } from '../../api/types.ts';
import { keys } from '../../i18n/en/keys.ts';
import { useT } from '../../i18n/use-t.tsx';
import { useLeaveGuard } from '../../ui/leave-guard.tsx';
import { Alert } from '../../ui/alert.tsx';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { useErrorText } from '../../ui/error-card.tsx';
import { SelectField } from '../../ui/fields.tsx';
import { showServerError, useContractForm } from '../../ui/form.ts';
import { KeyFields, PRESETS } from './key-fields.tsx';

export function CreateKey({ onClose, onMade }: { readonly onClose: () => void; readonly onMade: (made: KeyCreated) => void }) {
  const t = useT(keys);
  const errorText = useErrorText();
  const create = useCreateKey();
  const [idempotencyKey, setIdempotencyKey] = useState(newIdempotencyKey);
  const [problem, setProblem] = useState<string>();
  const form = useContractForm(keyCreate, { name: '', env: 'live', ...PRESETS.application, maxParallel: null, dailyUsd: null, monthlyUsd: null, budgetAction: 'block', allowedModels: null, expiresAt: null, strict: false, logContent: false, shadow: true });
  const submit = form.handleSubmit(async (body) => {
    setProblem(undefined);
    if (body.allowedModels?.length === 0) return;
    try {
      const { data } = await create.mutateAsync({ body, idempotencyKey });
      create.reset();
      onMade(data);
    } catch (error) {
      // What was refused may be corrected and sent again: that is another request.
      setIdempotencyKey(newIdempotencyKey());
      if (!showServerError(form, error)) setProblem(errorText(error));
    }
  });
  const { close, question } = useLeaveGuard(form.formState.isDirty, onClose);
  return (
    <Dialog title={t('create')} description={t('createText')} onClose={close} footer={(
      <>
        <Button kind="primary" type="submit" form="create-key" busy={create.isPending} busyText={t('createBusy')}>{t('create')}</Button>
        <Button onClick={close}>{t('cancel')}</Button>
      </>
    )}>
      <form id="create-key" className="stack" noValidate onSubmit={(event) => { void submit(event); }}>
        {problem !== undefined && <Alert kind="error">{problem}</Alert>}
        <KeyFields form={form} />
        <SelectField label={t('env')} hint={t('envHint')} {...form.register('env')}><option value="live">{t('envLive')}</option><option value="test">{t('envTest')}</option></SelectField>
      </form>
      {question}
    </Dialog>
  );
}
