import { dropOldest } from '../../core/drop-oldest.ts';
import type { LedgerEntry } from '../../contract/ledger.ts';
import type { Clock } from '../../core/clock.ts';
import type { JudgeCheck, Label, Veto } from '../../core/routing/evidence/label.ts';
import type { EvidencePlan } from '../../core/routing/evidence/plan.ts';
import { recordJudgeCheck, recordLabel, recordVeto } from './evidence.ts';
import { getPlan } from './evidence-plan.ts';
import { saveFeedback, type Rating } from './feedback.ts';
import { getLedgerEntry } from './ledger.ts';
import { holdOverhead, spendOverhead, type OverheadRow } from './overhead.ts';
import type { Store } from './port.ts';

/** What the data plane writes down of how good answers were. Nothing here is on the way of a request. */
export type { OverheadRow };

export interface Quality {
  label(tenantId: string, label: Label): Promise<void>;
  veto(tenantId: string, veto: Veto): Promise<void>;
  check(tenantId: string, check: JudgeCheck): Promise<void>;
  /** The evidence plan as last read; asks the store in the background when that is long ago. Never does I/O itself. */
  plan(tenantId: string): EvidencePlan | undefined;
  /** Holds money of the day's cap (micro-USD); false = it does not fit. */
  hold(tenantId: string, row: Omit<OverheadRow, 'state'>, capMicros: number): Promise<boolean>;
  spend(tenantId: string, row: Omit<OverheadRow, 'state'>, spentMicros: number): Promise<void>;
  entry(tenantId: string, requestId: string): Promise<LedgerEntry | undefined>;
  /** False when there is no such entry. */
  rate(tenantId: string, rating: Rating): Promise<boolean>;
}

/** A plan changes once a day. */
const PLAN_MS = 60_000;
const MAX_TENANTS = 1_000;

interface Known { plan: EvidencePlan | undefined; readAt: number }

async function refresh(store: Store, tenantId: string, known: Known): Promise<void> {
  try {
    known.plan = await getPlan(store, tenantId);
  } catch { /* the old one serves on */ }
}

export function openQuality({ store, clock }: { readonly store: Store; readonly clock: Clock }): Quality {
  const plans = new Map<string, Known>();
  return {
    label: (tenantId, label) => recordLabel(store, tenantId, label, clock.now()),
    veto: (tenantId, veto) => recordVeto(store, tenantId, veto, clock.now()),
    check: (tenantId, check) => recordJudgeCheck(store, tenantId, check, clock.now()),
    plan(tenantId) {
      const now = clock.now();
      const known: Known = plans.get(tenantId) ?? { plan: undefined, readAt: Number.NEGATIVE_INFINITY };
      if (Math.abs(now - known.readAt) >= PLAN_MS) {
        known.readAt = now;
        if (!plans.has(tenantId) && plans.size >= MAX_TENANTS) dropOldest(plans);
        plans.set(tenantId, known);
        void refresh(store, tenantId, known);
      }
      return known.plan;
    },
    hold: (tenantId, row, capMicros) => holdOverhead(store, tenantId, row, capMicros),
    spend: (tenantId, row, spentMicros) => spendOverhead(store, tenantId, row, spentMicros),
    entry: (tenantId, requestId) => getLedgerEntry(store, tenantId, requestId, clock.now()),
    rate: (tenantId, rating) => saveFeedback(store, tenantId, rating, clock.now()),
  };
}
