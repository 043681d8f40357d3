import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { keyQuery } from '../../api/keys.ts';
import { ApiError } from '../../api/errors.ts';
import { useMay } from '../../api/me.ts';
import { recentRequestsQuery } from '../../api/requests.ts';
import type { KeyView } from '../../api/types.ts';
import { usageQuery } from '../../api/usage.ts';
import { rangeBounds, rangeOf } from '../../app/range.ts';
import { useFormat } from '../../format/use-format.ts';
import { keys } from '../../i18n/en/keys.ts';
import { useT } from '../../i18n/use-t.tsx';
import { Button } from '../../ui/button.tsx';
import { StackedBars } from '../../ui/chart/stacked-bars.tsx';
import { colorsOf } from '../../ui/chart/colors.ts';
import { HBars } from '../../ui/chart/h-bars.tsx';
import { DataTable } from '../../ui/data-table.tsx';
import { Drawer } from '../../ui/dialog.tsx';
import { StatusBadge } from '../../ui/badge.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';
import { QueryView } from '../../ui/query-view.tsx';
import { Skeleton } from '../../ui/skeleton.tsx';
import { TimeRange } from '../../ui/time-range.tsx';
import { Count, Money, RelativeTime } from '../../ui/values.tsx';
import { useKeyActions } from './actions.tsx';
import { Ends, KeyStateBadge, keyMenuItems } from './key-table.tsx';
import { keyState } from './status.ts';

/** `/keys/:id`: one key over the list. */
export function KeyDrawer() {
  const t = useT(keys);
  const { keyId } = useParams({ from: '/keys/$keyId' });
  const navigate = useNavigate();
  const query = useQuery(keyQuery(keyId));
  return (
    <Drawer title={query.data?.name ?? keyId} description={query.data && <code>{query.data.display}</code>} onClose={() => { void navigate({ to: '/keys', search: true }); }}>
      {query.error instanceof ApiError && query.error.status === 404 ? <EmptyState title={t('notFound')} /> : <QueryView query={query} skeleton={<Skeleton shape="card" />}>{(apiKey) => <Details apiKey={apiKey} />}</QueryView>}
    </Drawer>
  );
}

function Details({ apiKey }: { readonly apiKey: KeyView }) {
  const t = useT(keys);
  const isAdmin = useMay('admin');
  const actions = useKeyActions();
  const state = keyState(apiKey, Date.now());
  const items = isAdmin ? keyMenuItems(apiKey, state, actions, t) : [];
  return (
    <div className="stack drawer-body">
      <div className="row"><KeyStateBadge state={state} />{items.map(({ id, text, isDanger, onChoose }) => <Button key={id} small kind={isDanger === true ? 'danger' : 'secondary'} onClick={onChoose}>{text}</Button>)}</div>
      <Usage apiKey={apiKey} />
      <section className="stack"><h3>{t('settings')}</h3><Settings apiKey={apiKey} /></section>
      <Latest keyId={apiKey.id} />
    </div>
  );
}

function Usage({ apiKey: { id } }: { readonly apiKey: KeyView }) {
  const t = useT(keys);
  const f = useFormat();
  const search = useSearch({ from: '/keys' });
  const navigate = useNavigate({ from: '/keys/$keyId' });
  const range = rangeOf(search);
  const { tz } = rangeBounds(range, Date.now());
  const query = useQuery(usageQuery(range, { key: [id], by: 'model' }));
  const codeName = useCodeName();
  return (
    <section className="stack">
      <div className="row drawer-head"><h3>{t('usage')}</h3><TimeRange value={range} onChange={(next) => { void navigate({ search: (before) => ({ ...before, range: undefined, from: undefined, to: undefined, tz: undefined, ...next }) }); }} presets={['24h', '7d', '30d']} /></div>
      <QueryView query={query} skeleton={<Skeleton shape="chart" />}>
        {({ totals, series, breakdown, refusals, bucket }) => (
          <div className="stack">
            <dl className="figures">
              <div><dt>{t('requests')}</dt><dd><Count value={totals.requests} /></dd></div>
              <div><dt>{t('spend')}</dt><dd><Money micros={totals.costMicros} /></dd></div>
              <div><dt>{t('errors')}</dt><dd><Count value={totals.errors} /></dd></div>
            </dl>
            <StackedBars title={t('requests')} height={150} labels={series.map(({ at }) => ({ short: f.dateTime(at, bucket === 'day' ? 'day' : 'minute', tz), full: f.dateTime(at, bucket === 'day' ? 'day' : 'dayTime', tz) }))} series={[{ id: 'requests', name: t('requests'), color: 'var(--series-1)', values: series.map(({ requests }) => requests) }]} format={f.count} isLastOpen />
            {breakdown.length > 0 && <div className="stack"><h4>{t('byModel')}</h4><HBars label={t('byModel')} bars={breakdown.map((row) => ({ id: row.id ?? '', name: row.name ?? '', value: row.requests, text: f.count(row.requests), share: f.money(row.costMicros), color: colorsOf(breakdown.map(({ id }) => id ?? 'none'))(row.id ?? 'none') }))} /></div>}
            <div className="stack"><h4>{t('refused')}</h4>{refusals.byCode.length === 0 ? <p className="muted">{t('refusedNone')}</p> : <ul className="pairs">{refusals.byCode.map(({ code, count }) => <li key={code}><span>{codeName(code)}</span><span className="number">{t('times', { count })}</span></li>)}</ul>}</div>
          </div>
        )}
      </QueryView>
      <p><Link to="/analytics" search={{ ...range, key: [id] }}>{t('analytics')}</Link></p>
    </section>
  );
}

