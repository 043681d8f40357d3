import { useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import type { UsageAnswer } from '../../api/types.ts';
import { usageQuery } from '../../api/usage.ts';
import { rangeOf } from '../../app/range.ts';
import { useFormat } from '../../format/use-format.ts';
import { analytics } from '../../i18n/en/analytics.ts';
import { useT } from '../../i18n/use-t.tsx';
import { Card } from '../../ui/card.tsx';
import { EmptyState, NoMatch } from '../../ui/empty-state.tsx';
import { FilterBar } from '../../ui/filter-bar.tsx';
import { Page } from '../../ui/page.tsx';
import { QueryView } from '../../ui/query-view.tsx';
import { Skeleton } from '../../ui/skeleton.tsx';
import { RangeInWords, TimeRange } from '../../ui/time-range.tsx';
import { Updated } from '../../ui/updated.tsx';
import './analytics.css';
import { askOf, FILTERS, hasFilters } from './ask.ts';
import { Breakdown } from './breakdown.tsx';
import { Charts } from './charts.tsx';
import { ExportMenu } from './export-menu.tsx';
import { Facts } from './facts.tsx';
import { useFilters } from './filters.tsx';
import { Hero } from './hero.tsx';
import { Observations } from './observation-list.tsx';
import type { AnalyticsSearch } from './search.ts';

const NO_FILTERS = Object.fromEntries(FILTERS.map((name) => [name, undefined]));

/** Usage, cost, speed and errors: one question, whose answer is the whole page, so that totals and parts agree. */
export function AnalyticsPage() {
  const t = useT(analytics);
  const search = useSearch({ from: '/analytics' });
  const navigate = useNavigate({ from: '/analytics' });
  const usage = useQuery(usageQuery(rangeOf(search), askOf(search)));
  const onSearch = (change: Partial<AnalyticsSearch>): void => { void navigate({ search: (before) => ({ ...before, ...change }), resetScroll: false }); };
  const clear = (): void => onSearch(NO_FILTERS);
  const filters = useFilters(search, usage.data && { by: search.by ?? 'model', groups: usage.data.breakdown });
  return (
    <Page title={t('title')} description={t('description')} actions={(
      <>
        <TimeRange presets={['24h', '7d', '30d', '90d']} value={search} onChange={(range) => onSearch({ range: undefined, from: undefined, to: undefined, tz: undefined, ...range })} />
        <ExportMenu answer={usage.data} search={search} />
      </>
    )}>
      <FilterBar filters={filters} onChange={(id, chosen) => onSearch({ [id]: chosen.length === 0 ? undefined : chosen })} onClear={clear} />
      <QueryView query={usage} skeleton={<Placeholder />}>
        {(answer) => <Whole answer={answer} search={search} onSearch={onSearch} onClear={clear} updatedAt={usage.dataUpdatedAt} isFetching={usage.isFetching} />}
      </QueryView>
    </Page>
  );
}

interface WholeProps { readonly answer: UsageAnswer; readonly search: AnalyticsSearch; readonly onSearch: (change: Partial<AnalyticsSearch>) => void; readonly onClear: () => void; readonly updatedAt: number; readonly isFetching: boolean }

function Whole({ answer, search, onSearch, onClear, updatedAt, isFetching }: WholeProps) {
  const t = useT(analytics);
  const isEmpty = answer.totals.requests === 0 && answer.refusals.count === 0;
  return (
    <div className="page-body">
      <Coverage answer={answer} updatedAt={updatedAt} isFetching={isFetching} />
      {isEmpty ? <Card>{hasFilters(search) ? <NoMatch onClear={onClear} /> : <EmptyState title={t('emptyTitle')}>{t('emptyText')}</EmptyState>}</Card> : (
        <>
          <Hero answer={answer} range={rangeOf(search)} />
          <Facts answer={answer} />
          <Charts answer={answer} search={search} onSearch={onSearch} />
          <Breakdown answer={answer} search={search} onSearch={onSearch} onClear={onClear} />
        </>
      )}
      <Observations search={search} />
    </div>
  );
}

/** What the numbers are about, and what they leave out. */
function Coverage({ answer, updatedAt, isFetching }: Pick<WholeProps, 'answer' | 'updatedAt' | 'isFetching'>) {
  const t = useT(analytics);
  const f = useFormat();
  const { requests, auto, unpriced } = answer.coverage;
  return (
    <div className="coverage">
      <p className="muted"><RangeInWords from={answer.from} to={answer.to} tz={answer.tz} /> · {t('coverage', { count: requests, auto: f.count(auto) })}{unpriced > 0 && <> · {t('coverageUnpriced', { count: unpriced })}</>}{answer.coverage['truncated'] === true && <> · {t('coverageTruncated')}</>}</p>
      <Updated at={updatedAt} isFetching={isFetching} />
    </div>
  );
}

function Placeholder() {
  return <div className="page-body"><Skeleton shape="card" /><div className="facts">{[1, 2, 3, 4, 5].map((one) => <Skeleton key={one} shape="card" />)}</div><div className="charts">{[1, 2, 3, 4].map((one) => <Card key={one}><Skeleton shape="chart" /></Card>)}</div></div>;
}
