import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useForm } from 'react-hook-form';
import { ApiError } from '../../api/errors.ts';
import { catalogueQuery, useTestModel, useUpdateModel } from '../../api/models.ts';
import type { ModelTestAnswer, ModelView } from '../../api/types.ts';
import { useFormat } from '../../format/use-format.ts';
import { models } from '../../i18n/en/models.ts';
import { useT } from '../../i18n/use-t.tsx';
import { useLeaveGuard } from '../../ui/leave-guard.tsx';
import { Alert } from '../../ui/alert.tsx';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { useErrorText } from '../../ui/error-card.tsx';
import { toast } from '../../ui/toast.tsx';
import { ModelFields } from './model-fields.tsx';
import { fieldOf, patchOf, resolverFor, valuesOf, type ModelValues } from './model-values.ts';
import { providerInfo } from './providers.ts';
import { TestResult } from './test-result.tsx';

/** Changes to a model; the stored key stays unless another is entered, or the model moves to another host. */
export function EditModel({ model, onClose }: { readonly model: ModelView; readonly onClose: () => void }) {
  const t = useT(models);
  const f = useFormat();
  const errorText = useErrorText();
  const catalogue = useQuery(catalogueQuery).data ?? [];
  const update = useUpdateModel();
  const test = useTestModel();
  const [version, setVersion] = useState(model.version);
  const [problem, setProblem] = useState<string>();
  const [result, setResult] = useState<ModelTestAnswer>();
  const form = useForm<ModelValues>({
    resolver: resolverFor(model, ({ provider, apiKey, baseUrl, apiVersion, region }) => {
      const { needs = [] } = providerInfo(provider);
      const moves = provider !== model.provider || baseUrl.trim() !== (model.baseUrl ?? '') || region.trim() !== (model.region ?? '');
      return [
        ...(moves && model.credentials.length > 0 && apiKey.trim() === '' ? [{ field: 'apiKey', message: t('apiKeyAgain') } as const] : []),
        ...([['baseUrl', baseUrl], ['apiVersion', apiVersion], ['region', region]] as const).filter(([field, value]) => needs.includes(field) && value.trim() === '').map(([field]) => ({ field, message: t('required') })),
      ];
    }),
    defaultValues: valuesOf(model), mode: 'onBlur', reValidateMode: 'onChange',
  });
  const save = async (values: ModelValues, isTested: boolean): Promise<void> => {
    setProblem(undefined);
    setResult(undefined);
    try {
      const { data: saved } = await update.mutateAsync({ id: model.id, version, body: patchOf(values, model) });
      setVersion(saved.version);
      if (!isTested) {
        toast({ text: t('savedDone', { id: model.id }) });
        return onClose();
      }
      const { data } = await test.mutateAsync({ id: model.id });
      if (!data.ok) return setResult(data);
      toast({ text: `${t('savedDone', { id: model.id })}. ${t('answered', { time: f.duration(data.latencyMs) })}` });
      return onClose();
    } catch (error) {
      const field = error instanceof ApiError && error.field !== undefined ? fieldOf(error.field.split('/').slice(1)) : undefined;
      if (field !== undefined && field in form.getValues()) return form.setError(field, { type: 'server', message: errorText(error) }, { shouldFocus: true });
      return setProblem(errorText(error));
    }
  };
  const isBusy = update.isPending || test.isPending;
  const { close, question } = useLeaveGuard(form.formState.isDirty, onClose);
  return (
    <Dialog title={t('editTitle', { id: model.id })} onClose={close} footer={(
      <>
        <Button kind="primary" type="submit" form="edit-model" busy={isBusy} busyText={test.isPending ? t('testing') : t('saving')}>{t('saveAndTest')}</Button>
        <Button disabled={isBusy} onClick={() => { void form.handleSubmit((values) => save(values, false))(); }}>{t('saveOnly')}</Button>
        <Button onClick={close}>{t('cancel')}</Button>
      </>
    )}>
      <form id="edit-model" className="stack" noValidate onSubmit={(event) => { void form.handleSubmit((values) => save(values, true))(event); }}>
        {problem !== undefined && <Alert kind="error">{problem}</Alert>}
        <ModelFields form={form} catalogue={catalogue} before={model} />
        {result !== undefined && <TestResult result={result} isSaved />}
      </form>
      {question}
    </Dialog>
  );
}
