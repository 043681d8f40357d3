/** Decayed counts of pairs by which a judge was judged (`JudgeCheck`). */
export interface JudgeRecord { readonly aaPairs: number; readonly aaWrong: number; readonly plantedPairs: number; readonly plantedWrong: number }

/** What is assumed of a judge, and how many pairs that is worth. */
const USUAL = 0.1;
const PSEUDO = 20;
/** A judge that errs more often says next to nothing, and dividing by 1 − 2ε would make noise of it. */
const MOST = 0.35;

/** The judge's error rate ε from A/A and planted-loss pairs: judged differences are divided by 1 − 2ε (DECISIONS §6). */
export function judgeErrorOf(record: JudgeRecord | undefined): number {
  const { aaPairs = 0, aaWrong = 0, plantedPairs = 0, plantedWrong = 0 } = record ?? {};
  return Math.min(MOST, (aaWrong + plantedWrong + USUAL * PSEUDO) / (aaPairs + plantedPairs + PSEUDO));
}
