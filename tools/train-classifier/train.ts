import type { StoredArtifact } from '../../functions/core/routing/classifier/artifact.ts';
import type { BenchRow, Pairs } from '../bench-routing/data.ts';
import { mean } from '../bench-routing/metrics.ts';
import { crossFit, logLosses, type Unseen } from './cross-fit.ts';
import { labelledAnchors, labelledRows, longAnchors, type Labelled } from './examples.ts';
import type { Penalty } from './logistic.ts';
import { calibrate, chooseSlopes } from './need.ts';
import { pack } from './pack.ts';

/** How much one anchor counts against one prompt of the benchmark; those of long turns half as much. */
export const ANCHOR_WEIGHT = 24;
/** Below this share of right answers by frontier models a task's labels say more about its grading than about need. */
export const LEAST_FRONTIER = 0.25;

export interface Trained {
  readonly artifact: StoredArtifact;
  readonly logLosses: readonly number[];
  readonly worstApgr: number;
  /** Tasks left out for `LEAST_FRONTIER`. */
  readonly dropped: readonly string[];
  readonly examples: number;
}

/** What is trained on: the rows but those of unusable tasks, and the anchors. Refuses rows that are no training rows. */
export function trainingSet(rows: readonly BenchRow[]): { readonly labelled: Labelled[]; readonly dropped: string[] } {
  const wrong = rows.find(({ split, source }) => split !== 'train' || source === 'alpaca_eval');
  if (wrong !== undefined) throw new Error(`${wrong.id} may not be trained on: it is of "${wrong.split}" and ${wrong.source}.`);
  const tasks = Map.groupBy(rows, ({ source, category }) => `${source}/${category}`);
  const dropped = [...tasks].filter(([, own]) => mean(own.flatMap(({ tier }) => tier.frontier ?? [])) < LEAST_FRONTIER).map(([task]) => task);
  const kept = rows.filter(({ source, category }) => !dropped.includes(`${source}/${category}`));
  return { labelled: [...labelledRows(kept), ...labelledAnchors('train', ANCHOR_WEIGHT), ...longAnchors(ANCHOR_WEIGHT / 2)], dropped };
}

/** Trains, calibrates on what was not seen in training, and packs. Deterministic: the same rows give the same bytes. */
export function train(rows: readonly BenchRow[], pairs: Pairs, penalty: Penalty, id: string, { folds = 5, unseen: given }: { readonly folds?: number; readonly unseen?: readonly Unseen[] } = {}): Trained {
  const { labelled, dropped } = trainingSet(rows);
  const unseen = given ?? crossFit(labelled, penalty, folds);
  const slopes = chooseSlopes(rows, labelled, unseen, pairs);
  const artifact = pack(labelled, penalty, calibrate(labelled, unseen, slopes), novelFrom(labelled, unseen), id);
  return { artifact, logLosses: logLosses(labelled, unseen), worstApgr: slopes.worst, dropped, examples: labelled.length };
}

/** One prompt in two hundred of the kind it was trained on counts as unlike it. */
function novelFrom(labelled: readonly Labelled[], unseen: readonly Unseen[]): number {
  const shares = unseen.filter((_, at) => labelled[at]?.source !== 'anchor').map(({ unknownWords }) => unknownWords).sort((a, b) => a - b);
  return shares[Math.floor(0.995 * shares.length)] ?? 1;
}