function useCodeName(): (code: string) => string {
  const t = useT(keys);
  const names: Readonly<Record<string, string>> = {
    rate_limit_exceeded: t('codeRate'), tokens_exceeded: t('codeTokens'), concurrency_exceeded: t('codeParallel'), budget_exceeded: t('codeBudget'), invalid_api_key: t('codeKey'), model_not_allowed: t('codeModel'), model_not_found: t('codeModelUnknown'), invalid_request: t('codeInvalid'),
  };
  return (code) => names[code] ?? code;
}

function Settings({ apiKey }: { readonly apiKey: KeyView }) {
  const t = useT(keys);
  const f = useFormat();
  const limit = (value: number | null): string => (value === null ? t('noLimit') : f.exactCount(value));
  const money = (value: number | null): string => (value === null ? t('noLimit') : f.money(value * 1e6));
  const yes = (value: boolean): string => (value ? t('yes') : t('no'));
  const state = keyState(apiKey, Date.now());
  const facts: readonly [string, React.ReactNode][] = [
    [t('created'), <RelativeTime key="created" at={apiKey.createdAt} />],
    [t('lastUsed'), apiKey.lastUsedAt === null || apiKey.lastUsedAt === undefined ? t('never') : <RelativeTime key="used" at={apiKey.lastUsedAt} />],
    [t('expires'), <Ends key="ends" apiKey={apiKey} state={state} />],
    [t('rpm'), limit(apiKey.rpm)], [t('tpm'), limit(apiKey.tpm)], [t('maxParallel'), limit(apiKey.maxParallel)],
    [t('dailyUsd'), money(apiKey.dailyUsd)], [t('monthlyUsd'), money(apiKey.monthlyUsd)], [t('budgetAction'), apiKey.budgetAction === 'block' ? t('block') : t('warn')],
    [t('allowed'), apiKey.allowedModels === null ? t('allowedAll') : f.list(apiKey.allowedModels)],
    [t('strict'), yes(apiKey.strict)], [t('shadow'), yes(apiKey.shadow)], [t('logContent'), yes(apiKey.logContent)],
  ];
  return <dl className="facts">{facts.map(([name, value]) => <div key={name} className="facts__one"><dt>{name}</dt><dd>{value}</dd></div>)}</dl>;
}

function Latest({ keyId }: { readonly keyId: string }) {
  const t = useT(keys);
  const f = useFormat();
  const query = useQuery(recentRequestsQuery({ key: [keyId], limit: 20 }, 10_000));
  const navigate = useNavigate();
  return (
    <section className="stack">
      <h3>{t('latest')}</h3>
      <QueryView query={query} skeleton={<Skeleton shape="card" />}>
        {({ items }) => (
          <DataTable label={t('latest')} rows={items} rowKey={({ requestId }) => requestId} rowName={({ requestId }) => requestId} empty={<p className="muted">{t('latestNone')}</p>} onOpen={({ requestId }) => { void navigate({ to: '/audit/$requestId', params: { requestId } }); }} columns={[
            { id: 'at', header: t('time'), cell: ({ at }) => <RelativeTime at={at} /> },
            { id: 'model', header: t('model'), cell: ({ servedModel, requestedModel }) => <code>{servedModel ?? requestedModel}</code> },
            { id: 'status', header: t('status'), cell: ({ status, errorCode }) => <StatusBadge status={status} errorCode={errorCode} /> },
            { id: 'cost', header: t('cost'), align: 'end', cell: ({ costMicros, status }) => (status >= 400 && costMicros === null ? <span className="muted">—</span> : <span title={costMicros === null ? undefined : f.exactMoney(costMicros)}><Money micros={costMicros} /></span>) },
          ]} />
        )}
      </QueryView>
      <p><Link to="/audit" search={{ key: [keyId] }}>{t('openLog')}</Link></p>
    </section>
  );
}
