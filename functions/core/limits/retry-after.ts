/** Whole seconds, at least 1, after which `fitsAtMs` has come: what `retry-after` carries. */
export function retryAfterSeconds(fitsAtMs: number, nowMs: number): number {
  return Math.max(1, Math.ceil((fitsAtMs - nowMs) / 1000));
}

/** Whole seconds until `atMs`; 0 when it has passed. */
export function secondsUntil(atMs: number, nowMs: number): number {
  return Math.max(0, Math.ceil((atMs - nowMs) / 1000));
}
