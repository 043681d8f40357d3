import { BUCKETS, wordsNorm } from '../../functions/core/routing/classifier/words.ts';
import { featuresOf, type Labelled } from './examples.ts';
import { fitLogistic, type Example, type Fitted, type Penalty } from './logistic.ts';

/**
 * One head in two steps. The dense weights are fitted on everything, anchors included; the words on what those leave
 * unexplained of the benchmark alone. Fitted together, the words would learn the anchors by heart.
 */
export function fitHead(labelled: readonly Labelled[], examples: readonly Example[], head: number, penalty: Penalty, mask?: Uint8Array): Fitted {
  const targets = Float64Array.from(labelled, ({ good }) => good[head] ?? 0);
  const weights = Float64Array.from(labelled, ({ good, weight }) => (good[head] === null ? 0 : (weight[head] ?? 0)));
  const none = new Uint16Array(0);
  const { bias, dense } = fitLogistic({ examples: examples.map((example) => ({ dense: example.dense, buckets: none })), targets, weights }, penalty, { buckets: 0 });
  const isRow = labelled.map(({ source }) => source !== 'anchor');
  const own = <T>(list: ArrayLike<T>): T[] => Array.from(list).filter((_, at) => isRow[at]);
  const offsets = Float64Array.from(examples, (example) => logitOf({ bias, dense, words: new Float64Array(0) }, example));
  const { words } = fitLogistic({
    examples: own(examples).map(({ buckets }) => ({ dense: [], buckets })), targets: Float64Array.from(own(targets)), weights: Float64Array.from(own(weights)), offsets: Float64Array.from(own(offsets)),
  }, penalty, { buckets: BUCKETS, iterations: 30, ...(mask !== undefined && { mask }) });
  return { bias, dense, words };
}

export function logitOf({ bias, dense, words }: Fitted, example: Example): number {
  let sum = 0;
  for (const bucket of example.buckets) sum += words[bucket] ?? 0;
  return example.dense.reduce((z, value, at) => z + value * (dense[at] ?? 0), bias) + sum * wordsNorm(example.buckets.length);
}

export interface Heads { readonly known: Uint8Array; readonly heads: readonly Fitted[] }

export const logitsOf = ({ known, heads }: Heads, labelled: Labelled): number[] => {
  const example = featuresOf(labelled, known);
  return heads.map((head) => logitOf(head, example));
};
