import type { Refusal } from './admission.ts';
import type { Demand } from './limits.ts';

/** How long a refusal stands without asking the store again. */
const MEMORY_MS = 1_000;

interface Remembered { readonly refusal: Refusal; readonly demand: Demand; readonly untilMs: number }

/** The last refusal of a key by each of its limits. */
export type DenialMemory = Partial<Record<Refusal['code'], Remembered>>;

/** Keeps a refusal until the time it names, at most one second. */
export function remember(memory: DenialMemory, refusal: Refusal, demand: Demand, nowMs: number): void {
  memory[refusal.code] = { refusal, demand, untilMs: Math.min(refusal.fitsAtMs, nowMs + MEMORY_MS) };
}

/**
 * A remembered refusal that holds for this demand too: the same or a larger one at the same limit. A demand without a
 * lease (`takesLease` false) meets only the limit on requests.
 */
export function recall(memory: DenialMemory, demand: Demand, takesLease: boolean, nowMs: number): Refusal | undefined {
  const { rate_limit_exceeded: rate } = memory;
  if (isFresh(rate, nowMs)) return rate.refusal;
  if (!takesLease) return undefined;
  const { concurrency_exceeded: parallel, tokens_exceeded: tokens, budget_exceeded: budget } = memory;
  if (isFresh(parallel, nowMs)) return parallel.refusal;
  if (isFresh(tokens, nowMs) && demand.tokens >= tokens.demand.tokens) return tokens.refusal;
  if (isFresh(budget, nowMs) && demand.micros >= budget.demand.micros) return budget.refusal;
  return undefined;
}

/** A request has ended: what it held may now fit, so only the limit on requests stays remembered. */
export function forgetHeld(memory: DenialMemory): void {
  delete memory.concurrency_exceeded;
  delete memory.tokens_exceeded;
  delete memory.budget_exceeded;
}

/** A clock that was set back must not keep a refusal alive. */
const isFresh = (entry: Remembered | undefined, nowMs: number): entry is Remembered =>
  entry !== undefined && nowMs < entry.untilMs && nowMs >= entry.untilMs - MEMORY_MS;
