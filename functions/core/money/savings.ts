/**
 * Micro-USD saved against the baseline model: baseline − cost − overhead; negative when routing cost more. null while
 * the baseline or the cost is unknown: an unknown price is never counted as a saving.
 */
export function savedMicros(baselineMicros: number | null, costMicros: number | null, overheadMicros: number): number | null {
  return baselineMicros === null || costMicros === null ? null : baselineMicros - costMicros - overheadMicros;
}
