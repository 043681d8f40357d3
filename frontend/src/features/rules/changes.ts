import type { Auto, Pattern, RoutingDocument } from '../../../../functions/contract/routing.ts';

type AutoField = keyof Auto;
type PatternField = Exclude<keyof Pattern, 'id' | 'priority'>;
/** One thing that differs between two documents, named as people name it. */
export type Change =
  | { readonly what: 'alias'; readonly kind: 'added' | 'removed'; readonly name: string; readonly target: string }
  | { readonly what: 'alias'; readonly kind: 'changed'; readonly name: string; readonly field: 'target' | 'enabled'; readonly before: unknown; readonly after: unknown }
  | { readonly what: 'pattern'; readonly kind: 'added' | 'removed'; readonly name: string; readonly target: string }
  | { readonly what: 'pattern'; readonly kind: 'changed'; readonly name: string; readonly field: PatternField; readonly before: unknown; readonly after: unknown }
  | { readonly what: 'pattern'; readonly kind: 'moved'; readonly name: string; readonly before: number; readonly after: number }
  | { readonly what: 'auto'; readonly kind: 'changed'; readonly field: AutoField; readonly before: unknown; readonly after: unknown };

const PATTERN_FIELDS = ['name', 'glob', 'conditions', 'target', 'fallbacks', 'enabled'] as const;
const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);
export const nameOf = ({ id, name }: Pattern): string => (name === undefined || name === '' ? id : name);

/** Rules in the order they are tried: higher priority first, ties as they stand. */
export const ordered = (patterns: readonly Pattern[]): Pattern[] => patterns.toSorted((a, b) => b.priority - a.priority);

/** Priorities that put the rules into the order in which they are given, with room in between. */
export const withOrder = (patterns: readonly Pattern[]): Pattern[] => patterns.map((rule, at) => ({ ...rule, priority: (patterns.length - at) * 10 }));

/** What was changed from one document to another: aliases, rules in their order, then automatic routing. */
export function changesOf(before: RoutingDocument, after: RoutingDocument): Change[] {
  return [...aliasChanges(before, after), ...patternChanges(ordered(before.patterns), ordered(after.patterns)), ...autoChanges(before.auto, after.auto)];
}

function aliasChanges({ aliases: before }: RoutingDocument, { aliases: after }: RoutingDocument): Change[] {
  const removed = before.filter(({ name }) => !after.some((alias) => alias.name === name)).map(({ name, target }): Change => ({ what: 'alias', kind: 'removed', name, target }));
  return [...removed, ...after.flatMap((alias): Change[] => {
    const earlier = before.find(({ name }) => name === alias.name);
    if (earlier === undefined) return [{ what: 'alias', kind: 'added', name: alias.name, target: alias.target }];
    return (['target', 'enabled'] as const).filter((field) => earlier[field] !== alias[field]).map((field) => ({ what: 'alias', kind: 'changed', name: alias.name, field, before: earlier[field], after: alias[field] }));
  })];
}

function patternChanges(before: readonly Pattern[], after: readonly Pattern[]): Change[] {
  const removed = before.filter(({ id }) => !after.some((rule) => rule.id === id)).map((rule): Change => ({ what: 'pattern', kind: 'removed', name: nameOf(rule), target: rule.target }));
  const stayed = (list: readonly Pattern[], other: readonly Pattern[]): string[] => list.map(({ id }) => id).filter((id) => other.some((rule) => rule.id === id));
  const [was, is] = [stayed(before, after), stayed(after, before)];
  const moved = movedOf(was, is);
  return [...removed, ...after.flatMap((rule): Change[] => {
    const earlier = before.find(({ id }) => id === rule.id);
    if (earlier === undefined) return [{ what: 'pattern', kind: 'added', name: nameOf(rule), target: rule.target }];
    return [
      ...PATTERN_FIELDS.filter((field) => !same(earlier[field], rule[field])).map((field): Change => ({ what: 'pattern', kind: 'changed', name: nameOf(rule), field, before: earlier[field], after: rule[field] })),
      ...(moved.has(rule.id) ? [{ what: 'pattern', kind: 'moved', name: nameOf(rule), before: before.indexOf(earlier) + 1, after: after.indexOf(rule) + 1 } as const] : []),
    ];
  })];
}

/** The fewest entries that must have moved: those outside the longest run that kept its order. */
function movedOf(was: readonly string[], is: readonly string[]): ReadonlySet<string> {
  const places = is.map((id) => was.indexOf(id));
  const best: number[][] = [];
  for (const [at, place] of places.entries()) {
    const longest = best.slice(0, at).filter((run) => (places[run.at(-1) ?? 0] ?? 0) < place).toSorted((a, b) => b.length - a.length)[0] ?? [];
    best.push([...longest, at]);
  }
  const kept = new Set(best.toSorted((a, b) => b.length - a.length)[0] ?? []);
  return new Set(is.filter((_id, at) => !kept.has(at)));
}

function autoChanges(before: Auto, after: Auto): Change[] {
  return (Object.keys(after) as AutoField[]).filter((field) => !same(before[field], after[field])).map((field) => ({ what: 'auto', kind: 'changed', field, before: before[field], after: after[field] }));
}

/** My changes on top of what somebody else saved meanwhile: what I touched is mine, everything else is theirs. */
export function rebased(base: RoutingDocument, mine: RoutingDocument, theirs: RoutingDocument): RoutingDocument {
  return {
    aliases: mergeList(base.aliases, mine.aliases, theirs.aliases, ({ name }) => name),
    patterns: mergeList(base.patterns, mine.patterns, theirs.patterns, ({ id }) => id),
    auto: mergeFields(base.auto, mine.auto, theirs.auto),
  };
}

function mergeFields<T extends object>(base: T, mine: T, theirs: T): T {
  const merged = { ...theirs };
  for (const field of new Set([...Object.keys(base), ...Object.keys(mine)]) as Set<keyof T>) {
    if (same(base[field], mine[field])) continue;
    if (mine[field] === undefined) delete merged[field];
    else merged[field] = mine[field];
  }
  return merged;
}

function mergeList<T extends object>(base: readonly T[], mine: readonly T[], theirs: readonly T[], label: (item: T) => string): T[] {
  const find = (list: readonly T[], item: T): T | undefined => list.find((other) => label(other) === label(item));
  const kept = theirs.flatMap((item) => {
    const [before, own] = [find(base, item), find(mine, item)];
    if (before === undefined) return [own ?? item];
    return own === undefined ? [] : [mergeFields(before, own, item)];
  });
  // What I added, and what they took away while I changed it.
  const added = mine.filter((item) => find(theirs, item) === undefined && !same(find(base, item), item));
  return [...kept, ...added];
}
