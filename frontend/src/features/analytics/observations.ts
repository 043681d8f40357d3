import type { ModelView, UsageAnswer } from '../../api/types.ts';

/** What a report says that somebody may want to act on; shares are 0…1, money micro-USD. */
export type Observation =
  | { readonly kind: 'loss'; readonly lostMicros: number; readonly overheadMicros: number; readonly requests: number }
  | { readonly kind: 'failing'; readonly model: string; readonly errors: number; readonly requests: number; readonly share: number }
  | { readonly kind: 'unpriced'; readonly model: string; readonly requests: number }
  | { readonly kind: 'spike'; readonly point: number; readonly costMicros: number; readonly usualMicros: number }
  | { readonly kind: 'overRouting'; readonly complex: number; readonly scored: number; readonly share: number; readonly costShare: number }
  | { readonly kind: 'refused'; readonly code: string; readonly count: number; readonly all: number }
  | { readonly kind: 'idle'; readonly model: string; readonly days: number };

const DAY_MS = 86_400_000;
/** Fewer requests than these say nothing about a share. */
const LEAST_REQUESTS = 20;
const FAILING_SHARE = 0.05;
const LEAST_SCORED = 50;
const COMPLEX_SHARE = 0.6;
/** A point counts as a spike from this many times the usual one (the median of those with any cost). */
const SPIKE = 3;
const LEAST_POINTS = 7;
const IDLE_DAYS = 7;
const NOTHING: ReadonlySet<string | null> = new Set(['none', 'other', null]);

/**
 * Everything follows from the numbers of one usage answer, by model and stacked by tier, and from the list of models:
 * nothing is estimated. `models` undefined, or filters on: nothing is said about idle models, as the report does not show
 * all of the traffic.
 */
export function observe(report: UsageAnswer, models: readonly ModelView[] | undefined, { hasFilters }: { readonly hasFilters: boolean }): Observation[] {
  return [...loss(report), ...failing(report), ...unpriced(report), ...spike(report), ...overRouting(report), ...refused(report), ...(models === undefined || hasFilters ? [] : idle(report, models))];
}

function loss({ totals }: UsageAnswer): Observation[] {
  return totals.savedMicros < 0 ? [{ kind: 'loss', lostMicros: -totals.savedMicros, overheadMicros: totals.overheadMicros, requests: totals.compared.requests }] : [];
}

function failing({ breakdown }: UsageAnswer): Observation[] {
  return breakdown.filter(({ id, requests, errors }) => !NOTHING.has(id) && requests >= LEAST_REQUESTS && errors / requests > FAILING_SHARE)
    .toSorted((a, b) => b.errors / b.requests - a.errors / a.requests)
    .map(({ id, errors, requests }) => ({ kind: 'failing', model: id ?? '', errors, requests, share: errors / requests }));
}

function unpriced({ breakdown }: UsageAnswer): Observation[] {
  return breakdown.filter((part) => !NOTHING.has(part.id) && part.unpriced > 0).map((part) => ({ kind: 'unpriced', model: part.id ?? '', requests: part.unpriced }));
}

function spike({ series }: UsageAnswer): Observation[] {
  const costs = series.map(({ costMicros, overheadMicros }) => costMicros + overheadMicros);
  const spent = costs.filter((cost) => cost > 0).toSorted((a, b) => a - b);
  const usualMicros = spent[Math.floor((spent.length - 1) / 2)] ?? 0;
  const costMicros = spent.at(-1) ?? 0;
  if (spent.length < LEAST_POINTS || costMicros < SPIKE * usualMicros) return [];
  return [{ kind: 'spike', point: costs.indexOf(costMicros), costMicros, usualMicros }];
}

function overRouting({ stacked }: UsageAnswer): Observation[] {
  if (stacked?.by !== 'tier') return [];
  const sum = (values: readonly number[]): number => values.reduce((all, value) => all + value, 0);
  const tiers = stacked.groups.filter(({ id }) => id === 'simple' || id === 'moderate' || id === 'complex').map(({ id, requests, costMicros }) => ({ id, requests: sum(requests), costMicros: sum(costMicros) }));
  const scored = sum(tiers.map(({ requests }) => requests));
  const cost = sum(tiers.map(({ costMicros }) => costMicros));
  const complex = tiers.find(({ id }) => id === 'complex');
  if (complex === undefined || scored < LEAST_SCORED || complex.requests / scored < COMPLEX_SHARE) return [];
  return [{ kind: 'overRouting', complex: complex.requests, scored, share: complex.requests / scored, costShare: cost === 0 ? 0 : complex.costMicros / cost }];
}

function refused({ refusals }: UsageAnswer): Observation[] {
  const [most] = refusals.byCode;
  return most === undefined ? [] : [{ kind: 'refused', code: most.code, count: most.count, all: refusals.count }];
}

/** Enabled, registered before the range began, and nothing was sent to them: only for ranges in which that says something. */
function idle({ breakdown, from, to }: UsageAnswer, models: readonly ModelView[]): Observation[] {
  const days = Math.floor((Date.parse(to) - Date.parse(from)) / DAY_MS);
  if (days < IDLE_DAYS || breakdown.length === 0) return [];
  const used = new Set(breakdown.map(({ id }) => id));
  return models.filter(({ id, enabled, createdAt }) => enabled && !id.endsWith('*') && createdAt < from && !used.has(id)).map(({ id }) => ({ kind: 'idle', model: id, days }));
}
