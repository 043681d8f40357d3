import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { ApiError } from '../../api/errors.ts';
import { keysQuery } from '../../api/keys.ts';
import { useDeleteModel } from '../../api/models.ts';
import { routingQuery } from '../../api/routing.ts';
import type { ModelView } from '../../api/types.ts';
import { usageQuery } from '../../api/usage.ts';
import { models } from '../../i18n/en/models.ts';
import { useT } from '../../i18n/use-t.tsx';
import { useTierName } from '../../ui/badge.tsx';
import { Button } from '../../ui/button.tsx';
import { ConfirmDialog } from '../../ui/confirm-dialog.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { toast } from '../../ui/toast.tsx';
import { useModelActions } from './actions.tsx';
import { usesOf, type Use } from './uses.ts';

/** What something still uses is not deleted: the dialog says what does, and offers to disable the model instead. */
export function DeleteModel({ model, onClose }: { readonly model: ModelView; readonly onClose: () => void }) {
  const t = useT(models);
  const remove = useDeleteModel();
  const document = useQuery(routingQuery).data?.document;
  const keys = useQuery(keysQuery).data ?? [];
  const usage = useQuery(usageQuery({ range: '30d' }, { model: [model.id], by: 'model' })).data;
  const [refusedBy, setRefusedBy] = useState<readonly string[]>([]);
  const uses = usesOf(model.id, document, keys);
  if (uses.length > 0 || refusedBy.length > 0) return <InUse model={model} uses={uses} others={uses.length > 0 ? [] : refusedBy} onClose={onClose} />;
  const run = async (): Promise<void> => {
    try {
      await remove.mutateAsync({ id: model.id, version: model.version });
    } catch (error) {
      // A version that is still being tried may name it where the current one does not.
      if (error instanceof ApiError && error.code === 'in_use') setRefusedBy(error.details['usedBy'] as string[]);
      throw error;
    }
    toast({ text: t('deletedDone', { id: model.id }) });
  };
  const count = usage?.totals.requests;
  return (
    <ConfirmDialog title={t('deleteTitle', { id: model.id })} confirmText={t('delete')} busyText={t('deleting')} onConfirm={run} onClose={onClose}>
      <p>{count === undefined ? t('deleteUnknown', { id: model.id }) : count === 0 ? t('deleteIdle', { id: model.id }) : t('deleteText', { id: model.id, count })}</p>
    </ConfirmDialog>
  );
}

function InUse({ model, uses, others, onClose }: { readonly model: ModelView; readonly uses: readonly Use[]; readonly others: readonly string[]; readonly onClose: () => void }) {
  const t = useT(models);
  const { setEnabled } = useModelActions();
  return (
    <Dialog size="small" title={t('inUseTitle', { id: model.id })} description={t('inUseText')} onClose={onClose} footer={(
      <>
        {model.enabled && <Button onClick={() => { setEnabled(model, false); onClose(); }}>{t('disable')}</Button>}
        <Button data-autofocus kind="primary" onClick={onClose}>{t('close')}</Button>
      </>
    )}>
      <ul className="model-uses">{uses.map((use) => <li key={`${use.kind} ${use.id}`}><UseLink use={use} onClick={onClose} /></li>)}{others.map((text) => <li key={text}>{text}</li>)}</ul>
    </Dialog>
  );
}

export function UseLink({ use, onClick }: { readonly use: Use; readonly onClick?: () => void }) {
  const t = useT(models);
  const tierName = useTierName();
  const { kind, name, id } = use;
  if (kind === 'key') return <Link to="/keys/$keyId" params={{ keyId: id }} onClick={onClick}>{t('usesKey', { name })}</Link>;
  const [tab, text] = kind === 'alias' ? ['alias', t('usesAlias', { name })] as const : kind === 'rule' ? ['pattern', t('usesRule', { name })] as const : kind === 'tier' ? ['auto', t('usesTier', { name: tierName(name) })] as const : ['auto', t('usesJudge')] as const;
  return <Link to="/rules" search={{ tab }} onClick={onClick}>{text}</Link>;
}
