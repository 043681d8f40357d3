import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Controller, type UseFormReturn } from 'react-hook-form';
import { modelsQuery } from '../../api/models.ts';
import { useFormat } from '../../format/use-format.ts';
import { keys } from '../../i18n/en/keys.ts';
import { useT } from '../../i18n/use-t.tsx';
import { SelectField, SwitchField, TextField } from '../../ui/fields.tsx';
import { useFieldError } from '../../ui/form.ts';
import { LimitField } from '../../ui/limit-field.tsx';

/** What both forms have in common; an unlimited number is null. */
export interface KeyValues {
  name: string;
  rpm: number | null;
  tpm: number | null;
  maxParallel: number | null;
  dailyUsd: number | null;
  monthlyUsd: number | null;
  budgetAction: 'block' | 'warn';
  allowedModels: string[] | null;
  expiresAt: string | null;
  strict: boolean;
  logContent: boolean;
  shadow: boolean;
}

export const PRESETS = { application: { rpm: 60, tpm: 100_000 }, agent: { rpm: 600, tpm: 5_000_000 } } as const;

/** All limits of a key. `form` holds at least `KeyValues`, whatever is sent of them. */
export function KeyFields({ form: given }: { readonly form: unknown }) {
  const form = given as UseFormReturn<KeyValues>;
  const t = useT(keys);
  const errorOf = useFieldError();
  const { errors } = form.formState;
  const number = (name: 'rpm' | 'tpm' | 'maxParallel' | 'dailyUsd' | 'monthlyUsd', label: string, fallback: number, step?: string) => (
    <Controller control={form.control} name={name} render={({ field }) => <LimitField label={label} noneText={t('noLimit')} value={field.value} onChange={field.onChange} onBlur={field.onBlur} fallback={fallback} error={errorOf(errors[name])} {...(step !== undefined && { step })} />} />
  );
  const budgets = form.watch(['dailyUsd', 'monthlyUsd']);
  return (
    <>
      <TextField label={t('name')} hint={t('nameHint')} error={errorOf(errors.name)} autoComplete="off" maxLength={64} data-autofocus {...form.register('name')} />
      <PresetField form={form} />
      <div className="form-grid">
        {number('rpm', t('rpm'), PRESETS.application.rpm)}
        {number('tpm', t('tpm'), PRESETS.application.tpm)}
        {number('monthlyUsd', t('monthlyUsd'), 10, '0.01')}
        <Controller control={form.control} name="expiresAt" render={({ field }) => <ExpiryField value={field.value} onChange={field.onChange} error={errorOf(errors.expiresAt)} />} />
      </div>
      {budgets.some((budget) => budget !== null) && <SelectField label={t('budgetAction')} {...form.register('budgetAction')}><option value="block">{t('block')}</option><option value="warn">{t('warn')}</option></SelectField>}
      <Controller control={form.control} name="allowedModels" render={({ field }) => <AllowedField value={field.value} onChange={field.onChange} error={errorOf(errors.allowedModels as { message?: string } | undefined)} />} />
      <details className="details">
        <summary>{t('more')}</summary>
        <div className="stack">
          <div className="form-grid">{number('dailyUsd', t('dailyUsd'), 5, '0.01')}{number('maxParallel', t('maxParallel'), 10)}</div>
          {(['strict', 'shadow', 'logContent'] as const).map((name) => <Controller key={name} control={form.control} name={name} render={({ field }) => <SwitchField label={t(name)} isChecked={field.value} onChange={field.onChange} />} />)}
          {form.watch('logContent') && <p className="field__hint">{t('logContentHint')}</p>}
        </div>
      </details>
    </>
  );
}

