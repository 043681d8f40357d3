import { useState } from 'react';
import { newIdempotencyKey } from '../../api/client.ts';
import { useRestoreRouting, useSaveRouting } from '../../api/routing.ts';
import { rules } from '../../i18n/en/rules.ts';
import { useT } from '../../i18n/use-t.tsx';
import { Button } from '../../ui/button.tsx';
import { useErrorText } from '../../ui/error-card.tsx';
import { TextField } from '../../ui/fields.tsx';
import { toast } from '../../ui/toast.tsx';
import { useEditor } from './editor.ts';

/** While a version is tried on a share of the sessions: widen it, give it to all, or take it back. */
export function RolloutBanner() {
  const t = useT(rules);
  const errorText = useErrorText();
  const { live, mayEdit } = useEditor();
  const save = useSaveRouting();
  const restore = useRestoreRouting();
  const [idempotencyKey] = useState(newIdempotencyKey);
  const [percent, setPercent] = useState(String(live.rollout?.percent ?? 10));
  if (live.rollout === null) return null;
  const { before } = live.rollout;
  const share = Number(percent);
  const isGood = percent.trim() !== '' && share >= 1 && share <= 99;
  const give = (next: number): void => save.mutate({ version: live.version, body: { ...live.document, ...(next < 100 && { rollout: { percent: next } }) } }, { onSuccess: ({ data }) => toast({ text: next < 100 ? t('savedFor', { version: data.version, percent: next }) : t('saved', { version: data.version }) }), onError: (error) => toast({ kind: 'error', text: errorText(error) }) });
  const takeBack = (): void => restore.mutate({ version: before, idempotencyKey }, { onSuccess: ({ data }) => toast({ text: t('restored', { version: before, as: data.version }) }), onError: (error) => toast({ kind: 'error', text: errorText(error) }) });
  const busy = save.isPending || restore.isPending;
  return (
    <section className="rollout" aria-label={t('rollout')}>
      <p><strong>{t('rolloutNow', { version: live.version, percent: live.rollout.percent })}</strong> {t('rolloutRest', { before })}</p>
      {mayEdit && (
        <div className="rollout__tools">
          <TextField label={t('share')} type="number" min={1} max={99} value={percent} onChange={(event) => setPercent(event.target.value)} error={isGood ? undefined : t('shareRange')} />
          <Button disabled={!isGood || share === live.rollout.percent} busy={busy} onClick={() => give(share)}>{t('rolloutChange')}</Button>
          <Button kind="primary" busy={busy} onClick={() => give(100)}>{t('rolloutAll')}</Button>
          <Button busy={busy} onClick={takeBack}>{t('rolloutBack', { before })}</Button>
        </div>
      )}
    </section>
  );
}
