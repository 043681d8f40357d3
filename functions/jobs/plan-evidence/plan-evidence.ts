import { readCells, readJudge, readVetoes } from '../../adapters/store/evidence.ts';
import { getPlan, putPlan } from '../../adapters/store/evidence-plan.ts';
import { freeTemplates } from '../../adapters/store/evidence-templates.ts';
import { listTenants } from '../../adapters/store/tenants.ts';
import type { Cell } from '../../core/routing/evidence/cell.ts';
import { judgeErrorOf } from '../../core/routing/evidence/judge-error.ts';
import type { EvidencePlan } from '../../core/routing/evidence/plan.ts';
import type { PlanInput } from '../../core/routing/evidence/plan-input.ts';
import { isDue, planOf } from '../../core/routing/evidence/plan-of.ts';
import { priorsOf } from '../../core/routing/evidence/priors.ts';
import { isParent } from '../../core/routing/evidence/templates.ts';
import { trafficOf } from '../../core/routing/evidence/traffic.ts';
import { withdraw } from '../../core/routing/evidence/withdraw.ts';
import { loadPolicy } from '../../gateway/caches.ts';
import type { PlanPorts } from './ports.ts';
import { recentTraffic } from './traffic.ts';

/** `written` plans were new or had changed; `failed` tenants could not be planned; not `complete` = some were left for the next run. */
export interface PlanResult { readonly tenants: number; readonly written: number; readonly failed: number; readonly complete: boolean }

const LEAST_LEFT_MS = 5_000;

/**
 * Brings every tenant's evidence plan up to date: a new decision where the last one is a day old, else what must be
 * withdrawn. To be run every hour. Everything is computed from what is stored and saved under the version that was read,
 * so running this twice, late or several times at once changes nothing; a tenant that fails does not keep the others waiting.
 */
export async function planEvidence(ports: PlanPorts): Promise<PlanResult> {
  const tenants = await listTenants(ports.store);
  let [written, failed, complete] = [0, 0, true];
  for (const { tenantId } of tenants) {
    if (ports.remainingMs() < LEAST_LEFT_MS) {
      complete = false;
      break;
    }
    try {
      const result = await planTenant(ports, tenantId);
      if (result === 'written') written += 1;
      if (result === 'out_of_time') complete = false;
    } catch {
      failed += 1;
      ports.log.error('evidence could not be planned', { tenantId });
    }
  }
  return { tenants: tenants.length, written, failed, complete };
}

/** The same for one tenant. `unchanged` also where another run was faster. */
export async function planTenant(ports: PlanPorts, tenantId: string): Promise<'written' | 'unchanged' | 'out_of_time'> {
  const { store } = ports;
  const nowMs = ports.now();
  const [previous, cells] = await Promise.all([getPlan(store, tenantId), readCells(store, tenantId, nowMs)]);
  if (cells.length === 0 && previous === undefined) return 'unchanged';
  await freeTemplates(store, tenantId, new Set(cells.map((cell) => cell.templateKey)), nowMs - 86_400_000);
  const input = await inputOf(ports, tenantId, { cells, previous, nowMs });
  if (input === 'out_of_time' || input === undefined) return input ?? 'unchanged';
  const plan = previous === undefined || isDue(previous, nowMs) ? planOf(input) : withdraw(previous, input);
  if (previous !== undefined && isSame(plan, previous)) return 'unchanged';
  return (await putPlan(store, tenantId, plan, previous?.version)).ok ? 'written' : 'unchanged';
}

/** undefined = there is no model to compare with. */
async function inputOf(ports: PlanPorts, tenantId: string, { cells, previous, nowMs }: { readonly cells: readonly Cell[]; readonly previous: EvidencePlan | undefined; readonly nowMs: number }): Promise<PlanInput | 'out_of_time' | undefined> {
  const { store } = ports;
  const policy = await loadPolicy(store, tenantId);
  const { auto } = policy.document;
  const pool = [...new Set(Object.values(auto.tiers).flat())].flatMap((id) => {
    const model = policy.models.get(id);
    return model === undefined || !model.enabled ? [] : [{ model: id, price: model.price }];
  });
  const baseline = baselineOf(cells) ?? previous?.baseline;
  if (baseline === undefined) return undefined;
  const days = await recentTraffic(ports, tenantId, () => ports.remainingMs() < LEAST_LEFT_MS);
  if (days === undefined) return 'out_of_time';
  const labels = new Map<string, number>();
  for (const cell of cells) labels.set(cell.templateKey, (labels.get(cell.templateKey) ?? 0) + cell.labels);
  const [vetoes, judge] = await Promise.all([readVetoes(store, tenantId, nowMs), auto.judgeModel === null ? undefined : readJudge(store, tenantId, auto.judgeModel, nowMs)]);
  const traffic = trafficOf(days, labels, isParent);
  return {
    nowMs, cells, vetoes, baseline, previous, traffic, priors: priorsOf(traffic, auto.tiers, baseline), qualityTarget: auto.qualityTarget, eps: judgeErrorOf(judge),
    // What it is compared with may have been taken out of the tiers: it still tells what the others cost.
    pool: pool.some(({ model }) => model === baseline) ? pool : [...pool, { model: baseline, price: policy.models.get(baseline)?.price ?? null }],
  };
}

/** The baseline that the newest labels weigh most for: the dearest model of the strongest tier may change, and its labels with it. */
function baselineOf(cells: readonly Cell[]): string | undefined {
  const weights = new Map<string, number>();
  for (const { baseline, a, b } of cells) weights.set(baseline, (weights.get(baseline) ?? 0) + a.sumW + b.sumW);
  return [...weights].toSorted(([x, left], [y, right]) => right - left || (x < y ? -1 : 1))[0]?.[0];
}

const isSame = (x: EvidencePlan, y: EvidencePlan): boolean => JSON.stringify({ ...x, version: 0 }) === JSON.stringify({ ...y, version: 0 });
