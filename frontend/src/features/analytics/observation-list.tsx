import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Lightbulb } from 'lucide-react';
import type { ReactNode } from 'react';
import { useMay } from '../../api/me.ts';
import { modelsQuery } from '../../api/models.ts';
import type { UsageAnswer } from '../../api/types.ts';
import { usageQuery } from '../../api/usage.ts';
import { rangeOf } from '../../app/range.ts';
import { useFormat } from '../../format/use-format.ts';
import { analytics } from '../../i18n/en/analytics.ts';
import { useT } from '../../i18n/use-t.tsx';
import { Card } from '../../ui/card.tsx';
import { QueryView } from '../../ui/query-view.tsx';
import { Skeleton } from '../../ui/skeleton.tsx';
import { hasFilters, observationAsk } from './ask.ts';
import { useCodeName } from './names.ts';
import { observe, type Observation } from './observations.ts';
import { pointLabels, pointRange } from './points.ts';
import type { AnalyticsSearch } from './search.ts';

/** What the numbers say that somebody may want to act on. */
export function Observations({ search }: { readonly search: AnalyticsSearch }) {
  const t = useT(analytics);
  const usage = useQuery(usageQuery(rangeOf(search), observationAsk(search)));
  const models = useQuery({ ...modelsQuery, enabled: useMay('member') });
  return (
    <Card title={t('observations')}>
      <QueryView query={usage} skeleton={<><Skeleton /><Skeleton /></>}>
        {(report) => <List report={report} found={observe(report, models.data, { hasFilters: hasFilters(search) })} search={search} />}
      </QueryView>
    </Card>
  );
}

function List({ report, found, search }: { readonly report: UsageAnswer; readonly found: readonly Observation[]; readonly search: AnalyticsSearch }) {
  const t = useT(analytics);
  if (report.totals.requests === 0 && found.length === 0) return <p className="muted">{t('observationsNone')}</p>;
  if (found.length === 0) return <p className="muted">{t('observationsFine', { count: report.totals.requests })}</p>;
  return <ul className="observations">{found.map((one) => <li key={`${one.kind} ${'model' in one ? one.model : ''}`} data-kind={one.kind}><Lightbulb aria-hidden size={16} /><div><One one={one} report={report} search={search} /></div></li>)}</ul>;
}

function One({ one, report, search }: { readonly one: Observation; readonly report: UsageAnswer; readonly search: AnalyticsSearch }): ReactNode {
  const t = useT(analytics);
  const f = useFormat();
  const codeName = useCodeName();
  const range = rangeOf(search);
  const model = 'model' in one ? <code>{one.model}</code> : null;
  switch (one.kind) {
    case 'loss':
      return <><p>{t('obsLoss', { lost: f.money(one.lostMicros), overhead: f.money(one.overheadMicros), count: one.requests })}</p><Link to="/rules" search={{ tab: 'auto' }}>{t('linkRules')}</Link></>;
    case 'failing':
      return <><p>{t.rich('obsFailing', { model, errors: f.count(one.errors), count: one.requests, share: f.percent(one.share) })}</p><Link to="/audit" search={{ ...range, model: [one.model], status: ['4xx', '5xx'] }}>{t('linkErrors')}</Link></>;
    case 'unpriced':
      return <><p>{t.rich('obsUnpriced', { model, count: one.requests })}</p><Link to="/models/$modelId" params={{ modelId: one.model }}>{t('linkPrice')}</Link></>;
    case 'spike': {
      const label = pointLabels(report, f)[one.point]?.full ?? '';
      return <><p>{t('obsSpike', { when: label, cost: f.money(one.costMicros), usual: f.money(one.usualMicros) })}</p><Link to="/analytics" search={{ ...search, range: undefined, ...pointRange(report, one.point) }}>{t('linkThen')}</Link></>;
    }
    case 'overRouting':
      return <><p>{t('obsOverRouting', { share: f.percent(one.share), complex: f.count(one.complex), count: one.scored, costShare: f.percent(one.costShare) })}</p><Link to="/rules" search={{ tab: 'auto' }}>{t('linkBoundaries')}</Link></>;
    case 'refused':
      return <><p>{t('obsRefused', { count: one.all, code: codeName(one.code), most: f.count(one.count) })}</p>{LIMITS.has(one.code) && <Link to="/keys">{t('linkKeys')}</Link>}{one.code === 'model_not_found' && <Link to="/models">{t('linkModels')}</Link>}</>;
    case 'idle':
      return <><p>{t.rich('obsIdle', { model, count: one.days })}</p><Link to="/models/$modelId" params={{ modelId: one.model }}>{t('linkModel')}</Link></>;
  }
}

const LIMITS: ReadonlySet<string> = new Set(['rate_limit_exceeded', 'tokens_exceeded', 'concurrency_exceeded', 'budget_exceeded', 'invalid_api_key', 'model_not_allowed']);
