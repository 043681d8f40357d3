import type { Decision, LedgerEntry } from '../contract/index.ts';
import type { Resolution, ResolveInput } from '../core/routing/resolve-input.ts';
import type { SessionState } from '../core/routing/session-choice.ts';
import type { Ports } from './ports.ts';

/**
 * What its session left behind for a request that automatic routing decides; undefined where there is none. The only read
 * of the request path, and none for requests that stand alone. While the store is away sessions are not known.
 */
export async function sessionOf({ decision }: Resolution, { policy: { tenantId }, facts, nowMs }: ResolveInput, ports: Ports): Promise<SessionState | undefined> {
  if (decision === null || decision.tier === null || decision.session === null || !facts.mayContinue) return undefined;
  try {
    return await ports.sessions.of(tenantId, decision.session.id, nowMs);
  } catch {
    ports.log.warn('session unknown', { tenantId });
    return undefined;
  }
}

/** Of a decided request, what its session needs. */
interface Kept { readonly input: Pick<ResolveInput, 'session'>; readonly policy: { readonly tenantId: string }; readonly decision: Decision }

/** Keeps for the next request who served this one; nothing for one that failed or stands alone. Never fails. */
export async function keepSession({ input: { session }, policy, decision }: Kept, entry: LedgerEntry, ports: Ports): Promise<void> {
  if (decision.tier === null || entry.sessionId === null || entry.servedModel === null || entry.status !== 200) return;
  if (decision.inputs.request?.standsAlone === true) return;
  const { input = 0, cacheRead = 0, cacheWrite5m = 0, cacheWrite1h = 0, output = 0 } = entry.tokens;
  const state = { model: entry.servedModel, requests: (session?.requests ?? 0) + 1, contextTokens: input + cacheRead + cacheWrite5m + cacheWrite1h + output, at: ports.clock.now() };
  try {
    await ports.sessions.keep(policy.tenantId, entry.sessionId, state);
  } catch {
    // The next request is routed as if it were the first: dearer perhaps, never wrong.
    ports.log.warn('session not kept', { tenantId: policy.tenantId });
  }
}
