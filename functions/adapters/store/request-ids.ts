import { monotonicFactory } from 'ulidx';

/** A clock that runs behind its own past by no more than this is waited for; one that was set back further is followed. */
const WAITED_FOR_MS = 10_000;

/**
 * Makes ULIDs for moments (epoch ms): unique, and each greater than the one before, unless the clock was set back by more
 * than 10 s. Then ids follow the clock: the time in an id is where its row is looked for, and a row that seemed to come
 * from the future would not be found until that has come. `random` gives numbers in [0, 1); default the library's own.
 */
export function requestIds(random?: () => number): (nowMs: number) => string {
  let next = monotonicFactory(random);
  let lastMs = Number.NEGATIVE_INFINITY;
  return (nowMs) => {
    if (nowMs < lastMs - WAITED_FOR_MS) {
      next = monotonicFactory(random);
      lastMs = nowMs;
    }
    lastMs = Math.max(lastMs, nowMs);
    return next(nowMs);
  };
}
