import { limitMicros } from './budget.ts';

/** null = no such limit. */
export interface Limits {
  readonly rpm: number | null;
  readonly tpm: number | null;
  readonly maxParallel: number | null;
  readonly dayMicros: number | null;
  readonly monthMicros: number | null;
}

export interface LimitSettings {
  readonly rpm: number | null;
  readonly tpm: number | null;
  readonly maxParallel: number | null;
  readonly dailyUsd: number | null;
  readonly monthlyUsd: number | null;
  readonly budgetAction: 'block' | 'warn';
}

/** One request: whole tokens and micro-USD to hold. */
export interface Demand { readonly tokens: number; readonly micros: number }

/** Open requests of one key, whatever it allows: each has its lease in the key's limiter item, which may not exceed 400 KB. */
export const MOST_PARALLEL = 1_000;

/** The limits that refuse; a budget with action `warn` does not. */
export function blockingLimits(key: LimitSettings): Limits {
  const blocks = key.budgetAction === 'block';
  return {
    rpm: key.rpm, tpm: key.tpm, maxParallel: Math.min(key.maxParallel ?? MOST_PARALLEL, MOST_PARALLEL),
    dayMicros: blocks ? limitMicros(key.dailyUsd) : null, monthMicros: blocks ? limitMicros(key.monthlyUsd) : null,
  };
}
