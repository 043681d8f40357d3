import type { KeyView, RoutingDocument } from '../../api/types.ts';

export interface Use { readonly kind: 'alias' | 'rule' | 'tier' | 'judge' | 'key'; readonly id: string; readonly name: string }

const TIERS = ['simple', 'moderate', 'complex'] as const;

/** Everything that names a model, as the API decides it when one is to be deleted. */
export function usesOf(id: string, document: RoutingDocument | undefined, keys: readonly KeyView[]): readonly Use[] {
  const target = `model:${id}`;
  const routing: readonly Use[] = document === undefined ? [] : [
    ...TIERS.filter((tier) => document.auto.tiers[tier].includes(id)).map((tier): Use => ({ kind: 'tier', id: tier, name: tier })),
    ...document.aliases.filter((alias) => alias.target === target).map(({ name }): Use => ({ kind: 'alias', id: name, name })),
    ...document.patterns.filter((rule) => rule.target === target || rule.fallbacks.includes(id)).map((rule): Use => ({ kind: 'rule', id: rule.id, name: rule.name ?? rule.id })),
    ...(document.auto.judgeModel === id ? [{ kind: 'judge', id: 'judge', name: 'judge' } as const] : []),
  ];
  return [...routing, ...keys.filter(({ revokedAt, allowedModels }) => revokedAt === null && allowedModels?.includes(id) === true).map((key): Use => ({ kind: 'key', id: key.id, name: key.name }))];
}

/** The same while answers are still missing; undefined = nothing that uses it is known, which is not to say that nothing does. */
export function usesKnown(id: string, document: RoutingDocument | undefined, keys: readonly KeyView[] | undefined): readonly Use[] | undefined {
  const uses = usesOf(id, document, keys ?? []);
  return uses.length === 0 && (document === undefined || keys === undefined) ? undefined : uses;
}
