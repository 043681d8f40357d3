import { createHash } from 'node:crypto';
import type { Condition, ConditionOp } from '../../contract/index.ts';
import type { RequestFacts } from './request-facts.ts';
import { prepareGlob, type PreparedGlob, type TextSearch } from './text-search.ts';

/** What a condition may look at beside the request itself. */
export interface ConditionWorld {
  readonly facts: RequestFacts;
  readonly requestedModel: string;
  readonly keyName: string;
  readonly hour: () => number;
  readonly weekday: () => string;
  /** Score of the in-process strategy; asks for it only when a condition does. */
  readonly score: () => number;
  /** Bounds what all conditions of a decision search together. */
  readonly search: TextSearch;
  readonly spendTodayPct: number | null;
  readonly spendMonthPct: number | null;
}

/** A condition made ready: its key for the decision record, and its test. */
export interface CompiledCondition {
  readonly key: string;
  readonly negate: boolean;
  /** Truth before negation; null when the field is unknown for this request, or more would be searched than one decision may. */
  readonly test: (world: ConditionWorld) => boolean | null;
}

type Scalar = string | number | boolean;
/** A condition's values, folded; `all` for looking one up, because a request may have hundreds of tools and a condition 64 names. */
interface Wanted { readonly list: readonly Scalar[]; readonly all: ReadonlySet<string | boolean>; readonly globs: readonly PreparedGlob[] }
const comparable = (value: Scalar): string | boolean => (typeof value === 'boolean' ? value : String(value));

export function compileCondition(condition: Condition): CompiledCondition {
  const { field, op, value } = condition;
  const list = (Array.isArray(value) ? value : [value]).map((item) => (typeof item === 'string' ? fold(item) : item));
  const values: Wanted = { list, all: new Set(list.map(comparable)), globs: op === 'glob' ? list.map((item) => prepareGlob(String(item))) : [] };
  if (LONG_FIELDS.has(field)) {
    const long = field as LongField;
    return { key: conditionKey(condition), negate: condition.negate, test: ({ facts, search }) => compare(op, foldedOf(facts, long), values, search) };
  }
  if (field === 'tool_names') return { key: conditionKey(condition), negate: condition.negate, test: ({ facts, search }) => anyOf(foldedTools(facts), (name) => compare(op, name, values, search)) };
  return {
    key: conditionKey(condition),
    negate: condition.negate,
    test(world) {
      const seen = fieldOf(field, world);
      if (seen === null) return null;
      return compare(op, typeof seen === 'string' ? fold(seen) : seen, values, world.search);
    },
  };
}

/** `c_` and the first 12 hex digits of the SHA-256 of {field, op, value} in that order: the same condition, the same key. */
export function conditionKey({ field, op, value }: Pick<Condition, 'field' | 'op' | 'value'>): string {
  return `c_${createHash('sha256').update(JSON.stringify({ field, op, value })).digest('hex').slice(0, 12)}`;
}

/** Holds for the request; what is unknown never holds, not even negated. */
export function holds(truth: boolean | null, negate: boolean): boolean {
  return truth !== null && truth !== negate;
}

type LongField = 'text' | 'system' | 'all_text';
const LONG_FIELDS: ReadonlySet<string> = new Set<LongField>(['text', 'system', 'all_text']);
/** Up to a thousand conditions may look into one long text: it is folded once per request. */
const folded = new WeakMap<RequestFacts, Partial<Record<LongField, string>>>();
function foldedOf(facts: RequestFacts, field: LongField): string {
  let memo = folded.get(facts);
  if (memo === undefined) folded.set(facts, (memo = {}));
  return (memo[field] ??= fold(field === 'text' ? facts.text : field === 'system' ? facts.system : facts.allText));
}

const tools = new WeakMap<RequestFacts, readonly string[]>();
function foldedTools(facts: RequestFacts): readonly string[] {
  let names = tools.get(facts);
  if (names === undefined) tools.set(facts, (names = facts.toolNames.map(fold)));
  return names;
}

const fold = (text: string): string => text.normalize('NFKC').toLowerCase();

function fieldOf(field: string, world: ConditionWorld): Scalar | null {
  const { facts } = world;
  switch (field) {
    case 'input_tokens': return facts.inputTokens;
    case 'turns': return facts.turns;
    case 'has_code': return facts.hasCode;
    case 'has_error_trace': return facts.hasErrorTrace;
    case 'tool_count': return facts.toolNames.length;
    case 'has_images': return facts.hasImages;
    case 'language': return facts.language;
    case 'model': return world.requestedModel;
    case 'key': return world.keyName;
    case 'hour': return world.hour();
    case 'weekday': return world.weekday();
    case 'score': return world.score();
    case 'spend_today_pct': return world.spendTodayPct;
    case 'spend_month_pct': return world.spendMonthPct;
    default: return metadataOf(facts, field.slice('metadata.'.length));
  }
}

function metadataOf(facts: RequestFacts, name: string): Scalar | null {
  const value = Object.hasOwn(facts.conversation.metadata, name) ? facts.conversation.metadata[name] : undefined;
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? value : null;
}

/** Whether one holds; null from where on nothing more may be searched. */
function anyOf<T>(items: readonly T[], test: (item: T) => boolean | null): boolean | null {
  for (const item of items) {
    const truth = test(item);
    if (truth !== false) return truth;
  }
  return false;
}

function compare(op: ConditionOp, seen: Scalar, wanted: Wanted, search: TextSearch): boolean | null {
  const { list: values } = wanted;
  const [first, second] = values;
  switch (op) {
    case 'eq': return first !== undefined && comparable(seen) === comparable(first);
    case 'in': return wanted.all.has(comparable(seen));
    case 'contains': return typeof seen === 'string' && anyOf(values, (value) => search.contains(seen, String(value)));
    case 'starts_with': return typeof seen === 'string' && anyOf(values, (value) => search.startsWith(seen, String(value)));
    case 'glob': return typeof seen === 'string' && anyOf(wanted.globs, (glob) => search.glob(seen, glob));
    case 'between': return number(seen) >= number(first) && number(seen) <= number(second);
    case 'gt': return number(seen) > number(first);
    case 'gte': return number(seen) >= number(first);
    case 'lt': return number(seen) < number(first);
    case 'lte': return number(seen) <= number(first);
  }
}

/** NaN for what is no number, so that every comparison with it is false. */
const number = (value: Scalar | undefined): number => (typeof value === 'number' ? value : typeof value === 'string' && value.trim() !== '' ? Number(value) : Number.NaN);

const formatters = new Map<string, Intl.DateTimeFormat>();

/** Hour (0–23) and weekday (`mon` … `sun`) in an IANA zone. */
export function localTime(timezone: string, nowMs: number): { hour: number; weekday: string } {
  let formatter = formatters.get(timezone);
  if (formatter === undefined) {
    formatter = new Intl.DateTimeFormat('en-US', { timeZone: timezone, hour: 'numeric', hourCycle: 'h23', weekday: 'short' });
    if (formatters.size > 1_000) formatters.clear();
    formatters.set(timezone, formatter);
  }
  let hour = 0;
  let weekday = '';
  for (const { type, value } of formatter.formatToParts(nowMs)) {
    if (type === 'hour') hour = Number(value);
    else if (type === 'weekday') weekday = value.slice(0, 3).toLowerCase();
  }
  return { hour, weekday };
}
