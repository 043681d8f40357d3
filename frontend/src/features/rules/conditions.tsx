import { Plus, X } from 'lucide-react';
import type { ConditionOp } from '../../../../functions/contract/words.ts';
import { rules } from '../../i18n/en/rules.ts';
import { trace } from '../../i18n/en/trace.ts';
import { useT } from '../../i18n/use-t.tsx';
import { Button, IconButton } from '../../ui/button.tsx';
import { CheckboxField, SelectField, TextAreaField, TextField } from '../../ui/fields.tsx';
import { faultOf, FIELDS, isNumeric, kindOf, newCondition, opsOf, type ConditionForm } from './condition-kinds.ts';

const WEEKDAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
const MOST = 10;

/** The conditions of a rule, all of which must hold: a field, a comparison, a value, and "not". */
export function Conditions({ conditions, isJudged, onChange }: { readonly conditions: readonly ConditionForm[]; readonly isJudged: boolean; readonly onChange: (next: readonly ConditionForm[]) => void }) {
  const t = useT(rules);
  return (
    <fieldset className="turns">
      <legend className="turns__title">{t('conditions')}</legend>
      <div className="stack">
        {conditions.length === 0 && <p className="muted">{t('conditionsNone')}</p>}
        {conditions.map((condition, at) => (
          <One key={condition.id} number={at + 1} condition={condition} isJudged={isJudged} onChange={(next) => onChange(conditions.map((other) => (other === condition ? next : other)))} onRemove={() => onChange(conditions.filter((other) => other !== condition))} />
        ))}
        {conditions.length < MOST && <div><Button small type="button" icon={<Plus aria-hidden size={15} />} onClick={() => onChange([...conditions, newCondition()])}>{t('addCondition')}</Button></div>}
      </div>
    </fieldset>
  );
}

function One({ number, condition, isJudged, onChange, onRemove }: { readonly number: number; readonly condition: ConditionForm; readonly isJudged: boolean; readonly onChange: (next: ConditionForm) => void; readonly onRemove: () => void }) {
  const t = useT(rules);
  const words = useT(trace);
  const { field, op, negate, name } = condition;
  const fault = isJudged ? faultOf(condition) : undefined;
  const chooseField = (next: string): void => {
    const ops = opsOf(next);
    const isSameKind = kindOf(next) === kindOf(field);
    onChange({ ...condition, field: next, op: ops.includes(op) ? op : ops[0] ?? 'eq', text: isSameKind ? condition.text : kindOf(next) === 'boolean' ? 'true' : '', to: isSameKind ? condition.to : '' });
  };
  return (
    <div className="condition" role="group" aria-label={t('conditionNumber', { number })}>
      <SelectField label={t('field')} value={field} onChange={(event) => chooseField(event.target.value)}>{FIELDS.map((one) => <option key={one} value={one}>{one === 'metadata' ? t('fieldMetadata') : words(`field_${one}`)}</option>)}</SelectField>
      {field === 'metadata' && <TextField label={t('metadataName')} value={name} spellCheck={false} autoComplete="off" onChange={(event) => onChange({ ...condition, name: event.target.value })} error={fault === 'needsMetadata' ? t(fault) : undefined} />}
      {kindOf(field) !== 'boolean' && <SelectField label={t('comparison')} value={op} onChange={(event) => onChange({ ...condition, op: event.target.value as ConditionOp })}>{opsOf(field).map((one) => <option key={one} value={one}>{t(`op_${one}`)}</option>)}</SelectField>}
      <Value condition={condition} error={fault === undefined || fault === 'needsMetadata' ? undefined : t(fault)} onChange={onChange} />
      <div className="condition__end">
        <CheckboxField label={t('not')} name={`not-${condition.id}`} checked={negate} onChange={(event) => onChange({ ...condition, negate: event.target.checked })} />
        <IconButton label={t('removeCondition', { number })} onClick={onRemove}><X aria-hidden size={16} /></IconButton>
      </div>
    </div>
  );
}

function Value({ condition, error, onChange }: { readonly condition: ConditionForm; readonly error: string | undefined; readonly onChange: (next: ConditionForm) => void }) {
  const t = useT(rules);
  const words = useT(trace);
  const { field, op, text, to } = condition;
  const kind = kindOf(field);
  const set = (next: string): void => onChange({ ...condition, text: next });
  if (kind === 'boolean') return <SelectField label={t('value')} value={text} onChange={(event) => set(event.target.value)}><option value="true">{t('yes')}</option><option value="false">{t('no')}</option></SelectField>;
  if (op === 'between') {
    return (
      <div className="condition__pair">
        <TextField label={t('from')} type="number" value={text} onChange={(event) => set(event.target.value)} error={error} />
        <TextField label={t('to')} type="number" value={to} onChange={(event) => onChange({ ...condition, to: event.target.value })} />
      </div>
    );
  }
  if (kind === 'weekday') {
    const chosen = text.split('\n');
    return (
      <fieldset className="turns"><legend className="turns__title">{t('value')}</legend>
        <div className="row">{WEEKDAYS.map((day) => <label key={day} className="filter__option"><input type={op === 'eq' ? 'radio' : 'checkbox'} name={`day-${condition.id}`} checked={chosen.includes(day)} onChange={(event) => set(op === 'eq' ? day : WEEKDAYS.filter((other) => (other === day ? event.target.checked : chosen.includes(other))).join('\n'))} />{words(`weekday_${day}`)}</label>)}</div>
        {error !== undefined && <p className="field__error" role="alert">{error}</p>}
      </fieldset>
    );
  }
  if (isNumeric(op) || (kind === 'number' && op === 'eq')) return <TextField label={t('value')} type="number" value={text} onChange={(event) => set(event.target.value)} error={error} />;
  if (op === 'eq') return <TextField label={t('value')} value={text} spellCheck={false} onChange={(event) => set(event.target.value)} error={error} />;
  return <TextAreaField label={t('values')} hint={t('valuesHint')} rows={2} value={text} spellCheck={false} onChange={(event) => set(event.target.value)} error={error} />;
}
