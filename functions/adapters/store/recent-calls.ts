import { dropOldest } from '../../core/drop-oldest.ts';
/** So many of a model's last calls are remembered: more than the failures that open its breaker, few enough to count them each time. */
const CALLS = 16;
const MAX_MODELS = 1_000;

interface Calls { readonly at: Float64Array; readonly failed: Uint8Array; next: number }

/** How the last calls of some models ended, as this process has seen it; of the models that were called longest ago it forgets. */
export class RecentCalls {
  readonly #models = new Map<string, Calls>();

  /** `atMs` = epoch ms of the end of the call. */
  note(modelId: string, failed: boolean, atMs: number): void {
    let calls = this.#models.get(modelId);
    if (calls === undefined) {
      if (this.#models.size >= MAX_MODELS) dropOldest(this.#models);
      calls = { at: new Float64Array(CALLS).fill(Number.NEGATIVE_INFINITY), failed: new Uint8Array(CALLS), next: 0 };
      this.#models.set(modelId, calls);
    }
    calls.at[calls.next] = atMs;
    calls.failed[calls.next] = failed ? 1 : 0;
    calls.next = (calls.next + 1) % CALLS;
  }

  /** Of the calls that ended after `sinceMs`, fewer than half have failed. */
  mostWell(modelId: string, sinceMs: number): boolean {
    const calls = this.#models.get(modelId);
    if (calls === undefined) return false;
    let balance = 0;
    for (const [i, at] of calls.at.entries()) if (at > sinceMs) balance += calls.failed[i] === 1 ? -1 : 1;
    return balance > 0;
  }
}
