import type { RegisteredModel } from '../core/routing/policy.ts';
import { worstCase, type Admitted } from './admit.ts';
import type { Ports } from './ports.ts';
import { withLost, type Trail } from './settle.ts';

/**
 * Before one more attempt: the admission held the money of one. Where others may have been billed already, so much more is held
 * that theirs and the worst case of `model` fit into it. False when the budget has no room for that. Costs nothing where
 * no attempt was billed, where what is held is enough, or where no budget refuses.
 */
export async function holdForAnother({ admitted, trail, ports }: { readonly admitted: Admitted; readonly trail: Trail; readonly ports: Ports }, model: RegisteredModel): Promise<boolean> {
  if (trail.lost.length === 0) return true;
  const held = trail.raised ?? admitted.lease;
  const spent = withLost(admitted, trail, trail.overheadMicros ?? 0);
  // What has no price is not in the ledger's sum, and no budget counts it.
  if (spent === null) return true;
  const micros = spent + (worstCase(admitted.plan, model) ?? 0) - held.costMicros;
  if (micros <= 0) return true;
  const { budget } = admitted.plan.policy;
  const raised = await ports.accounts.raise({ lease: held, micros, ...(budget && { tenantBudget: budget }) });
  if (raised === undefined) return false;
  trail.raised = raised;
  return true;
}
