import { exclusionOf } from '../../core/routing/eligibility.ts';
import { samplingOf } from '../../core/routing/evidence/sampling.ts';
import { modelNamed } from '../../core/routing/policy-compile.ts';
import type { RegisteredModel } from '../../core/routing/policy.ts';
import { templateParentOf } from '../../core/routing/template-parent.ts';
import { decidingPolicy } from '../judge/consult.ts';
import type { Ports } from '../ports.ts';
import type { Plan } from '../route.ts';

/** Time an invocation must have left for a comparison, and how long it may take. */
export const LEAST_LEFT_MS = 90_000;

/** Share of the sample by which not an answer but the judge is judged, half of it each way. */
const CHECKS = 0.1;

/** A request whose answer is to be compared once it has ended. */
export interface Draw {
  readonly judge: RegisteredModel;
  readonly baseline: RegisteredModel;
  /** The model that is compared with the baseline; for `aa` and `planted` the answer itself is all there is. */
  readonly kind: { readonly pair: RegisteredModel; readonly propensity: number } | 'aa' | 'planted';
  readonly templateKey: string;
  readonly parentKey: string;
  readonly planVersion: number;
  readonly dailyUsd: number;
}

/**
 * Whether the answer of this request will be compared, drawn before it is known: by chance alone, so that what is judged
 * stands for all that is served. undefined = not: switched off, forbidden by the key, not decided automatically, nothing
 * to compare with, nothing a judge can read, or simply not drawn. Without a price nothing is compared, since nothing
 * could be held against the day's cap.
 */
export function draw(plan: Plan, ports: Ports): Draw | undefined {
  const { decision, key, facts, input, route, asked: { conversation } } = plan;
  const policy = decidingPolicy(plan.policy, decision);
  const { shadow, judgeModel, tiers, qualityTarget } = policy.document.auto;
  if (!shadow.enabled || !(shadow.dailyUsd > 0) || judgeModel === null || key.shadow === false) return undefined;
  if ((decision.stage !== 'auto' && decision.via !== 'auto') || decision.baseline === null || decision.template === null) return undefined;
  if (facts.hasImages || facts.hasDocuments || facts.hasAudio || facts.hasHostedTools || (conversation.n ?? 1) > 1) return undefined;
  if (plan.exchange.request.remainingMs() <= LEAST_LEFT_MS) return undefined;
  const world = { facts, allowedModels: input.key.allowedModels, breakerOpen: input.breakerOpen, overBudget: input.excludeModels ?? NOTHING };
  const named = (id: string): RegisteredModel | undefined => {
    const model = modelNamed(policy, id);
    return model === undefined || model.price === null ? undefined : model;
  };
  const judge = named(judgeModel);
  const baseline = named(decision.baseline.model);
  const [first] = route;
  if (judge === undefined || baseline === undefined || first === undefined || first.price === null) return undefined;
  const pool = [...new Set(Object.values(tiers).flat())].filter((id) => {
    const model = named(id);
    return model !== undefined && exclusionOf(model, world) === null;
  });
  const evidence = ports.learning.quality.plan(policy.tenantId);
  const planVersion = evidence?.version ?? 0;
  const templateKey = decision.template.key;
  const parentKey = templateParentOf(input.templateSalt, facts);
  const { rate, models } = samplingOf({
    labels: (evidence?.labels ?? 0) + ports.learning.labelled.since(policy.tenantId, planVersion), plan: evidence, templateKey, parentKey, tierModel: first.id, baseline: baseline.id, pool,
    today: ports.learning.labelled.today(policy.tenantId, templateKey), qualityTarget,
  });
  if (models.length === 0 || ports.learning.random() >= rate) return undefined;
  const common = { judge, baseline, templateKey, parentKey, planVersion, dailyUsd: shadow.dailyUsd };
  const luck = ports.learning.random();
  if (luck < CHECKS) return { ...common, kind: luck < CHECKS / 2 ? 'aa' : 'planted' };
  const chosen = pick(models, ports.learning.random());
  const pair = named(chosen.model);
  return pair === undefined ? undefined : { ...common, kind: { pair, propensity: rate * chosen.share * (1 - CHECKS) } };
}
const NOTHING: ReadonlySet<string> = new Set();

function pick<T extends { readonly share: number }>(models: readonly T[], luck: number): T {
  let left = luck;
  for (const each of models) {
    left -= each.share;
    if (left < 0) return each;
  }
  return models.at(-1) as T;
}
