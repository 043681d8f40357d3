import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { keysQuery } from '../../api/keys.ts';
import { ApiError } from '../../api/errors.ts';
import { useMay } from '../../api/me.ts';
import { modelQuery } from '../../api/models.ts';
import { recentRequestsQuery } from '../../api/requests.ts';
import { routingQuery } from '../../api/routing.ts';
import type { ModelView } from '../../api/types.ts';
import { usageQuery } from '../../api/usage.ts';
import { rangeBounds, rangeOf } from '../../app/range.ts';
import { useFormat } from '../../format/use-format.ts';
import { models } from '../../i18n/en/models.ts';
import { useT } from '../../i18n/use-t.tsx';
import { Badge } from '../../ui/badge.tsx';
import { Button } from '../../ui/button.tsx';
import { HBars } from '../../ui/chart/h-bars.tsx';
import { StackedBars } from '../../ui/chart/stacked-bars.tsx';
import { modelColor } from '../../ui/chart/colors.ts';
import { Drawer } from '../../ui/dialog.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';
import { QueryView } from '../../ui/query-view.tsx';
import { Skeleton } from '../../ui/skeleton.tsx';
import { TimeRange } from '../../ui/time-range.tsx';
import { Count, Duration, Money, RelativeTime, Unknown } from '../../ui/values.tsx';
import { useModelActions } from './actions.tsx';
import { UseLink } from './delete-model.tsx';
import { modelMenuItems, needsKey } from './model-table.tsx';
import { ABILITIES } from './model-values.ts';
import { providerInfo } from './providers.ts';
import { usesKnown } from './uses.ts';

/** `/models/:id`: one model over the list. */
export function ModelDrawer() {
  const t = useT(models);
  const { modelId } = useParams({ from: '/models/$modelId' });
  const navigate = useNavigate();
  const query = useQuery(modelQuery(modelId));
  return (
    <Drawer title={modelId} description={query.data && `${providerInfo(query.data.provider).name} · ${query.data.upstreamModel}`} onClose={() => { void navigate({ to: '/models', search: true }); }}>
      {query.error instanceof ApiError && query.error.status === 404 ? <EmptyState title={t('notFound')} /> : <QueryView query={query} skeleton={<Skeleton shape="card" />}>{(model) => <Details model={model} />}</QueryView>}
    </Drawer>
  );
}

function Details({ model }: { readonly model: ModelView }) {
  const t = useT(models);
  const isAdmin = useMay('admin');
  const actions = useModelActions();
  const items = isAdmin ? modelMenuItems(model, actions, t) : [];
  const uses = usesKnown(model.id, useQuery(routingQuery).data?.document, useQuery(keysQuery).data);
  return (
    <div className="stack drawer-body">
      <div className="row"><Badge tone={model.enabled ? 'good' : 'neutral'}>{model.enabled ? t('enabled') : t('disabled')}</Badge>{needsKey(model) && <Badge tone="warn">{t('noCredential')}</Badge>}{items.map(({ id, text, isDanger, onChoose }) => <Button key={id} small kind={isDanger === true ? 'danger' : 'secondary'} onClick={onChoose}>{text}</Button>)}</div>
      <Usage model={model} />
      <section className="stack"><h3>{t('usedBy')}</h3>{uses === undefined ? <Unknown /> : uses.length === 0 ? <p className="muted">{t('unused')}</p> : <ul className="model-uses">{uses.map((use) => <li key={`${use.kind} ${use.id}`}><UseLink use={use} /></li>)}</ul>}</section>
      <section className="stack"><h3>{t('facts')}</h3><Facts model={model} /></section>
      <Errors id={model.id} />
    </div>
  );
}

