import { readArtifact, type PriorArtifact } from '../../functions/core/routing/classifier/artifact.ts';
import { scoreOf } from '../../functions/core/routing/classifier/prior.ts';
import { priorArtifact } from '../../functions/core/routing/classifier/prior-artifact.ts';
import chosen from '../train-classifier/chosen.json' with { type: 'json' };
import { fitHeads, foldOf } from '../train-classifier/cross-fit.ts';
import { featuresOf, labelledRows } from '../train-classifier/examples.ts';
import { logitsOf } from '../train-classifier/heads.ts';
import { train, trainingSet } from '../train-classifier/train.ts';
import { priorScores, type BenchRow, type Pairs, type PriorScore } from './data.ts';

const FOLDS = 5;

/**
 * Scores by a prior that never saw the row: rows of `train` by heads fitted without their fold (same code, same penalties,
 * weighed as in the shipped artifact), all others by the shipped artifact. In the rows' order; takes about 15 s.
 */
export function unseenPriorScores(rows: readonly BenchRow[]): PriorScore[] {
  const scores = priorScores(rows);
  const training = rows.filter(({ split }) => split === 'train');
  const { labelled } = trainingSet(training);
  const artifact = priorArtifact();
  const all = new Map(labelledRows(training).map((each) => [each.id, each]));
  for (let out = 0; out < FOLDS; out += 1) {
    const heads = fitHeads(labelled.filter((each) => foldOf(each, FOLDS) !== out), chosen.penalty);
    for (const [at, row] of rows.entries()) {
      const each = row.split === 'train' ? all.get(row.id) : undefined;
      if (each === undefined || foldOf(each, FOLDS) !== out) continue;
      scores[at] = scoreOf({ dense: featuresOf(each, heads.known).dense, logits: logitsOf(heads, each) }, artifact);
    }
  }
  return scores;
}

/** A prior trained like the shipped one, on some of the training rows. */
export function priorWithout(rows: readonly BenchRow[], pairs: Pairs): PriorArtifact {
  return readArtifact(train(rows, pairs, chosen.penalty, 'prior-left-out', { folds: 3 }).artifact);
}
