import type { Assignment, EvidencePlan } from './plan.ts';
import { brief, templatesSeen, viewOf, type PlanInput, type View } from './plan-input.ts';
import { isWorse } from './worse.ts';

/**
 * The plan as of now, between two decisions: what is known is brought up to date, and downgrades that no longer stand are
 * withdrawn, which is allowed at any time. Only moves up: nothing is assigned but the baseline. A downgrade is withdrawn
 * when its model is vetoed, when it has been shown to be worse than both the quality target and what it was chosen for
 * (`isWorse`), and, the worst first, as long as all of them together are below the target. The same input again changes nothing.
 */
export function withdraw(plan: EvidencePlan, input: PlanInput): EvidencePlan {
  const view = viewOf(input);
  const seen = { eps: input.eps, labels: view.labels, templates: templatesSeen(input, view) };
  // Evidence against another baseline says nothing about this one.
  if (plan.baseline !== input.baseline) return { ...plan, ...seen, baseline: input.baseline, decidedAt: null, assignments: {}, certified: null };
  const serving = new Map(Object.entries(plan.assignments).filter(([, { why, model }]) => why === 'certified' && model !== plan.baseline));
  const up = new Set<string>();
  for (const [templateKey, assignment] of serving) if (mustGo(templateKey, assignment, input, view)) up.add(templateKey);
  for (const templateKey of worstFirst(serving, up, input, view)) up.add(templateKey);
  const assignments = Object.fromEntries(Object.entries(plan.assignments).map(([templateKey, assignment]): [string, Assignment] => {
    if (!up.has(templateKey)) return [templateKey, assignment];
    const { n, mean, se } = view.estimates.at(templateKey, assignment.model);
    return [templateKey, { ...brief({ model: plan.baseline, n, mean, se }), why: 'withdrawn', since: new Date(input.nowMs).toISOString() }];
  }));
  return { ...plan, ...seen, assignments };
}

function mustGo(templateKey: string, { model, mean: chosenFor, since }: Assignment, input: PlanInput, view: View): boolean {
  if (!input.pool.some((entry) => entry.model === model)) return true;
  if (view.isVetoed(templateKey, model, Date.parse(since))) return true;
  return isWorse(view.estimates, templateKey, model, Math.min(input.qualityTarget - 1, chosenFor));
}

/** Downgrades that go because all together are below the target, although none is for itself. */
function worstFirst(serving: ReadonlyMap<string, Assignment>, gone: ReadonlySet<string>, { qualityTarget }: PlanInput, view: View): string[] {
  const perDay = (templateKey: string): number => view.traffic.get(templateKey)?.perDay ?? 0;
  const requests = view.templateKeys.reduce((sum, templateKey) => sum + perDay(templateKey), 0);
  if (requests === 0) return [];
  const parts = [...serving].filter(([templateKey]) => !gone.has(templateKey))
    .map(([templateKey, { model }]) => ({ templateKey, loss: -(perDay(templateKey) / requests) * view.estimates.at(templateKey, model).mean }))
    .toSorted((x, y) => y.loss - x.loss);
  let loss = parts.reduce((sum, part) => sum + part.loss, 0);
  const up: string[] = [];
  for (const part of parts) {
    if (loss <= 1 - qualityTarget || part.loss <= 0) break;
    up.push(part.templateKey);
    loss -= part.loss;
  }
  return up;
}
