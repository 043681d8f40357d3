import type { Auto } from '../../../contract/index.ts';
import { TIERS } from '../../../contract/words.ts';
import type { TemplateTraffic } from './traffic.ts';

/**
 * What the classifier expects of each model on a tenant's traffic before anything was judged: the mean difference to the
 * baseline of the chances that a model of its tier answers well enough (simple, moderate, complex as small, mid, frontier).
 * A model of several tiers counts as one of the highest. Never above 0: that a cheaper model is better is for evidence to
 * say. Empty where the classifier scored nothing of the traffic or the baseline is in no tier.
 */
export function priorsOf(traffic: readonly TemplateTraffic[], tiers: Auto['tiers'], baseline: string): Record<string, number> {
  const headOf = (model: string): number => TIERS.findLastIndex((tier) => tiers[tier].includes(model));
  const against = headOf(baseline);
  const scored = traffic.filter(({ good, perDay }) => good !== undefined && perDay > 0);
  const requests = scored.reduce((sum, { perDay }) => sum + perDay, 0);
  if (against < 0 || requests === 0) return {};
  const chance = (head: number): number => scored.reduce((sum, { perDay, good }) => sum + perDay * (good?.[head] ?? 0), 0) / requests;
  const models = new Set(TIERS.flatMap((tier) => tiers[tier]));
  return Object.fromEntries([...models].filter((model) => model !== baseline).map((model) => [model, Math.min(0, chance(headOf(model)) - chance(against))]));
}
