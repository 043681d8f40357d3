import { boundariesOf, tierOf } from '../../functions/core/routing/boundaries.ts';
import { TIERS } from '../../functions/contract/words.ts';
import { TIER_NAMES, type BenchRow, type TierName } from './data.ts';
import { mean } from './metrics.ts';
import { fixed, table } from './musts.ts';
import type { Scores } from './world.ts';
import { chanceOf } from '../train-classifier/need.ts';

const DEFAULT = boundariesOf({ dial: null, boundaries: null });

/** What the three tiers mean at the default dial: how much falls into each, and how good a model of each kind is there. */
export function reportTiers({ rows, of }: Scores): string {
  const tierOfRow = (row: BenchRow): string => tierOf(of.get(row.id)?.score ?? 0, DEFAULT);
  const quality = (list: readonly BenchRow[], name: TierName): string => fixed(mean(list.flatMap(({ tier }) => tier[name] ?? [])));
  const complete = rows.filter(({ tier }) => TIER_NAMES.every((name) => tier[name] !== undefined));
  const mix = TIERS.map((tier) => {
    const own = rows.filter((row) => tierOfRow(row) === tier);
    const whole = complete.filter((row) => tierOfRow(row) === tier);
    return [tier, `${fixed((100 * own.length) / rows.length, 1)} %`, String(own.length), quality(own, 'small'), quality(own, 'frontier'), ...TIER_NAMES.map((name) => quality(whole, name))];
  });
  const bySource = [...Map.groupBy(rows, ({ source }) => source)].map(([source, own]) => [source, String(own.length), ...TIERS.map((tier) => `${fixed((100 * own.filter((row) => tierOfRow(row) === tier).length) / own.length, 0)} %`)]);
  return `${table(['tier', 'share', 'n', 'small', 'frontier', 'small (where all three are known)', 'mid', 'frontier'], mix)}\n\n${table(['source', 'n', ...TIERS], bySource)}\n`;
}

/** Predicted against observed failures of small models where frontier models succeed, by score. */
export function calibrationTable({ rows, of }: Scores): string {
  const judged = rows.filter(({ tier }) => tier.small !== undefined && tier.frontier !== undefined);
  const bins = [[0, 20], [20, 30], [30, 40], [40, 50], [50, 65], [65, 80], [80, 101]] as const;
  return table(['score', 'n', 'chance predicted', 'observed'], bins.map(([from, to]) => {
    const own = judged.filter(({ id }) => { const score = of.get(id)?.exact ?? -1; return score >= from && score < to; });
    const weight = own.reduce((sum, { tier }) => sum + (tier.frontier ?? 0), 0);
    const observed = own.reduce((sum, { tier }) => sum + (tier.frontier ?? 0) * (1 - (tier.small ?? 0)), 0) / weight;
    const predicted = own.reduce((sum, { id, tier }) => sum + (tier.frontier ?? 0) * chanceOf(of.get(id)?.exact ?? 0), 0) / weight;
    return [`${from}–${Math.min(to, 100)}`, String(own.length), fixed(predicted), fixed(observed)];
  }));
}
