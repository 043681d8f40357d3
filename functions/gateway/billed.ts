import { DEAD_WITHIN_MS, DeadConnectionError, OutboundError } from '../adapters/providers/outbound-port.ts';

/** A 5xx that comes sooner is a refusal: nothing was worked for. */
const IMMEDIATE_MS = 1_000;

/** How far one call of an upstream got. */
export interface Sending {
  /** When its connection stood and the request went out, in ms of the clock; undefined = it never did. */
  sentAtMs: number | undefined;
  /** The status other than 2xx that it was answered with, and how long after. */
  refusal: { readonly status: number; readonly afterMs: number } | undefined;
}

export const unsent = (): Sending => ({ sentAtMs: undefined, refusal: undefined });

/** Notes that the call was answered with another status than 2xx. */
export function refused(sending: Sending, status: number, nowMs: number): void {
  sending.refusal = { status, afterMs: nowMs - (sending.sentAtMs ?? nowMs) };
}

/**
 * Whether a call that failed before it was accepted may cost money all the same: whatever had been sent may have been worked
 * for, by a server that then broke, gave up or was dropped by us. Not what was refused for its own sake (4xx) or at once, or
 * pointed elsewhere. A kept connection that proved dead is sent again, so it counts (DECISIONS §6).
 */
export function mayBeBilled(error: unknown, { sentAtMs, refusal }: Sending, nowMs: number): boolean {
  if (error instanceof OutboundError) {
    if (error.unsent || error.kind === 'redirect') return false;
    if (error instanceof DeadConnectionError || error.kind === 'aborted' || error.kind === 'headers_timeout') return true;
    return nowMs - (sentAtMs ?? nowMs) > DEAD_WITHIN_MS;
  }
  return refusal !== undefined && refusal.status >= 500 && refusal.afterMs >= IMMEDIATE_MS;
}
