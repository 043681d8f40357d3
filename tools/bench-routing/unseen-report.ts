import { boundariesOf, tierOf } from '../../functions/core/routing/boundaries.ts';
import { isNovel, isPlain, scorePrior } from '../../functions/core/routing/classifier/prior.ts';
import type { PriorArtifact } from '../../functions/core/routing/classifier/artifact.ts';
import { priorArtifact } from '../../functions/core/routing/classifier/prior-artifact.ts';
import { labelledAnchors } from '../train-classifier/examples.ts';
import { priorScores, type BenchRow, type PriorScore } from './data.ts';
import { fixed, table } from './musts.ts';
import { priorWithout } from './unseen-scores.ts';
import type { BenchWorld } from './world.ts';

const DEFAULT = boundariesOf({ dial: null, boundaries: null });
/** What one answer of a tier's model costs relative to the strong one: a usual price list (mini, medium, large). */
const RELATIVE_COST = { simple: 0.06, moderate: 0.3, complex: 1 } as const;
type Served = keyof typeof RELATIVE_COST;
type Mode = 'cautious' | 'balanced' | 'aggressive';

/** Tasks that share questions or skills are left out together: a model that saw GSM8K has seen its translations. */
function familyOf({ source, category }: BenchRow): string {
  if (source === 'mt_bench') return 'MT-Bench';
  if (/mmlu/.test(source) || category === 'mmlu') return 'MMLU, MMLU-Pro';
  if (/gsm/.test(source) || /gsm/.test(category)) return 'GSM8K, MGSM';
  if (/math/.test(source) || category === 'math') return 'MATH';
  if (source === 'llmrouter') return category === 'mbpp' ? 'MBPP' : 'short answers (ARC, OpenBookQA, CommonsenseQA, CommonGen, TriviaQA)';
  return source === 'bfcl' ? 'function calls (BFCL)' : source;
}

/** The model that a mode serves while there is no evidence (DECISIONS, Routing). */
function servedBy(mode: Mode, scored: PriorScore, artifact: PriorArtifact): Served {
  const tier = tierOf(scored.score, DEFAULT);
  if (mode === 'cautious') return isPlain(scored.dense) ? tier : 'complex';
  return mode === 'balanced' && tier === 'simple' && isNovel(scored, artifact) ? 'moderate' : tier;
}

/** The prior on dev prompts of tasks that it was not trained on, family by family, in the three modes. */
export function reportUnseen({ pairs, train: { rows: train }, dev: { rows: dev }, musts }: BenchWorld): string {
  const modes: readonly Mode[] = ['cautious', 'balanced', 'aggressive'];
  const all: { mode: Mode; quality: number; strong: number; cost: number }[] = [];
  const lines = [...Map.groupBy(dev, familyOf)].map(([family, rows]) => {
    const rest = train.filter((row) => familyOf(row) !== family);
    const artifact = rest.length === train.length ? priorArtifact() : priorWithout(rest, pairs);
    const scored = priorScores(rows, artifact);
    const novel = scored.filter((each) => isNovel(each, artifact)).length;
    const plain = scored.filter(({ dense }) => isPlain(dense)).length;
    const cells = modes.map((mode) => {
      const sums = { quality: 0, strong: 0, cost: 0 };
      for (const [at, { tier: { small, mid, frontier } }] of rows.entries()) {
        const each = scored[at];
        if (each === undefined || small === undefined || frontier === undefined) continue;
        const served = servedBy(mode, each, artifact);
        // Where no model of the middle was measured, the middle is taken to be half-way.
        sums.quality += served === 'simple' ? small : served === 'moderate' ? (mid ?? (small + frontier) / 2) : frontier;
        sums.strong += frontier;
        sums.cost += RELATIVE_COST[served];
      }
      all.push({ mode, ...sums });
      if (mode === 'cautious') musts.check(`cautious mode without evidence on unseen ${family}: quality ${fixed(sums.quality / sums.strong)} of strong, at least 0.99`, sums.quality / sums.strong >= 0.99);
      return `${fixed(sums.quality / sums.strong)}, ${fixed(100 * (1 - sums.cost / rows.length), 1)} %`;
    });
    return [family, String(rows.length), `${fixed((100 * plain) / rows.length, 1)} %`, `${fixed((100 * novel) / rows.length, 1)} %`, ...cells];
  });
  const totals = modes.map((mode) => {
    const own = all.filter((each) => each.mode === mode);
    const sum = (of: (each: (typeof all)[number]) => number): number => own.reduce((total, each) => total + of(each), 0);
    return `${fixed(sum(({ quality }) => quality) / sum(({ strong }) => strong))}, ${fixed(100 * (1 - sum(({ cost }) => cost) / dev.length), 1)} %`;
  });
  lines.push(['all', String(dev.length), '', '', ...totals]);
  return table(['family left out of training', 'n', 'whitelisted', 'novel', ...modes.map((mode) => `${mode}: quality of strong, saved`)], lines);
}

/** Held-back anchors by kind: tier, whitelist, novelty. What cautious mode may send down is all of kinds that any model can do. */
export function reportAnchors({ musts }: BenchWorld): string {
  const artifact = priorArtifact();
  const kinds = Map.groupBy(labelledAnchors('held', 1).map(({ category, facts }) => ({ kind: category.split('/')[1] ?? '', scored: scorePrior(facts, artifact) })), ({ kind }) => kind);
  const wrong = [...kinds].filter(([kind]) => kind !== 'greet' && kind !== 'fact').flatMap(([, own]) => own.filter(({ scored }) => isPlain(scored.dense))).length;
  musts.check(`whitelist: ${wrong} of the held-back tasks beyond greetings and short questions, at most 0`, wrong === 0);
  return table(['kind', 'n', 'score p10', 'p50', 'p90', 'simple', 'complex', 'whitelisted', 'novel'], [...kinds].map(([kind, own]) => {
    const scores = own.map(({ scored: { score } }) => score).sort((a, b) => a - b);
    const share = (of: (scored: PriorScore) => boolean): string => `${fixed((100 * own.filter(({ scored }) => of(scored)).length) / own.length, 0)} %`;
    const tier = (wanted: Served) => ({ score }: PriorScore): boolean => tierOf(score, DEFAULT) === wanted;
    return [kind, String(own.length), ...[0.1, 0.5, 0.9].map((at) => String(scores[Math.floor(at * (own.length - 1))])), share(tier('simple')), share(tier('complex')), share(({ dense }) => isPlain(dense)), share((scored) => isNovel(scored, artifact))];
  }));
}
