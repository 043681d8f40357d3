/** How far the waits of one kind may go. */
export interface Backoff {
  /** Upper end of the first wait, in milliseconds; it doubles with each try. */
  readonly baseMs: number;
  readonly capMs: number;
}

/**
 * Milliseconds to wait before try `tries` (0 = the first repetition): full jitter, which is uniform in
 * [0, min(capMs, baseMs × 2^tries)), so that those who failed together do not come back together
 * (Brooker, "Exponential Backoff And Jitter", 2015). `random` = uniform in [0, 1).
 */
export function fullJitterMs(random: () => number, { baseMs, capMs }: Backoff, tries = 0): number {
  return random() * Math.min(capMs, baseMs * 2 ** tries);
}