function Usage({ model: { id } }: { readonly model: ModelView }) {
  const t = useT(models);
  const f = useFormat();
  const search = useSearch({ from: '/models' });
  const navigate = useNavigate({ from: '/models/$modelId' });
  const range = rangeOf(search);
  const { tz } = rangeBounds(range, Date.now());
  const query = useQuery(usageQuery(range, { model: [id], by: 'key' }));
  return (
    <section className="stack">
      <div className="row drawer-head"><h3>{t('usage')}</h3><TimeRange value={range} onChange={(next) => { void navigate({ search: (before) => ({ ...before, range: undefined, from: undefined, to: undefined, tz: undefined, ...next }) }); }} presets={['24h', '7d', '30d']} /></div>
      <QueryView query={query} skeleton={<Skeleton shape="chart" />}>
        {({ totals, series, breakdown, bucket }) => (
          <div className="stack">
            <dl className="figures">
              <div><dt>{t('requests')}</dt><dd><Count value={totals.requests} /></dd></div>
              <div><dt>{t('spend')}</dt><dd><Money micros={totals.requests > 0 && totals.unpriced === totals.requests ? null : totals.costMicros} /></dd></div>
              <div><dt>{t('errors')}</dt><dd><Count value={totals.errors} /></dd></div>
              <div><dt>{t('p95')}</dt><dd><Duration ms={totals.latencyMs.p95} /></dd></div>
            </dl>
            <StackedBars title={t('requests')} height={150} labels={series.map(({ at }) => ({ short: f.dateTime(at, bucket === 'day' ? 'day' : 'minute', tz), full: f.dateTime(at, bucket === 'day' ? 'day' : 'dayTime', tz) }))} series={[{ id: 'requests', name: t('requests'), color: modelColor(id), values: series.map(({ requests }) => requests) }]} format={f.count} isLastOpen />
            {breakdown.length > 0 && <div className="stack"><h4>{t('byKey')}</h4><HBars label={t('byKey')} bars={breakdown.slice(0, 8).map((row) => ({ id: row.id ?? '', name: row.name ?? '', value: row.requests, text: f.count(row.requests), share: f.money(row.costMicros), color: modelColor(id) }))} /></div>}
          </div>
        )}
      </QueryView>
      <p><Link to="/analytics" search={{ ...range, model: [id] }}>{t('analytics')}</Link></p>
    </section>
  );
}

function Facts({ model }: { readonly model: ModelView }) {
  const t = useT(models);
  const f = useFormat();
  const { effective: { price, facts }, credentials } = model;
  const zone = new Intl.DateTimeFormat().resolvedOptions().timeZone;
  const can = ABILITIES.filter((name) => facts[name] === true).map((name) => t(name));
  const rows: readonly (readonly [string, ReactNode])[] = [
    [t('provider'), providerInfo(model.provider).name], [t('upstream'), <code key="upstream">{model.upstreamModel}</code>],
    ...(model.baseUrl === null ? [] : [[t('baseUrl'), <code key="url">{model.baseUrl}</code>] as const]), ...(model.region === null ? [] : [[t('region'), model.region] as const]), ...(model.apiVersion === null ? [] : [[t('apiVersion'), model.apiVersion] as const]),
    [t('credential'), credentials.length === 0 ? t('none') : f.list(credentials.map(({ last4, updatedAt }) => t('credentialShown', { last4, date: f.dateTime(updatedAt, 'day', zone) })))],
    [t('price'), price === null ? <Money key="price" micros={null} /> : <span key="price">{f.exactMoney(price.input * 1e6)} / {f.exactMoney(price.output * 1e6)} <span className="muted">({model.price === null ? t('priceList') : t('priceOwn')})</span></span>],
    [t('context'), facts.contextWindow === undefined ? t('unknown') : f.exactCount(facts.contextWindow)], [t('maxOutput'), model.maxOutputTokens === null ? facts.maxOutput === undefined ? t('unknown') : f.exactCount(facts.maxOutput) : f.exactCount(model.maxOutputTokens)],
    [t('can'), can.length === 0 ? t('unknown') : f.list(can)], [t('added'), <RelativeTime key="added" at={model.createdAt} />],
  ];
  return <dl className="facts">{rows.map(([name, value]) => <div key={name} className="facts__one"><dt>{name}</dt><dd>{value}</dd></div>)}</dl>;
}

/** Its last 20 errors, the same ones together. */
function Errors({ id }: { readonly id: string }) {
  const t = useT(models);
  const query = useQuery(recentRequestsQuery({ model: [id], errors: true, limit: 20 }, 30_000));
  return (
    <section className="stack">
      <h3>{t('latestErrors')}</h3>
      <QueryView query={query} skeleton={<Skeleton />}>
        {({ items }) => {
          const groups = Object.entries(Object.groupBy(items, ({ status, errorCode }) => `${status} ${errorCode ?? ''}`.trim()));
          if (groups.length === 0) return <p className="muted">{t('noErrors')}</p>;
          return <ul className="pairs">{groups.map(([name, list = []]) => <li key={name}><code>{name}</code><span className="number muted">{t('times', { count: list.length })} · <RelativeTime at={list[0]?.at ?? ''} /></span></li>)}</ul>;
        }}
      </QueryView>
      <p><Link to="/audit" search={{ model: [id], status: ['4xx', '5xx'] }}>{t('openLog')}</Link></p>
    </section>
  );
}
