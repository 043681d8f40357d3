import type { Condition } from '../../../../functions/contract/routing.ts';
import { useFormat } from '../../format/use-format.ts';
import { trace } from '../../i18n/en/trace.ts';
import { useT } from '../../i18n/use-t.tsx';

/** What a condition looks at, in words. */
export function useConditionField(): (field: string) => string {
  const t = useT(trace);
  return (field) => (field.startsWith('metadata.') ? t('fieldMetadata', { name: field.slice('metadata.'.length) }) : t(`field_${field as 'text'}`));
}

/** A condition as a readable sentence, negated ones as what they say. */
export function useConditionWords(): (condition: Condition) => string {
  const t = useT(trace);
  const f = useFormat();
  const fieldName = useConditionField();
  return ({ field, op, value, negate }) => {
    const values = Array.isArray(value) ? value : [value];
    const one = (item: string | number | boolean): string => (field === 'weekday' && isWeekday(item) ? t(`weekday_${item}`) : typeof item === 'number' ? f.exactCount(item) : String(item));
    if (typeof value === 'boolean' && (field === 'has_code' || field === 'has_error_trace' || field === 'has_images')) return t(value === negate ? `without_${field}` : `with_${field}`);
    if (op === 'between') {
      const [from = '', to = ''] = values.map(one);
      return t(negate ? 'not_between' : 'op_between', { field: fieldName(field), from, to });
    }
    return t(negate ? `not_${op}` : `op_${op}`, { field: fieldName(field), value: f.either(values.map(one)) });
  };
}

const isWeekday = (item: unknown): item is 'mon' => ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'].includes(String(item));
