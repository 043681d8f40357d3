import './overview.css';
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useDeferredValue, useEffect, useRef } from 'react';
import { refresh } from '../../api/query-client.ts';
import { recentRequestsQuery } from '../../api/requests.ts';
import { setupQuery } from '../../api/setup.ts';
import { rangeOf, type RangeSearch } from '../../app/range.ts';
import { overview } from '../../i18n/en/overview.ts';
import { useT } from '../../i18n/use-t.tsx';
import { ErrorCard } from '../../ui/error-card.tsx';
import { Page } from '../../ui/page.tsx';
import { QueryView } from '../../ui/query-view.tsx';
import { Skeleton } from '../../ui/skeleton.tsx';
import { TimeRange } from '../../ui/time-range.tsx';
import { Updated } from '../../ui/updated.tsx';
import { RECENT } from './asks.ts';
import { AttentionCard } from './attention.tsx';
import { Checklist } from './checklist.tsx';
import { ExportMenu } from './export-menu.tsx';
import { Ghost } from './ghost.tsx';
import { overviewUsageQuery } from './questions.ts';
import { RecentRequests } from './recent.tsx';
import { SavingsHero } from './savings-hero.tsx';
import { SpendByModel } from './spend-by-model.tsx';
import { TierChart } from './tier-chart.tsx';
import { Tiles } from './tiles.tsx';

const CHARTS = <Skeleton shape="chart" height={316} />;

/** Is it working, what does it cost, what did it save? */
export function OverviewPage() {
  const t = useT(overview);
  const navigate = useNavigate({ from: '/' });
  const range = rangeOf(useSearch({ from: '/' }));
  const setup = useQuery(setupQuery);
  const usage = useQuery(overviewUsageQuery(range));
  const recent = useQuery(recentRequestsQuery(RECENT));
  const isEmpty = setup.data?.firstRequestAt === null;
  // What was saved is painted first: what lies below it comes with the next turn, at the place that is kept for it.
  const isPainted = useDeferredValue(true, false);
  useFirstRequest(setup.data?.firstRequestAt);
  const change = (next: RangeSearch): void => { void navigate({ search: next }); };
  const actions = isEmpty ? undefined : <><Updated at={usage.dataUpdatedAt} isFetching={usage.isFetching} /><TimeRange value={range} onChange={change} /><ExportMenu range={range} /></>;
  return (
    <Page title={t('title')} description={t('description')} actions={actions}>
      {setup.error !== null && setup.data === undefined && !setup.isFetching && <ErrorCard error={setup.error} onRetry={() => { void setup.refetch(); }} />}
      {setup.data !== undefined && <Checklist setup={setup.data} />}
      {isEmpty ? <Ghost /> : (
        <>
          {setup.data !== undefined && <AttentionCard items={setup.data.attention} />}
          <QueryView query={usage} skeleton={<><Skeleton shape="card" height={142} /><div className="tiles"><Skeleton shape="card" /><Skeleton shape="card" /><Skeleton shape="card" /><Skeleton shape="card" /></div>{CHARTS}</>}>
            {(data) => (
              <div className="page-body">
                <SavingsHero usage={data} range={range} strongest={setup.data?.models.strongest ?? null} needed={setup.data?.autoRouted.needed ?? 20} />
                <Tiles usage={data} range={range} setup={setup.data} recent={recent.data?.items} />
                {isPainted ? <div className="overview__charts"><TierChart usage={data} range={range} /><SpendByModel usage={data} range={range} /></div> : CHARTS}
              </div>
            )}
          </QueryView>
          {isPainted && <RecentRequests query={recent} range={range} />}
        </>
      )}
    </Page>
  );
}

/** The page notices: what the first request brings is asked for the moment it came. */
function useFirstRequest(firstRequestAt: string | null | undefined): void {
  const before = useRef(firstRequestAt);
  useEffect(() => {
    if (before.current === null && typeof firstRequestAt === 'string') void refresh('usage', 'requests');
    before.current = firstRequestAt;
  }, [firstRequestAt]);
}
