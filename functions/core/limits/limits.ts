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

/** The limits that refuse; a budget with action `warn` does not. */
export function blockingLimits(key: LimitSettings): Limits {
  const blocks = key.budgetAction === 'block';
  return {
    rpm: key.rpm, tpm: key.tpm, maxParallel: key.maxParallel,
    dayMicros: blocks ? limitMicros(key.dailyUsd) : null, monthMicros: blocks ? limitMicros(key.monthlyUsd) : null,
  };
}
