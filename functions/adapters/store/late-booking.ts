import type { LedgerEntry } from '../../contract/index.ts';
import { calendarDay } from '../../core/limits/calendar.ts';
import { decodeLease, encodeLease, leaseAttr, type LeaseDraft, type StoredLease } from './lease.ts';
import { getLedgerEntry } from './ledger.ts';
import { adopt, keyIn, newMoment, type LimiterState, type World } from './limiter-state.ts';
import { blankOp, imageOf, lateOp } from './limiter.ts';
import { StoreError } from './port.ts';

/** Others' progress is the only reason to try again. */
const MAX_TRIES = 16;
/** The settlement follows at once; a sweep that comes between does no harm, but its estimate would win. */
const LEASE_MS = 600_000;

/**
 * The lease under which an entry can be settled that could not be in its time: its own where it is still there; for a request that was
 * admitted without the store an empty one is taken now, on the entry's own day, so that the settlement counts its money exactly once,
 * whatever dies in between. undefined when the entry is in the ledger and nothing is left to do.
 */
export async function lateLease(world: World, state: LimiterState, owner: string, entry: LedgerEntry): Promise<StoredLease | undefined> {
  const { requestId } = entry;
  let item = await world.store.get(state.at);
  for (let tries = 0; tries < MAX_TRIES; tries += 1) {
    const held = decodeLease(item?.[leaseAttr(requestId)]);
    if (held !== undefined) return held;
    if ((await getLedgerEntry(world.store, state.tenantId, requestId)) !== undefined) return undefined;
    const image = imageOf(item);
    if (image === undefined) {
      const made = await world.store.write([blankOp(state.at, newMoment(state, world.clock.now()))]);
      item = made.ok ? await world.store.get(state.at) : made.current;
      continue;
    }
    const nowMs = world.clock.now();
    const calendar = calendarDay(state.timezone, Date.parse(entry.at));
    const lease: StoredLease = { owner, at: nowMs, deadlineAt: nowMs + LEASE_MS, slot: 0, tokens: 0, micros: 0, day: calendar.day, month: calendar.month, draft: draftOf(entry), ...keyIn(state, entry.keyId) };
    const { answers } = state;
    const taken = await world.store.write([lateOp(state.at, image, calendar, requestId, encodeLease(lease))]);
    if (taken.ok) return lease;
    item = taken.current;
    adopt(state, item, answers);
  }
  throw new StoreError('unavailable', 'the limiter is contended');
}

function draftOf({ dialect, requestedModel, servedModel, upstreamModel, provider, decision, tokens, priceVersion, costMicros, baselineMicros, sessionId, source }: LedgerEntry): LeaseDraft {
  return {
    dialect, requestedModel, model: servedModel ?? '', upstreamModel: upstreamModel ?? '', provider: provider ?? '', policyVersion: decision?.policyVersion ?? 0, stage: decision?.stage ?? 'passthrough',
    ruleId: decision?.ruleId ?? null, tier: decision?.tier ?? null, score: decision?.score ?? null, reason: decision?.reason ?? 'named', sessionId, inputTokens: tokens.input ?? 0, priceVersion, costMicros,
    baselineMicros, source,
  };
}
