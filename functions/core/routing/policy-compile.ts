import { hash } from 'node:crypto';
import type { Pattern, RoutingDocument } from '../../contract/index.ts';
import { compileCondition, type CompiledCondition } from './condition.ts';
import type { Policy, RegisteredModel } from './policy.ts';

export { validateRouting, type RoutingProblem } from './validate-routing.ts';
export type { RoutingWarning } from './rule-warnings.ts';

export interface CompiledPattern {
  readonly rule: Pattern;
  readonly conditions: readonly CompiledCondition[];
}

/** A policy made ready for decisions: rules in the order they are tried, conditions compiled, wildcard models sorted. */
export interface CompiledPolicy extends Policy {
  /** Enabled rules, higher priority first, ties in the document's order. */
  readonly patterns: readonly CompiledPattern[];
  /** Enabled wildcard models, longest prefix first. */
  readonly wildcards: readonly RegisteredModel[];
  /** Enabled aliases: name → target. */
  readonly aliases: ReadonlyMap<string, string>;
  /** Set while a version is tried on `percent` of the sessions: the others are decided by the version before it. */
  readonly rollout?: { readonly percent: number; readonly before: CompiledPolicy };
}

export function compilePolicy(policy: Policy): CompiledPolicy {
  const { document, models } = policy;
  return {
    ...policy,
    patterns: document.patterns.filter((rule) => rule.enabled).toSorted((a, b) => b.priority - a.priority)
      .map((rule) => ({ rule, conditions: rule.conditions.map(compileCondition) })),
    wildcards: [...models.values()].filter((model) => model.enabled && model.id.endsWith('*')).toSorted((a, b) => b.id.length - a.id.length),
    aliases: new Map(document.aliases.filter((alias) => alias.enabled).map((alias) => [alias.name, alias.target])),
  };
}

/** The same tenant under another document, whole: for drafts. */
export function underDocument({ rollout: _rollout, ...policy }: CompiledPolicy, document: RoutingDocument): CompiledPolicy {
  return compilePolicy({ ...policy, document });
}

/** The policy that decides for a session: always the same one while the rollout stays as it is, and more of them as it grows. */
export function policyFor(policy: CompiledPolicy, unit: () => string): CompiledPolicy {
  if (policy.rollout === undefined) return policy;
  return bucketOf(`${policy.rollout.before.version}\n${unit()}`) < policy.rollout.percent ? policy : policy.rollout.before;
}

/** A number in [0, 100) that looks random and depends on nothing but the text. */
const bucketOf = (text: string): number => (hash('sha256', text, 'buffer').readUInt32BE(0) / 2 ** 32) * 100;

/** The enabled model of this id: exact, else the wildcard with the longest matching prefix, its `*` filled in. */
export function modelNamed(policy: CompiledPolicy, id: string): RegisteredModel | undefined {
  const exact = policy.models.get(id);
  if (exact !== undefined) return exact.enabled && !id.endsWith('*') ? exact : undefined;
  for (const model of policy.wildcards) {
    const prefix = model.id.slice(0, -1);
    if (id.length > prefix.length && id.startsWith(prefix)) return { ...model, id, upstreamModel: model.upstreamModel.replace('*', id.slice(prefix.length)) };
  }
  return undefined;
}
