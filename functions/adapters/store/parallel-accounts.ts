import type { Counters, Lease, ReserveRequest, ReserveResult } from './accounts.ts';
import type { ResilientAccounts } from './resilient-accounts.ts';

/**
 * Accounts that admit at most `tenantMaxParallel` requests of a tenant at once in this process, whatever its keys allow:
 * one tenant's flood of streams must not take the memory and sockets of the others. A request counts from its admission to its
 * settlement, which every admitted one has.
 */
export function parallelAccounts(accounts: ResilientAccounts): ResilientAccounts {
  const open = new Map<string, Set<string>>();
  const ended = ({ key: { tenantId }, requestId }: Lease): void => {
    const requests = open.get(tenantId);
    requests?.delete(requestId);
    if (requests?.size === 0) open.delete(tenantId);
  };
  const reserve = async (request: ReserveRequest): Promise<ReserveResult> => {
    const { key, requestId, tenantMaxParallel } = request;
    if (tenantMaxParallel === undefined) return accounts.reserve(request);
    const requests = open.get(key.tenantId) ?? new Set<string>();
    if (requests.size >= tenantMaxParallel && !requests.has(requestId)) {
      const counters = accounts.peek(key) ?? unused(request);
      return { ok: false, denial: { code: 'concurrency_exceeded', retryAfterSeconds: 1, counters, ofTenant: true } };
    }
    // Taken before the store answers, so that a burst cannot slip through meanwhile.
    open.set(key.tenantId, requests.add(requestId));
    try {
      const result = await accounts.reserve(request);
      if (!result.ok) requests.delete(requestId);
      return result;
    } catch (error) {
      requests.delete(requestId);
      throw error;
    }
  };
  return {
    reserve,
    raise: (request) => accounts.raise(request),
    settle: (lease, entry) => accounts.settle(lease, entry).finally(() => ended(lease)),
    touch: (key, timezone) => accounts.touch(key, timezone),
    peek: (key) => accounts.peek(key),
    sweep: (key, options) => accounts.sweep(key, options),
    recover: () => accounts.recover(),
    close: () => accounts.close(),
  };
}

/** Nothing is known of a key that this process has never admitted: its headers say that nothing is used. */
function unused({ key }: ReserveRequest): Counters {
  const whole = (limit: number | null): Counters['requests'] => (limit === null ? null : { limit, remaining: limit, resetSeconds: 0 });
  return { requests: whole(key.rpm), tokens: whole(key.tpm), spendTodayMicros: 0, spendMonthMicros: 0 };
}
