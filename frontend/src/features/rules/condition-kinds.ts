import { CONDITION_FIELDS, CONDITION_OPS, type ConditionOp } from '../../../../functions/contract/words.ts';
import type { Condition } from '../../../../functions/contract/routing.ts';

/** A condition as the fields of the form hold it. `field` may be `metadata`, whose `name` is typed in. */
export interface ConditionForm { readonly id: number; readonly field: string; readonly name: string; readonly op: ConditionOp; readonly text: string; readonly to: string; readonly negate: boolean }

type Kind = 'number' | 'boolean' | 'weekday' | 'text' | 'any';
const NUMBERS: ReadonlySet<string> = new Set(['input_tokens', 'turns', 'tool_count', 'hour', 'score', 'spend_today_pct', 'spend_month_pct']);
const BOOLEANS: ReadonlySet<string> = new Set(['has_code', 'has_error_trace', 'has_images']);
export const FIELDS = [...CONDITION_FIELDS, 'metadata'] as const;

export const kindOf = (field: string): Kind => (NUMBERS.has(field) ? 'number' : BOOLEANS.has(field) ? 'boolean' : field === 'weekday' ? 'weekday' : field === 'metadata' ? 'any' : 'text');

const OPS: Readonly<Record<Kind, readonly ConditionOp[]>> = {
  number: ['gt', 'gte', 'lt', 'lte', 'between', 'eq', 'in'], boolean: ['eq'], weekday: ['in', 'eq'], text: ['contains', 'starts_with', 'glob', 'eq', 'in'], any: CONDITION_OPS,
};
export const opsOf = (field: string): readonly ConditionOp[] => OPS[kindOf(field)];
export const isNumeric = (op: ConditionOp): boolean => ['gt', 'gte', 'lt', 'lte', 'between'].includes(op);

let nextId = 0;
export function newCondition(): ConditionForm {
  nextId += 1;
  return { id: nextId, field: 'input_tokens', name: '', op: 'gt', text: '', to: '', negate: false };
}

export function toForm({ field, op, value, negate }: Condition): ConditionForm {
  const isMetadata = field.startsWith('metadata.');
  const values = (Array.isArray(value) ? value : [value]).map(String);
  return {
    ...newCondition(), field: isMetadata ? 'metadata' : field, name: isMetadata ? field.slice('metadata.'.length) : '', op, negate,
    text: op === 'between' ? values[0] ?? '' : values.join(op === 'eq' ? '' : '\n'), to: op === 'between' ? values[1] ?? '' : '',
  };
}

/** What is wrong with it, as a key of the page's texts; undefined for what can be saved. */
export function faultOf({ field, name, op, text, to }: ConditionForm): 'needsMetadata' | 'needsNumber' | 'needsNumbers' | 'needsValue' | undefined {
  const kind = kindOf(field);
  if (field === 'metadata' && !/^[A-Za-z0-9_.-]{1,64}$/.test(name)) return 'needsMetadata';
  const isNumber = (value: string): boolean => value.trim() !== '' && Number.isFinite(Number(value));
  if (op === 'between') return isNumber(text) && isNumber(to) && Number(text) <= Number(to) ? undefined : 'needsNumbers';
  if (lines(text).length === 0) return 'needsValue';
  if (isNumeric(op) || kind === 'number') return lines(text).every(isNumber) && (op === 'in' || lines(text).length === 1) ? undefined : 'needsNumber';
  return undefined;
}

const lines = (text: string): string[] => text.split('\n').map((line) => line.trim()).filter((line) => line !== '');

export function toCondition({ field, name, op, text, to, negate }: ConditionForm): Condition {
  const kind = kindOf(field);
  const scalar = (value: string): string | number | boolean => (kind === 'boolean' || (kind === 'any' && (value === 'true' || value === 'false')) ? value === 'true' : kind === 'number' || isNumeric(op) || (kind === 'any' && /^-?\d+(\.\d+)?$/.test(value)) ? Number(value) : value);
  const values = op === 'between' ? [Number(text), Number(to)] : lines(text).map(scalar);
  const [first = ''] = values;
  return { field: (field === 'metadata' ? `metadata.${name}` : field) as Condition['field'], op, value: op === 'between' || op === 'in' || values.length > 1 ? values : first, negate };
}
