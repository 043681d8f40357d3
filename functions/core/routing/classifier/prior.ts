import type { RequestFacts } from '../request-facts.ts';
import { HEADS, type PriorArtifact } from './artifact.ts';
import { DENSE_FEATURES, denseAt } from './dense-features.ts';
import { denseOf } from './dense.ts';
import { taskTextOf } from './small-talk.ts';
import type { Scored } from './static.ts';
import { bucketsOf, scannedOf, unknownShare, wordHashes, wordsNorm } from './words.ts';

export interface PriorScored extends Scored {
  /** The score before rounding: `base` + Σ points to 1e-9. */
  readonly exact: number;
  /** Per head (small, mid, frontier) the log-odds that a model of that tier answers well enough, to four decimals. */
  readonly logits: number[];
  /** 0…1: how unlike the training data the prompt is. */
  readonly novelty: number;
}

/**
 * How much a request needs a strong model, 0–100: the calibrated chance that a small one is not good enough. Looks only at
 * the latest user turn and what comes with it. Pure and bounded in time. `dense` and `logits` are what the ledger keeps;
 * `scoreOf` gives the same score and explanation from them.
 */
export function scorePrior(facts: RequestFacts, artifact: PriorArtifact): PriorScored {
  const text = taskTextOf(facts);
  const scanned = scannedOf(text);
  const hashes = wordHashes(scanned);
  const dense = denseOf(facts, text, scanned, unknownShare(hashes, artifact.known));
  return scoreOf({ dense, logits: logitsOf(dense, bucketsOf(hashes, artifact.known), artifact) }, artifact);
}

/** The live score again from what a ledger entry keeps of it. */
export function scoreOf({ dense, logits }: { readonly dense: readonly number[]; readonly logits: readonly number[] }, artifact: PriorArtifact): PriorScored {
  const { need, needBase, needOfDense } = artifact;
  const z = logits.reduce((sum, logit, head) => sum + (need.slopes[head] ?? 0) * logit, need.offset);
  const exact = sigmoid100(z);
  const base = sigmoid100(needBase);
  const parts = DENSE_FEATURES.flatMap((feature, at) => {
    const part = (dense[at] ?? 0) * (needOfDense[at] ?? 0);
    return part === 0 ? [] : [{ feature: feature as string, part }];
  });
  // What the heads know beyond the dense features they know from the words: never told word by word.
  parts.push({ feature: 'words', part: z - needBase - parts.reduce((sum, { part }) => sum + part, 0) });
  // Where nothing moves the score the curve's slope stands for the secant.
  const scale = Math.abs(z - needBase) < 1e-9 ? (exact * (100 - exact)) / 100 : (exact - base) / (z - needBase);
  return {
    score: Math.round(exact), exact, base, dense: [...dense], logits: [...logits], novelty: noveltyOf(dense),
    contributions: parts.map(({ feature, part }) => ({ feature, points: part * scale })),
  };
}

/** How unlike the training data a prompt is, told by its dense vector alone so that a replay can tell it too. */
export function noveltyOf(dense: readonly number[]): number {
  const of = (name: (typeof DENSE_FEATURES)[number]): number => dense[denseAt(name)] ?? 0;
  if (isPlain(dense)) return 0;
  if (of('attachments') > 0 || of('long') > MOST_LONG) return 1;
  return of('unknown_words');
}
/** The longest prompts of training have about 5,000 characters. */
const MOST_LONG = 1.5;

export const isNovel = ({ novelty }: Pick<PriorScored, 'novelty'>, { novelFrom }: Pick<PriorArtifact, 'novelFrom'>): boolean => novelty >= novelFrom;

/**
 * Plainly simple whatever a classifier thinks: a greeting, thanks, or a short closed question of everyday life, with no
 * tools, schema or attachment. The only requests that cautious mode sends below the baseline without evidence.
 */
export function isPlain(dense: readonly number[]): boolean {
  const of = (name: (typeof DENSE_FEATURES)[number]): number => dense[denseAt(name)] ?? 0;
  return of('small_talk') + of('everyday_question') > 0 && of('tools') + of('structured') + of('attachments') + of('code') + of('error_trace') === 0;
}

/** Log-odds per head. */
function logitsOf(dense: readonly number[], buckets: Uint16Array, { bias, dense: weights, words, scales }: PriorArtifact): number[] {
  const norm = wordsNorm(buckets.length);
  return HEADS.map((_, head) => {
    const table = words[head];
    let sum = 0;
    if (table !== undefined) for (const bucket of buckets) sum += table[bucket] ?? 0;
    let logit = (bias[head] ?? 0) + sum * (scales[head] ?? 0) * norm;
    for (const [at, value] of dense.entries()) logit += value * (weights[head]?.[at] ?? 0);
    return Math.round(logit * 1e4) / 1e4;
  });
}

const sigmoid100 = (z: number): number => 100 / (1 + Math.exp(-z));
