import type { BenchRow, Pairs, PriorScore } from './data.ts';
import type { Musts } from './musts.ts';

/** Rows with what a prior that never saw them says of each, by row id. */
export interface Scores { readonly rows: readonly BenchRow[]; readonly of: ReadonlyMap<string, PriorScore> }

/** What every part of the benchmark gets. `train` is scored out of fold, `dev` and `devOpen` (non-commercial rows) by the shipped artifact. */
export interface BenchWorld {
  readonly pairs: Pairs;
  readonly train: Scores;
  readonly dev: Scores;
  readonly devOpen: Scores;
  readonly musts: Musts;
}

export const scoresOf = (rows: readonly BenchRow[], scores: readonly PriorScore[]): Scores => ({
  rows, of: new Map(rows.flatMap(({ id }, at) => (scores[at] === undefined ? [] : [[id, scores[at]] as const]))),
});
