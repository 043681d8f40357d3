import { hash } from 'node:crypto';
import { featuresOf, knownWords, type Labelled } from './examples.ts';
import { fitHead, logitOf, type Heads } from './heads.ts';
import type { Penalty } from './logistic.ts';
import { HEADS } from '../../functions/core/routing/classifier/artifact.ts';
import { denseAt } from '../../functions/core/routing/classifier/dense-features.ts';

/** What a model that never saw the example says of it. */
export interface Unseen { readonly logits: readonly number[]; readonly unknownWords: number }

/** The fold of an example, by its prompt: one prompt in two sources is in one fold. Needs no random numbers. */
export const foldOf = ({ group }: Pick<Labelled, 'group'>, folds: number): number => Number.parseInt(hash('sha256', group).slice(0, 8), 16) % folds;

export function fitHeads(labelled: readonly Labelled[], penalty: Penalty): Heads {
  const known = knownWords(labelled);
  const examples = labelled.map((each) => featuresOf(each, known));
  return { known, heads: HEADS.map((_, head) => fitHead(labelled, examples, head, penalty)) };
}

/** Scores every example by heads that were fitted without its fold. */
export function crossFit(labelled: readonly Labelled[], penalty: Penalty, folds = 5): Unseen[] {
  const fold = labelled.map((each) => foldOf(each, folds));
  const unseen: Unseen[] = [];
  for (let out = 0; out < folds; out += 1) {
    const { known, heads } = fitHeads(labelled.filter((_, at) => fold[at] !== out), penalty);
    for (const [at, each] of labelled.entries()) {
      if (fold[at] !== out) continue;
      const example = featuresOf(each, known);
      unseen[at] = { logits: heads.map((head) => logitOf(head, example)), unknownWords: example.dense[denseAt('unknown_words')] ?? 0 };
    }
  }
  return unseen;
}

/** Mean log-loss of each head over the benchmark's examples (anchors apart), weighted as in training. */
export function logLosses(labelled: readonly Labelled[], unseen: readonly Unseen[]): number[] {
  return HEADS.map((_, head) => {
    let [loss, total] = [0, 0];
    for (const [at, { good, weight, source }] of labelled.entries()) {
      const target = good[head] ?? null;
      if (target === null || source === 'anchor') continue;
      const z = unseen[at]?.logits[head] ?? 0;
      loss += (weight[head] ?? 0) * (Math.max(z, 0) + Math.log1p(Math.exp(-Math.abs(z))) - target * z);
      total += weight[head] ?? 0;
    }
    return loss / total;
  });
}
