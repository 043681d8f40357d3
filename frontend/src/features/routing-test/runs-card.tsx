import { useState, type ReactNode } from 'react';
import { useFormat } from '../../format/use-format.ts';
import { routingTest } from '../../i18n/en/routing-test.ts';
import { useT } from '../../i18n/use-t.tsx';
import { Badge, DecidedBy, useStageName, useTierName } from '../../ui/badge.tsx';
import { Button } from '../../ui/button.tsx';
import { Card } from '../../ui/card.tsx';
import { DataTable } from '../../ui/data-table.tsx';
import { Money, Unknown } from '../../ui/values.tsx';
import { useReason } from '../trace/names.ts';
import { clearRuns, excerptOf, type Run } from './runs.ts';

const costOf = ({ answer: { decision } }: Run): number | null | undefined => decision?.candidates.find(({ model }) => model === decision.route[0])?.estCostMicros;

/** The last runs, to look at again or side by side. */
export function RunsCard({ runs, shown, onShow }: { readonly runs: readonly Run[]; readonly shown: number | undefined; readonly onShow: (run: Run) => void }) {
  const t = useT(routingTest);
  const [chosen, setChosen] = useState<ReadonlySet<number>>(new Set());
  const compared = runs.filter(({ number }) => chosen.has(number)).toReversed();
  const choose = (number: number, isChosen: boolean): void => setChosen(new Set(isChosen ? [...chosen, number] : [...chosen].filter((other) => other !== number)));
  const goesTo = ({ answer }: Run): ReactNode => answer.error === null ? <strong className="trace__id">{answer.decision?.route[0]}</strong> : t('nowhere', { code: answer.error.code });
  return (
    <Card flush title={t('runs')} actions={<Button small onClick={() => { clearRuns(); setChosen(new Set()); }}>{t('clear')}</Button>}>
      <p className="runs__hint field__hint">{t('runsHint')} {t('compareHint')}</p>
      <DataTable label={t('runs')} rows={runs} rowKey={({ number }) => String(number)} columns={[
        { id: 'number', header: '#', cell: (run) => <label className="runs__choice"><input type="checkbox" checked={chosen.has(run.number)} aria-label={t('compare', { number: run.number })} onChange={(event) => choose(run.number, event.target.checked)} />{run.number}</label> },
        { id: 'request', header: t('rowRequest'), cell: ({ body }) => <span className="trace__id"><code>{String(body['model'])}</code> {excerptOf(body)}</span> },
        { id: 'model', header: t('rowModel'), cell: goesTo },
        { id: 'by', header: t('rowStage'), cell: ({ answer: { decision } }) => (decision === null ? <Unknown /> : <DecidedBy stage={decision.stage} tier={decision.tier} score={decision.score} />) },
        { id: 'cost', header: t('rowCost'), align: 'end', cell: (run) => (costOf(run) === undefined ? <Unknown /> : <Money micros={costOf(run)} />) },
        { id: 'rules', header: t('rowRules'), cell: ({ draft }) => (draft === undefined ? t('rulesLive') : <Badge tone="warn">{t('rulesDraft')}</Badge>) },
        { id: 'show', header: t('show'), isHeaderHidden: true, align: 'end', cell: (run) => (run.number === shown ? <span className="muted">{t('shown')}</span> : <Button small onClick={() => onShow(run)}>{t('show')}</Button>) },
      ]} />
      {compared.length > 1 && <Comparison runs={compared} />}
    </Card>
  );
}

function Comparison({ runs }: { readonly runs: readonly Run[] }) {
  const t = useT(routingTest);
  const f = useFormat();
  const stageName = useStageName();
  const tierName = useTierName();
  const reason = useReason();
  const none = t('none');
  const saving = (run: Run): string => {
    const [cost, baseline] = [costOf(run), run.answer.decision?.baseline?.estCostMicros];
    return typeof cost !== 'number' || typeof baseline !== 'number' ? none : f.money(baseline - cost);
  };
  const rows: readonly (readonly [string, (run: Run) => string])[] = [
    [t('rowRequest'), ({ body }) => `${String(body['model'])} ${excerptOf(body)}`],
    [t('rowRules'), ({ draft }) => t(draft === undefined ? 'rulesLive' : 'rulesDraft')],
    [t('key'), ({ keyName }) => keyName ?? none],
    [t('rowModel'), ({ answer }) => answer.decision?.route[0] ?? t('nowhere', { code: answer.error?.code ?? '' })],
    [t('rowStage'), ({ answer: { decision } }) => (decision === null ? none : stageName(decision.stage))],
    [t('rowTier'), ({ answer: { decision } }) => (decision === null || decision.tier === null ? none : tierName(decision.tier))],
    [t('rowScore'), ({ answer: { decision } }) => String(decision?.score ?? none)],
    [t('rowReason'), ({ answer: { decision } }) => (decision === null ? none : reason.name(decision.reason))],
    [t('rowTokens'), ({ answer: { decision } }) => (decision === null ? none : f.exactCount(decision.inputs.inputTokens))],
    [t('rowCost'), (run) => { const cost = costOf(run); return typeof cost === 'number' ? f.money(cost) : none; }],
    [t('rowSaving'), saving],
  ];
  return (
    // A region that scrolls must be reachable by keyboard.
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <div className="table-scroll compare" role="region" aria-label={t('compared')} tabIndex={0}>
      <table className="table">
        <caption className="off-screen">{t('compared')}</caption>
        <thead><tr><td />{runs.map(({ number }) => <th key={number} scope="col">{t('run_', { number })}</th>)}</tr></thead>
        <tbody>{rows.map(([name, value]) => {
          const values = runs.map(value);
          const isSame = values.every((each) => each === values[0]);
          return <tr key={name} className={isSame ? undefined : 'compare__differs'}><th scope="row">{name}{!isSame && <span className="off-screen"> ({t('differs')})</span>}</th>{values.map((each, at) => <td key={runs[at]?.number}>{each}</td>)}</tr>;
        })}</tbody>
      </table>
    </div>
  );
}
