import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import type { LedgerEntry, SetupAnswer, UsageAnswer } from '../../api/types.ts';
import type { RangeSearch } from '../../app/range.ts';
import { useFormat } from '../../format/use-format.ts';
import { overview } from '../../i18n/en/overview.ts';
import { useT } from '../../i18n/use-t.tsx';
import { Sparkline } from '../../ui/chart/sparkline.tsx';
import { Unknown } from '../../ui/values.tsx';

export interface TilesProps { readonly usage: UsageAnswer; readonly range: RangeSearch; readonly setup: SetupAnswer | undefined; readonly recent: readonly LedgerEntry[] | undefined }

/** Four figures of the range, each with its shape over time. */
export function Tiles({ usage: { totals, series, previous, refusals }, range, setup, recent }: TilesProps) {
  const t = useT(overview);
  const f = useFormat();
  const { tokens, latencyMs, requests, errors } = totals;
  const cached = tokens.cacheRead;
  const input = tokens.input + tokens.cacheWrite5m + tokens.cacheWrite1h + cached;
  const change = previous && f.change(requests, previous.totals.requests);
  const state = [change === undefined ? undefined : t('changeVs', { change }), errors > 0 ? t('errorRate', { percent: f.percent(errors / requests) }) : requests > 0 ? t('noErrors') : undefined, refusals.count > 0 ? t('refused', { count: refusals.count }) : undefined];
  const adds = median((recent ?? []).map(({ gatewayMs }) => gatewayMs));
  const p95 = f.duration(latencyMs.p95 ?? 0);
  return (
    <div className="tiles">
      <Tile range={range} name={t('requests')} value={f.count(requests)} exact={f.exactCount(requests)} text={state.filter(Boolean).join(' · ') || t('noChange')} shape={series.map((point) => point.requests)} />
      <Tile range={range} name={t('tokens')} value={f.count(input + tokens.output)} exact={f.exactCount(input + tokens.output)} text={cached > 0 ? t('tokensCached', { input: f.count(input), cached: f.count(cached), output: f.count(tokens.output) }) : t('tokensText', { input: f.count(input), output: f.count(tokens.output) })} shape={series.map((point) => point.tokens.input + point.tokens.cacheRead + point.tokens.output)} />
      <Tile range={range} isRules name={t('activeRules')} value={setup === undefined ? <Unknown /> : f.count(setup.rules.active)} text={setup === undefined ? '' : t('matchedToday', { count: setup.rules.matchedToday })} />
      <Tile range={range} name={t('response')} value={latencyMs.p50 === null ? <Unknown /> : f.duration(latencyMs.p50)} text={latencyMs.p50 === null ? t('noResponse') : adds === undefined ? t('responseText', { p95 }) : t('responseAdds', { p95, adds: f.duration(adds) })} shape={series.map((point) => point.latencyMs.p50 ?? 0)} />
    </div>
  );
}

function Tile({ range, name, value, exact, text, shape, isRules = false }: { readonly range: RangeSearch; readonly name: string; readonly value: ReactNode; readonly exact?: string; readonly text: string; readonly shape?: readonly number[]; readonly isRules?: boolean }) {
  return (
    <Link to={isRules ? '/rules' : '/analytics'} search={range} className="tile">
      <span className="tile__name">{name}</span>
      <span className="tile__value number" title={exact}>{value}</span>
      <span className="tile__text">{text}</span>
      {shape !== undefined && shape.some((one) => one > 0) && <span className="tile__spark"><Sparkline values={shape} /></span>}
    </Link>
  );
}

function median(values: readonly number[]): number | undefined {
  return values.toSorted((a, b) => a - b)[values.length >> 1];
}
