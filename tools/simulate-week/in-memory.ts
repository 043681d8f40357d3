import type { EvidencePlan } from '../../functions/core/routing/evidence/plan.ts';
import type { PlanInput } from '../../functions/core/routing/evidence/plan-input.ts';
import { isDue, planOf } from '../../functions/core/routing/evidence/plan-of.ts';
import type { TemplateTraffic } from '../../functions/core/routing/evidence/traffic.ts';
import { withdraw } from '../../functions/core/routing/evidence/withdraw.ts';
import { MemoryEvidence } from '../bench-routing/memory-evidence.ts';
import { priceOf, type Table } from './table.ts';
import { QUALITY_TARGET, START_MS, type Learning } from './week.ts';

/** Evidence in memory, planned by the same pure functions as the job; traffic as in the table. */
export function learningInMemory(table: Table, perDay: number): Learning {
  const evidence = new MemoryEvidence(START_MS);
  const traffic: TemplateTraffic[] = table.templates.map(({ key, share, input, output }) => ({ templateKey: key, perDay: perDay * share, input, output }));
  let plan: EvidencePlan | undefined;
  return {
    served: () => undefined,
    label: (label, nowMs) => evidence.label(label, nowMs),
    check: ({ kind, wrong }) => evidence.check(kind, wrong),
    hourly(nowMs) {
      const input: PlanInput = {
        nowMs, cells: evidence.cells(nowMs), vetoes: [], traffic, baseline: table.baseline, pool: Object.keys(table.models).map((model) => ({ model, price: priceOf(table, model) })),
        qualityTarget: QUALITY_TARGET, eps: evidence.eps, previous: plan,
      };
      plan = isDue(plan, nowMs) || plan === undefined ? planOf(input) : withdraw(plan, input);
      return plan;
    },
  };
}
