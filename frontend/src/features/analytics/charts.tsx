import { useNavigate } from '@tanstack/react-router';
import type { UsageAnswer } from '../../api/types.ts';
import { useFormat } from '../../format/use-format.ts';
import { analytics } from '../../i18n/en/analytics.ts';
import { useT } from '../../i18n/use-t.tsx';
import { Card } from '../../ui/card.tsx';
import { Lines } from '../../ui/chart/lines.tsx';
import { StackedBars } from '../../ui/chart/stacked-bars.tsx';
import { useNow } from '../../ui/values.tsx';
import { filtersOf } from './ask.ts';
import { paidMicros } from './measures.ts';
import { inOrder, seriesColors, useCodeName, useGroupHeading, useGroupName, useGroupTitle } from './names.ts';
import { isLastOpen, pointLabels, pointRange } from './points.ts';
import { STACKS, type AnalyticsSearch } from './search.ts';

interface Props { readonly answer: UsageAnswer; readonly search: AnalyticsSearch; readonly onSearch: (change: Partial<AnalyticsSearch>) => void }

/** Everything over time. A click on a point opens its requests. */
export function Charts(props: Props) {
  return <div className="charts"><Cost {...props} /><Requests {...props} /><ResponseTime {...props} /><Errors {...props} /><Tokens {...props} /></div>;
}

function useCommon({ answer, search, onSearch }: Props) {
  const f = useFormat();
  const now = useNow();
  const navigate = useNavigate();
  const open = (point: number, more: Partial<AnalyticsSearch> = {}): void => { void navigate({ to: '/audit', search: { ...filtersOf(search), ...(search.tz !== undefined && { tz: search.tz }), ...pointRange(answer, point), ...more } }); };
  return { f, open, common: { labels: pointLabels(answer, f), isLastOpen: isLastOpen(answer, now), onZoom: (first: number, last: number) => onSearch({ from: pointRange(answer, first).from, to: pointRange(answer, last).to }) } };
}

function Cost({ answer, search, onSearch }: Props) {
  const t = useT(analytics);
  const { f, open, common } = useCommon({ answer, search, onSearch });
  const paid = answer.series.map(paidMicros);
  const title = t('chartCost');
  return (
    <Card title={title}>
      <Lines {...common} title={title} format={f.money} axisFormat={f.axisMoney} between={['paid', 'without']} onPick={(point) => open(point)} series={[
        { id: 'paid', name: t('seriesPaid'), color: 'var(--tier-simple)', values: paid },
        { id: 'without', name: t('seriesWithout'), color: 'var(--muted)', values: answer.series.map((point) => paidMicros(point) + point.savedMicros), isDashed: true },
      ]} />
    </Card>
  );
}

function Requests({ answer, search, onSearch }: Props) {
  const t = useT(analytics);
  const nameOf = useGroupName();
  const titleOf = useGroupTitle();
  const { f, open, common } = useCommon({ answer, search, onSearch });
  const by = search.stack ?? 'tier';
  const title = t('chartRequests', { by: titleOf(by) });
  // While another cut is on its way the old one is shown, under its own name.
  const stacked = answer.stacked;
  const groups = inOrder(stacked?.by ?? by, stacked?.groups ?? []);
  const colors = seriesColors(stacked?.by ?? by, groups.map(({ id }) => id));
  return (
    <Card title={title} actions={<ChooseStack value={by} onChange={(stack) => onSearch({ stack })} />}>
      <StackedBars {...common} title={title} format={f.exactCount} axisFormat={f.count} onPick={(point, series) => open(point, series === undefined || series === 'other' || series === 'none' ? {} : { [by]: [series] })}
        series={groups.map(({ id, name, requests }, place) => ({ id, name: nameOf(stacked?.by ?? by, id, name), color: colors[place] ?? 'var(--tier-none)', values: requests }))} />
    </Card>
  );
}

function ChooseStack({ value, onChange }: { readonly value: (typeof STACKS)[number]; readonly onChange: (next: (typeof STACKS)[number]) => void }) {
  const t = useT(analytics);
  const heading = useGroupHeading();
  return <select className="small-select" aria-label={t('cutBy')} value={value} onChange={(event) => onChange(STACKS.find((one) => one === event.target.value) ?? 'tier')}>{STACKS.map((one) => <option key={one} value={one}>{heading(one)}</option>)}</select>;
}

function ResponseTime({ answer, search, onSearch }: Props) {
  const t = useT(analytics);
  const { f, open, common } = useCommon({ answer, search, onSearch });
  const isFirst = search.time === 'first';
  const measured = answer.series.map(({ latencyMs, ttftMs }) => (isFirst ? ttftMs : latencyMs));
  const title = t(isFirst ? 'chartFirst' : 'chartTime');
  return (
    <Card title={title} actions={(
      <div className="segments" role="group" aria-label={t('timeOf')}>
        {(['total', 'first'] as const).map((one) => <button key={one} type="button" className="segments__one" aria-pressed={(search.time ?? 'total') === one} onClick={() => onSearch({ time: one })}>{t(one === 'total' ? 'timeTotal' : 'timeFirst')}</button>)}
      </div>
    )}>
      <Lines {...common} title={title} format={f.duration} onPick={(point) => open(point)} series={[
        { id: 'p50', name: 'p50', color: 'var(--series-2)', values: measured.map(({ p50 }) => p50) },
        { id: 'p95', name: 'p95', color: 'var(--series-3)', values: measured.map(({ p95 }) => p95) },
      ]} />
    </Card>
  );
}

function Errors({ answer, search, onSearch }: Props) {
  const t = useT(analytics);
  const codeName = useCodeName();
  const { f, open, common } = useCommon({ answer, search, onSearch });
  const title = t('chartErrors');
  const { refusals } = answer;
  return (
    <Card title={title}>
      <StackedBars {...common} title={title} format={f.exactCount} axisFormat={f.count} onPick={(point) => open(point, { status: ['4xx', '5xx'] })} series={[
        { id: 'errors', name: t('seriesErrors'), color: 'var(--bad)', values: answer.series.map(({ errors }) => errors) },
        { id: 'refused', name: t('seriesRefused'), color: 'var(--series-3)', values: refusals.series.map(({ count }) => count) },
      ]} />
      {refusals.count > 0 && <p className="muted chart-note">{t('refusedList', { list: f.list(refusals.byCode.slice(0, 4).map(({ code, count }) => `${codeName(code)} ${f.count(count)}`)) })}</p>}
    </Card>
  );
}

function Tokens({ answer, search, onSearch }: Props) {
  const t = useT(analytics);
  const { f, open, common } = useCommon({ answer, search, onSearch });
  const title = t('chartTokens');
  return (
    <Card title={title}>
      <StackedBars {...common} title={title} format={f.exactCount} axisFormat={f.count} onPick={(point) => open(point)} series={[
        { id: 'input', name: t('tokensInput'), color: 'var(--series-2)', values: answer.series.map(({ tokens }) => tokens.input) },
        { id: 'cached', name: t('tokensCached'), color: 'var(--series-1)', values: answer.series.map(({ tokens }) => tokens.cacheRead) },
        { id: 'written', name: t('tokensWritten'), color: 'var(--series-4)', values: answer.series.map(({ tokens }) => tokens.cacheWrite5m + tokens.cacheWrite1h) },
        { id: 'output', name: t('tokensOutput'), color: 'var(--series-3)', values: answer.series.map(({ tokens }) => tokens.output) },
      ]} />
    </Card>
  );
}
