import { useQuery } from '@tanstack/react-query';
import { useRef, useState } from 'react';
import { useForm } from 'react-hook-form';
import { RESERVED_NAMES } from '../../../../functions/contract/words.ts';
import { newIdempotencyKey } from '../../api/client.ts';
import { ApiError } from '../../api/errors.ts';
import { catalogueQuery, modelsQuery, useCreateModel, useTestModel } from '../../api/models.ts';
import { routingQuery } from '../../api/routing.ts';
import type { ModelTestAnswer } from '../../api/types.ts';
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
import { bodyOf, fieldOf, resolverFor, valuesOf, type Extra, type ModelValues } from './model-values.ts';
import { providerInfo } from './providers.ts';
import { TestResult } from './test-result.tsx';

/** A new model: tried with one tiny call through the code of live traffic, then saved. */
export function AddModel({ tier, onClose, onAdded }: { readonly tier: ModelValues['tier']; readonly onClose: () => void; readonly onAdded: (id: string) => void }) {
  const t = useT(models);
  const f = useFormat();
  const errorText = useErrorText();
  const all = useQuery(modelsQuery).data ?? [];
  const aliases = useQuery(routingQuery).data?.document.aliases ?? [];
  const catalogue = useQuery(catalogueQuery).data ?? [];
  const test = useTestModel();
  const create = useCreateModel();
  const [idempotencyKey, setIdempotencyKey] = useState(newIdempotencyKey);
  const [problem, setProblem] = useState<string>();
  const [result, setResult] = useState<ModelTestAnswer>();
  const isOwnId = useRef(false);
  const taken = (id: string): boolean => all.some((model) => model.id === id);
  const freeId = (id: string): string => { for (let n = 2; ; n += 1) if (!taken(`${id}-${n}`)) return `${id}-${n}`; };
  const judge = ({ id, provider, apiKey, baseUrl, apiVersion, region }: ModelValues): readonly Extra[] => {
    const { needs = [], isKeyOptional } = providerInfo(provider);
    const name = id.trim();
    return [
      ...(taken(name) ? [{ field: 'id', message: t('idTaken', { id: name, other: freeId(name) }) } as const] : aliases.some((alias) => alias.name === name) ? [{ field: 'id', message: t('idAlias', { id: name }) } as const] : (RESERVED_NAMES as readonly string[]).includes(name) ? [{ field: 'id', message: t('idReserved', { id: name }) } as const] : []),
      ...(isKeyOptional !== true && apiKey.trim() === '' ? [{ field: 'apiKey', message: t('required') } as const] : []),
      ...(needs.includes('baseUrl') && baseUrl.trim() === '' ? [{ field: 'baseUrl', message: t('required') } as const] : []),
      ...(needs.includes('apiVersion') && apiVersion.trim() === '' ? [{ field: 'apiVersion', message: t('required') } as const] : []),
      ...(needs.includes('region') && region.trim() === '' ? [{ field: 'region', message: t('required') } as const] : []),
    ];
  };
  const judgeNow = useRef(judge);
  judgeNow.current = judge;
  const form = useForm<ModelValues>({ resolver: resolverFor(undefined, (values) => judgeNow.current(values)), defaultValues: valuesOf(undefined, tier), mode: 'onBlur', reValidateMode: 'onChange' });
  const refuse = (error: unknown): void => {
    const field = error instanceof ApiError && error.field !== undefined ? fieldOf(error.field.split('/').slice(1)) : undefined;
    if (field !== undefined && field in form.getValues()) form.setError(field, { type: 'server', message: errorText(error) }, { shouldFocus: true });
    else setProblem(errorText(error));
  };
  const add = async (values: ModelValues, took?: number): Promise<void> => {
    setProblem(undefined);
    try {
      const { data } = await create.mutateAsync({ body: bodyOf(values), idempotencyKey });
      toast({ text: took === undefined ? t('addedDone', { id: data.id }) : `${t('addedDone', { id: data.id })}. ${t('answered', { time: f.duration(took) })}` });
      onAdded(data.id);
    } catch (error) {
      setIdempotencyKey(newIdempotencyKey());
      refuse(error);
    }
  };
  const testAndAdd = async (values: ModelValues): Promise<void> => {
    setProblem(undefined);
    setResult(undefined);
    const { tier: _tier, ...draft } = bodyOf(values);
    try {
      const { data } = await test.mutateAsync(draft);
      setResult(data);
      if (data.ok) await add(values, data.latencyMs);
    } catch (error) {
      refuse(error);
    }
  };
  const follow = (upstream: string): void => {
    if (isOwnId.current && form.getValues('id') !== '') return;
    isOwnId.current = false;
    form.setValue('id', upstream.trim().replaceAll(/[^A-Za-z0-9._:/@-]+/g, '-'), { shouldValidate: form.formState.isSubmitted });
  };
  const isBusy = test.isPending || create.isPending;
  const { close, question } = useLeaveGuard(form.formState.isDirty, onClose);
  return (
    <Dialog title={t('addTitle')} description={t('addText')} onClose={close} footer={(
      <>
        <Button kind="primary" type="submit" form="add-model" busy={isBusy} busyText={test.isPending ? t('testing') : t('adding')}>{t('testAndAdd')}</Button>
        {result?.ok === false && <Button disabled={isBusy} onClick={() => { void form.handleSubmit((values) => add(values))(); }}>{t('addAnyway')}</Button>}
        <Button onClick={close}>{t('cancel')}</Button>
      </>
    )}>
      <form id="add-model" className="stack" noValidate onInput={(event) => { if (event.target instanceof HTMLInputElement && event.target.name === 'id') isOwnId.current = true; }} onSubmit={(event) => { void form.handleSubmit(testAndAdd)(event); }}>
        {problem !== undefined && <Alert kind="error">{problem}</Alert>}
        <ModelFields form={form} catalogue={catalogue} onUpstream={follow} />
        {result?.ok === false && <TestResult result={result} />}
      </form>
      {question}
    </Dialog>
  );
}
