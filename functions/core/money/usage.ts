/**
 * Token classes of one answer. `input` is the uncached part only; `reasoning` is contained in `output`.
 * An unknown count is `undefined`, never 0. Counts are whole tokens.
 */
export interface TokenUsage {
  readonly input?: number;
  readonly cacheRead?: number;
  readonly cacheWrite5m?: number;
  readonly cacheWrite1h?: number;
  readonly output?: number;
  readonly reasoning?: number;
}

/** Later values win class by class: upstream usage reports are cumulative, never increments. */
export function mergeUsage(earlier: TokenUsage | undefined, later: TokenUsage): TokenUsage {
  const merged: Record<string, number | undefined> = { ...earlier };
  for (const [name, count] of Object.entries(later)) if (count !== undefined) merged[name] = count;
  return merged;
}
