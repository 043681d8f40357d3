import { useState } from 'react';
import { ApiError } from '../../api/errors.ts';
import { useSaveRouting } from '../../api/routing.ts';
import type { RoutingCheck, RoutingDocument } from '../../api/types.ts';
import { rules } from '../../i18n/en/rules.ts';
import { ui } from '../../i18n/en/ui.ts';
import { useT } from '../../i18n/use-t.tsx';
import { Alert } from '../../ui/alert.tsx';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { useErrorText } from '../../ui/error-card.tsx';
import { RadioGroupField, TextField } from '../../ui/fields.tsx';
import { toast } from '../../ui/toast.tsx';
import { changesOf, rebased } from './changes.ts';
import { ChangeList } from './change-words.tsx';
import { setDraft, type Draft } from './draft.ts';
import { Doubts } from './warnings.tsx';
import { WhatIf } from './what-if.tsx';

interface Current { readonly version: number; readonly document: RoutingDocument }

/** What is about to be saved, what it would have changed, and on how many sessions it begins. */
export function SaveDialog({ draft, check, onClose }: { readonly draft: Draft; readonly check: RoutingCheck | undefined; readonly onClose: () => void }) {
  const t = useT(rules);
  const words = useT(ui);
  const errorText = useErrorText();
  const save = useSaveRouting();
  const [scope, setScope] = useState<'all' | 'some'>('all');
  const [percent, setPercent] = useState('10');
  const share = Number(percent);
  const shareFault = scope === 'some' && !(percent.trim() !== '' && share >= 1 && share <= 99) ? t('shareRange') : undefined;
  const conflict = save.error instanceof ApiError && save.error.code === 'version_conflict' ? save.error.details['current'] as Current : undefined;
  const submit = (): void => {
    if (shareFault !== undefined) return;
    save.mutate({ version: draft.version, body: { ...draft.document, ...(scope === 'some' && { rollout: { percent: share } }) } }, {
      onSuccess: ({ data }) => {
        setDraft(undefined);
        toast({ text: data.rollout === null ? t('saved', { version: data.version }) : t('savedFor', { version: data.version, percent: data.rollout.percent }) });
        onClose();
      },
    });
  };
  if (conflict !== undefined) return <Conflict draft={draft} current={conflict} onResolved={() => save.reset()} onClose={onClose} />;
  const cannot = (check?.errors.length ?? 0) > 0;
  return (
    <Dialog title={t('review')} size="wide" onClose={onClose} footer={(
      <>
        <Button kind="primary" busy={save.isPending} busyText={words('saving')} disabled={cannot} onClick={submit}>{t('save')}</Button>
        <Button onClick={onClose}>{t('keepEditing')}</Button>
      </>
    )}>
      <div className="stack">
        {save.error !== null && <Alert kind="error">{errorText(save.error)}</Alert>}
        {check !== undefined && <Doubts check={check} document={draft.document} />}
        <ChangeList label={t('yourChanges')} changes={changesOf(draft.base, draft.document)} />
        <WhatIf document={draft.document} />
        {draft.version > 0 && <RadioGroupField label={t('scope')} name="scope" value={scope} onChange={(value) => setScope(value === 'some' ? 'some' : 'all')} options={[{ value: 'all', label: t('scopeAll') }, { value: 'some', label: t('scopeSome') }]} />}
        {scope === 'some' && <TextField label={t('share')} hint={t('shareHint')} type="number" min={1} max={99} value={percent} onChange={(event) => setPercent(event.target.value)} error={shareFault} />}
      </div>
    </Dialog>
  );
}

/** Somebody saved meanwhile: both sides are shown, and nothing is overwritten without being seen. */
function Conflict({ draft, current, onResolved, onClose }: { readonly draft: Draft; readonly current: Current; readonly onResolved: () => void; readonly onClose: () => void }) {
  const t = useT(rules);
  const keepMine = (): void => {
    setDraft({ version: current.version, base: current.document, document: rebased(draft.base, draft.document, current.document) });
    onResolved();
  };
  return (
    <Dialog title={t('conflict', { version: current.version })} description={t('conflictText')} size="wide" onClose={onClose} footer={(
      <>
        <Button kind="primary" onClick={keepMine}>{t('conflictMerge', { version: current.version })}</Button>
        <Button onClick={() => { setDraft(undefined); onClose(); }}>{t('conflictDrop')}</Button>
      </>
    )}>
      <div className="conflict">
        <section><h3 className="trace__title">{t('theirChanges')}</h3><ChangeList label={t('theirChanges')} changes={changesOf(draft.base, current.document)} /></section>
        <section><h3 className="trace__title">{t('yourChanges')}</h3><ChangeList label={t('yourChanges')} changes={changesOf(draft.base, draft.document)} /></section>
      </div>
    </Dialog>
  );
}
