import { useEffect } from 'react';
import { useTestModel } from '../../api/models.ts';
import type { ModelView } from '../../api/types.ts';
import { models } from '../../i18n/en/models.ts';
import { useT } from '../../i18n/use-t.tsx';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { ErrorCard } from '../../ui/error-card.tsx';
import { Skeleton } from '../../ui/skeleton.tsx';
import { TestResult } from './test-result.tsx';

/** One tiny call to a registered model, with its stored key. */
export function TestModel({ model, onClose }: { readonly model: ModelView; readonly onClose: () => void }) {
  const t = useT(models);
  const { mutate, data, error, isPending } = useTestModel();
  useEffect(() => mutate({ id: model.id }), [mutate, model.id]);
  return (
    <Dialog size="small" title={`${t('test')}: ${model.id}`} onClose={onClose} footer={<><Button busy={isPending} busyText={t('testing')} onClick={() => mutate({ id: model.id })}>{t('test')}</Button><Button data-autofocus kind="primary" onClick={onClose}>{t('close')}</Button></>}>
      <div className="model-test-box" aria-live="polite">{error !== null ? <ErrorCard error={error} /> : data === undefined ? <div className="stack"><p className="muted">{t('testing')}</p><Skeleton /></div> : <TestResult result={data.data} />}</div>
    </Dialog>
  );
}
