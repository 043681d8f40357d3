import type { Condition, Pattern, RoutingDocument } from '../../contract/index.ts';
import { conditionKey } from './condition.ts';
import { globMatches } from './pattern.ts';

export const WARNING_KINDS = ['same_glob', 'covered_by_higher', 'alias_equals_model', 'unreachable_condition', 'disabled_target', 'empty_tier', 'idle_shadow'] as const;
export type WarningKind = (typeof WARNING_KINDS)[number];
/** Something that may be saved and is probably not meant so. `pointer` is an RFC 6901 pointer into the document. */
export interface RoutingWarning { readonly kind: WarningKind; readonly pointer: string; readonly message: string }

interface Placed { readonly rule: Pattern; readonly at: number; readonly keys: ReadonlySet<string> }

/**
 * Rules that can never be the one that decides: those whose conditions exclude each other, and those that an enabled rule
 * tried before them always takes from them. In the document's order.
 */
export function ruleWarnings({ patterns }: RoutingDocument): RoutingWarning[] {
  const tried = patterns.map((rule, at): Placed => ({ rule, at, keys: new Set(rule.conditions.map(keyOf)) })).filter(({ rule }) => rule.enabled)
    .toSorted((a, b) => b.rule.priority - a.rule.priority);
  const found: { readonly at: number; readonly warning: RoutingWarning }[] = [];
  for (const [turn, later] of tried.entries()) {
    const contradiction = contradictionIn(later.rule.conditions);
    if (contradiction !== undefined) {
      found.push({ at: later.at, warning: { kind: 'unreachable_condition', pointer: `/patterns/${later.at}/conditions/${contradiction}`, message: 'This condition and another one of the rule never hold together, so the rule never decides.' } });
      continue;
    }
    const earlier = tried.slice(0, turn).find((candidate) => contradictionIn(candidate.rule.conditions) === undefined && covers(candidate, later));
    if (earlier !== undefined) found.push({ at: later.at, warning: overshadowed(earlier, later) });
  }
  return found.toSorted((a, b) => a.at - b.at).map(({ warning }) => warning);
}

const keyOf = (condition: Condition): string => `${condition.negate ? '!' : ''}${conditionKey(condition)}`;

function overshadowed(earlier: Placed, later: Placed): RoutingWarning {
  const isSame = earlier.rule.glob === later.rule.glob && earlier.keys.size === later.keys.size;
  return isSame
    ? { kind: 'same_glob', pointer: `/patterns/${later.at}/glob`, message: `The rule "${earlier.rule.id}" catches the same and is tried first, so this one never decides.` }
    : { kind: 'covered_by_higher', pointer: `/patterns/${later.at}`, message: `The rule "${earlier.rule.id}" is tried first and catches everything that this one does, so this one never decides.` };
}

/** Whatever `later` would catch, `earlier` catches: it asks for no more, and its glob takes every name that the other takes. */
function covers(earlier: Placed, later: Placed): boolean {
  return globCovers(earlier.rule.glob, later.rule.glob) && [...earlier.keys].every((key) => later.keys.has(key));
}

function globCovers(wide: string | undefined, narrow: string | undefined): boolean {
  if (wide === undefined || wide === narrow) return true;
  if (narrow === undefined) return /^\*+$/.test(wide);
  // The wildcards of the narrow one are taken as letters, which only an asterisk of the wide one can take too.
  return !wide.includes('?') && globMatches(wide, narrow);
}

/** What a number can be; open ends do not hold themselves. */
interface Range { readonly low: number; readonly high: number; readonly openLow: boolean; readonly openHigh: boolean }
const DOMAINS: Readonly<Record<string, Range>> = {
  hour: { low: 0, high: 23, openLow: false, openHigh: false }, score: { low: 0, high: 100, openLow: false, openHigh: false },
  ...Object.fromEntries(['input_tokens', 'turns', 'tool_count', 'spend_today_pct', 'spend_month_pct'].map((field) => [field, { low: 0, high: Infinity, openLow: false, openHigh: false }])),
};
/** Fields that hold one text or truth at a time. */
const SINGLE: ReadonlySet<string> = new Set(['model', 'key', 'language', 'weekday', 'has_code', 'has_error_trace', 'has_images']);

/** The first condition that cannot hold together with those before it; undefined when nothing says so. */
function contradictionIn(conditions: readonly Condition[]): number | undefined {
  const seen = new Set<string>();
  const ranges = new Map<string, Range>();
  const texts = new Map<string, ReadonlySet<string>>();
  for (const [at, condition] of conditions.entries()) {
    const key = conditionKey(condition);
    if (seen.has(`${condition.negate ? '' : '!'}${key}`)) return at;
    seen.add(keyOf(condition));
    if (condition.negate) continue;
    const range = rangeOf(condition);
    if (range !== undefined) {
      const both = meet(ranges.get(condition.field) ?? DOMAINS[condition.field] ?? EVERYTHING, range);
      if (isEmpty(both)) return at;
      ranges.set(condition.field, both);
    } else if (SINGLE.has(condition.field) && (condition.op === 'eq' || condition.op === 'in')) {
      const values = new Set(listOf(condition.value).map((value) => String(value).normalize('NFKC').toLowerCase()));
      const before = texts.get(condition.field);
      const both = before === undefined ? values : new Set([...before].filter((value) => values.has(value)));
      if (both.size === 0) return at;
      texts.set(condition.field, both);
    }
  }
  return undefined;
}

const EVERYTHING: Range = { low: -Infinity, high: Infinity, openLow: false, openHigh: false };
const listOf = (value: Condition['value']): readonly (string | number | boolean)[] => (Array.isArray(value) ? value : [value]);

/** The numbers under which a condition holds, at least as wide as they are; undefined where it is none about numbers. */
function rangeOf({ field, op, value }: Condition): Range | undefined {
  if (DOMAINS[field] === undefined) return undefined;
  const numbers = listOf(value).filter((item) => typeof item === 'number');
  const [first] = numbers;
  if (first === undefined || numbers.length !== listOf(value).length) return undefined;
  switch (op) {
    case 'gt': return { ...EVERYTHING, low: first, openLow: true };
    case 'gte': return { ...EVERYTHING, low: first };
    case 'lt': return { ...EVERYTHING, high: first, openHigh: true };
    case 'lte': return { ...EVERYTHING, high: first };
    case 'between': case 'eq': case 'in': return { ...EVERYTHING, low: Math.min(...numbers), high: Math.max(...numbers) };
    default: return undefined;
  }
}

function meet(a: Range, b: Range): Range {
  const low = Math.max(a.low, b.low);
  const high = Math.min(a.high, b.high);
  return { low, high, openLow: (a.low === low && a.openLow) || (b.low === low && b.openLow), openHigh: (a.high === high && a.openHigh) || (b.high === high && b.openHigh) };
}

const isEmpty = ({ low, high, openLow, openHigh }: Range): boolean => low > high || (low === high && (openLow || openHigh));
