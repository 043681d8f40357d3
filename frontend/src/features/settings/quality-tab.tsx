import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { ApiError } from '../../api/errors.ts';
import { modelsQuery } from '../../api/models.ts';
import { evidenceQuery, routingQuery, useSaveRouting } from '../../api/routing.ts';
import type { RoutingAnswer } from '../../api/types.ts';
import { settings } from '../../i18n/en/settings.ts';
import { useT } from '../../i18n/use-t.tsx';
import { usePageGuard } from '../../ui/leave-guard.tsx';
import { Alert } from '../../ui/alert.tsx';
import { Button } from '../../ui/button.tsx';
import { Card } from '../../ui/card.tsx';
import { useErrorText } from '../../ui/error-card.tsx';
import { SelectField, SwitchField, TextField } from '../../ui/fields.tsx';
import { QueryView } from '../../ui/query-view.tsx';
import { Skeleton } from '../../ui/skeleton.tsx';
import { toast } from '../../ui/toast.tsx';

/** How much quality must remain, and what may be spent on measuring it: part of the routing document, so each save is a version of it. */
export function QualityTab() {
  const query = useQuery(routingQuery);
  return <QueryView query={query} skeleton={<Skeleton shape="card" />}>{(routing) => <Quality key={routing.version} routing={routing} onReload={() => { void query.refetch(); }} />}</QueryView>;
}

const percentOf = (share: number): string => String(Math.round(share * 1_000) / 10);

function Quality({ routing: { document, version, rollout }, onReload }: { readonly routing: RoutingAnswer; readonly onReload: () => void }) {
  const t = useT(settings);
  const errorText = useErrorText();
  const save = useSaveRouting();
  const models = useQuery(modelsQuery).data ?? [];
  const evidence = useQuery(evidenceQuery).data?.items;
  const { auto } = document;
  const [target, setTarget] = useState(percentOf(auto.qualityTarget));
  const [isOn, setOn] = useState(auto.shadow.enabled);
  const [usd, setUsd] = useState(String(auto.shadow.dailyUsd));
  const [judge, setJudge] = useState(auto.judgeModel ?? '');
  const [isTried, setTried] = useState(false);
  const [hasConflict, setConflict] = useState(false);
  const share = Number(target) / 100;
  const question = usePageGuard(target !== percentOf(auto.qualityTarget) || isOn !== auto.shadow.enabled || usd !== String(auto.shadow.dailyUsd) || judge !== (auto.judgeModel ?? ''));
  const problems = {
    target: target.trim() === '' ? t('needed') : share >= 0.5 && share <= 1 ? undefined : '50–100',
    usd: usd.trim() === '' ? t('needed') : Number(usd) >= 0 && (!isOn || Number(usd) > 0) ? undefined : '> 0',
    judge: isOn && judge === '' ? t('judgeNeeded') : undefined,
  };
  const submit = (): void => {
    setTried(true);
    if (Object.values(problems).some((problem) => problem !== undefined)) return;
    const body = { ...document, auto: { ...auto, qualityTarget: Math.round(share * 1_000) / 1_000, judgeModel: judge === '' ? null : judge, shadow: { enabled: isOn, dailyUsd: Number(usd) } } };
    save.mutate({ version, body }, { onSuccess: ({ data }) => toast({ text: t('qualitySaved', { version: data.version }) }), onError: (error) => setConflict(error instanceof ApiError && error.code === 'version_conflict') });
  };
  const shown = (problem: string | undefined): string | undefined => (isTried ? problem : undefined);
  const labels = evidence?.reduce((sum, one) => sum + one.labels, 0);
  return (
    <form className="page-body" noValidate onSubmit={(event) => { event.preventDefault(); submit(); }}>
      {question}
      {rollout !== null && <Alert kind="warning">{t('rolloutRunning', { percent: rollout.percent })}</Alert>}
      {save.error !== null && (hasConflict ? <Alert kind="warning" title={t('conflictTitle')}><div className="stack"><p>{t('conflictText')}</p><div><Button small onClick={onReload}>{t('loadTheirs')}</Button></div></div></Alert> : <Alert kind="error">{errorText(save.error)}</Alert>)}
      <Card title={t('quality')}><div className="settings__narrow"><TextField label={t('qualityLabel')} type="number" min="50" max="100" step="0.1" value={target} onChange={(event) => setTarget(event.target.value)} hint={t('qualityHint')} error={shown(problems.target)} /></div></Card>
      <Card title={t('shadow')}>
        <div className="stack">
          <p className="muted">{t('shadowText')} {t('keysOptOut')}</p>
          {labels !== undefined && <p>{t('evidence', { count: labels })}</p>}
          <SwitchField label={t('shadowOn')} isChecked={isOn} onChange={setOn} />
          <div className="form-grid">
            <TextField label={t('shadowUsd')} type="number" min="0" step="0.01" value={usd} onChange={(event) => setUsd(event.target.value)} hint={t('shadowUsdHint')} error={shown(problems.usd)} />
            <SelectField label={t('judge')} hint={t('judgeHint')} value={judge} onChange={(event) => setJudge(event.target.value)} error={shown(problems.judge)}><option value="">{t('judgeNone')}</option>{[...new Set([...models.map(({ id }) => id), ...(judge === '' ? [] : [judge])])].map((id) => <option key={id} value={id}>{id}</option>)}</SelectField>
          </div>
        </div>
      </Card>
      <div className="row settings__foot"><Button kind="primary" type="submit" disabled={rollout !== null} busy={save.isPending} busyText={t('saving')}>{t('save')}</Button></div>
    </form>
  );
}