function PresetField({ form }: { readonly form: UseFormReturn<KeyValues> }) {
  const t = useT(keys);
  const [rpm, tpm] = form.watch(['rpm', 'tpm']);
  const is = (preset: keyof typeof PRESETS): boolean => PRESETS[preset].rpm === rpm && PRESETS[preset].tpm === tpm;
  const choose = (preset: keyof typeof PRESETS): void => {
    form.setValue('rpm', PRESETS[preset].rpm, { shouldDirty: true, shouldValidate: true });
    form.setValue('tpm', PRESETS[preset].tpm, { shouldDirty: true, shouldValidate: true });
  };
  return (
    <div className="field">
      <span className="amplify-label" id="key-preset">{t('preset')}</span>
      <div className="row"><div className="segments" role="group" aria-labelledby="key-preset">
        <button type="button" className="segments__one" aria-pressed={is('application')} onClick={() => choose('application')}>{t('presetApplication')}</button>
        <button type="button" className="segments__one" aria-pressed={is('agent')} onClick={() => choose('agent')}>{t('presetAgent')}</button>
      </div></div>
      <p className="field__hint">{t('presetHint')}</p>
    </div>
  );
}

const DAY_MS = 86_400_000;

function ExpiryField({ value, onChange, error }: { readonly value: string | null; readonly onChange: (value: string | null) => void; readonly error: string | undefined }) {
  const t = useT(keys);
  const f = useFormat();
  const [first] = useState(value);
  const [choice, setChoice] = useState(value === null ? 'never' : 'keep');
  const [problem, setProblem] = useState<string>();
  const choose = (next: string): void => {
    setChoice(next);
    setProblem(undefined);
    if (next === 'never') onChange(null);
    else if (next === 'keep') onChange(first);
    else if (next !== 'date') onChange(new Date(Date.now() + Number(next) * DAY_MS).toISOString());
  };
  // The end of that day where the person is.
  const setDate = (day: string): void => {
    const end = new Date(`${day}T23:59:59`);
    if (Number.isNaN(end.getTime()) || end.getTime() <= Date.now()) return setProblem(t('datePast'));
    setProblem(undefined);
    return onChange(end.toISOString());
  };
  return (
    <div className="stack">
      <SelectField label={t('expiry')} value={choice} onChange={(event) => choose(event.target.value)} error={choice === 'date' ? undefined : error}>
        {first !== null && <option value="keep">{t('expiryKeep', { date: f.dateTime(first, 'day', new Intl.DateTimeFormat().resolvedOptions().timeZone) })}</option>}
        <option value="never">{t('expiryNever')}</option><option value="30">{t('expiry30')}</option><option value="90">{t('expiry90')}</option><option value="365">{t('expiry365')}</option><option value="date">{t('expiryDate')}</option>
      </SelectField>
      {choice === 'date' && <TextField type="date" label={t('date')} error={problem ?? error} onChange={(event) => setDate(event.target.value)} />}
    </div>
  );
}

function AllowedField({ value, onChange, error }: { readonly value: string[] | null; readonly onChange: (value: string[] | null) => void; readonly error: string | undefined }) {
  const t = useT(keys);
  const models = useQuery(modelsQuery).data ?? [];
  // An entry that is no model any more stays visible, or nobody could take it away.
  const names = [...new Set([...models.map(({ id }) => id), ...value ?? []])];
  return (
    <fieldset className="field-set">
      <legend>{t('allowed')}</legend>
      <div className="row">
        <label className="check"><input type="radio" name="allowed" checked={value === null} onChange={() => onChange(null)} />{t('allowedAll')}</label>
        <label className="check"><input type="radio" name="allowed" checked={value !== null} onChange={() => onChange([])} />{t('allowedSome')}</label>
      </div>
      {value !== null && (names.length === 0 ? <p className="field__hint">{t('allowedNone')}</p> : (
        <div className="field-set__list">{names.map((id) => <label key={id} className="check"><input type="checkbox" checked={value.includes(id)} onChange={(event) => onChange(event.target.checked ? [...value, id] : value.filter((other) => other !== id))} /><code>{id}</code></label>)}</div>
      ))}
      {error !== undefined ? <p className="field__error" role="alert">{error}</p> : value !== null && value.length === 0 ? <p className="field__error">{t('allowedEmpty')}</p> : <p className="field__hint">{t('allowedHint')}</p>}
    </fieldset>
  );
}
