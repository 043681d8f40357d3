import { useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { Controller } from 'react-hook-form';
import { settings as schema } from '../../../../functions/contract/admin/settings.ts';
import { ApiError } from '../../api/errors.ts';
import { settingsQuery, useSaveSettings } from '../../api/settings.ts';
import type { Settings, SettingsAnswer } from '../../api/types.ts';
import { settings } from '../../i18n/en/settings.ts';
import { useT } from '../../i18n/use-t.tsx';
import { usePageGuard } from '../../ui/leave-guard.tsx';
import { Alert } from '../../ui/alert.tsx';
import { Button } from '../../ui/button.tsx';
import { Card } from '../../ui/card.tsx';
import { useErrorText } from '../../ui/error-card.tsx';
import { SelectField, TextAreaField, TextField } from '../../ui/fields.tsx';
import { showServerError, useContractForm, useFieldError } from '../../ui/form.ts';
import { LimitField } from '../../ui/limit-field.tsx';
import { QueryView } from '../../ui/query-view.tsx';
import { Skeleton } from '../../ui/skeleton.tsx';
import { toast } from '../../ui/toast.tsx';
import { Traffic } from './traffic.tsx';

export function GeneralTab() {
  const query = useQuery(settingsQuery);
  return <QueryView query={query} skeleton={<Skeleton shape="card" />}>{(data) => <Loaded data={data} />}</QueryView>;
}

/** The switches save themselves, the form below them as a whole: `base` is the version that it was filled from. */
function Loaded({ data }: { readonly data: SettingsAnswer }) {
  const [base, setBase] = useState(data);
  const [isDirty, setDirty] = useState(false);
  // What others saved is shown as soon as nothing typed here would be lost.
  useEffect(() => { if (!isDirty && data.version > base.version) setBase(data); }, [data, isDirty, base.version]);
  return (
    <div className="page-body">
      <Traffic current={data} onSaved={(saved) => setBase((before) => (saved.version === before.version + 1 ? { ...before, version: saved.version, paused: saved.paused, alwaysStrongest: saved.alwaysStrongest } : before))} />
      <General key={formKey(base)} base={base} onDirty={setDirty} onSaved={(saved) => { setDirty(false); setBase(saved); }} />
    </div>
  );
}

/** Another form only when its own fields changed, not when a switch did. */
const formKey = ({ version: _version, paused: _paused, alwaysStrongest: _strongest, ...fields }: SettingsAnswer): string => JSON.stringify(fields);

const ZONES = Intl.supportedValuesOf('timeZone');

function General({ base, onDirty, onSaved }: { readonly base: SettingsAnswer; readonly onDirty: (isDirty: boolean) => void; readonly onSaved: (saved: SettingsAnswer) => void }) {
  const t = useT(settings);
  const errorText = useErrorText();
  const errorOf = useFieldError();
  const save = useSaveSettings();
  const [problem, setProblem] = useState<string>();
  const [theirs, setTheirs] = useState<SettingsAnswer>();
  const { version, ...values } = base;
  const form = useContractForm<Settings, Settings>(schema, values);
  const { errors, isDirty } = form.formState;
  useEffect(() => onDirty(isDirty), [isDirty, onDirty]);
  const question = usePageGuard(isDirty);
  const submit = form.handleSubmit(async (body) => {
    setProblem(undefined);
    try {
      const { data } = await save.mutateAsync({ version, body: { ...body, paused: base.paused, alwaysStrongest: base.alwaysStrongest } });
      toast({ text: t('saved') });
      form.reset(body);
      onSaved(data);
    } catch (error) {
      if (error instanceof ApiError && error.code === 'version_conflict') setTheirs(error.details['current'] as SettingsAnswer);
      else if (!showServerError(form, error)) setProblem(errorText(error));
    }
  });
  const limit = (name: 'dailyUsd' | 'monthlyUsd' | 'maxParallel' | 'retentionDays.ledger' | 'retentionDays.rollups' | 'retentionDays.audit', label: string, fallback: number, more: { noneText?: string; hint?: string; step?: string } = {}) => (
    <Controller control={form.control} name={name} render={({ field, fieldState }) => <LimitField label={label} noneText={more.noneText ?? t('noLimit')} value={field.value} onChange={field.onChange} onBlur={field.onBlur} fallback={fallback} error={errorOf(fieldState.error)} {...(more.hint !== undefined && { hint: more.hint })} {...(more.step !== undefined && { step: more.step })} />} />
  );
  return (
    <form className="page-body" noValidate onSubmit={(event) => { void submit(event); }}>
      {question}
      {theirs !== undefined && <Alert kind="warning" title={t('conflictTitle')}><div className="stack"><p>{t('conflictText')}</p><div><Button small onClick={() => { onDirty(false); onSaved(theirs); }}>{t('loadTheirs')}</Button></div></div></Alert>}
      {problem !== undefined && <Alert kind="error">{problem}</Alert>}
      <Card title={t('general')}>
        <div className="form-grid">
          <TextField label={t('timezone')} hint={t('timezoneHint')} list="zones" autoComplete="off" error={errors.timezone === undefined ? undefined : errors.timezone.type === 'server' ? t('timezoneInvalid') : errorOf(errors.timezone)} {...form.register('timezone')} />
          <datalist id="zones">{ZONES.map((zone) => <option key={zone} value={zone} />)}</datalist>
          <SelectField label={t('unknownNames')} {...form.register('unknownNames')}><option value="reject">{t('unknownReject')}</option><option value="auto">{t('unknownAuto')}</option></SelectField>
        </div>
      </Card>
      <Card title={t('budgets')}>
        <div className="form-grid">
          {limit('dailyUsd', t('dailyUsd'), 50, { step: '0.01' })}{limit('monthlyUsd', t('monthlyUsd'), 1_000, { step: '0.01' })}
          <SelectField label={t('budgetAction')} {...form.register('budgetAction')}><option value="block">{t('block')}</option><option value="warn">{t('warn')}</option></SelectField>
          {limit('maxParallel', t('maxParallel'), 100, { hint: t('maxParallelHint') })}
        </div>
      </Card>
      <Card title={t('retention')}>
        <div className="stack">
          <div className="settings__three">{limit('retentionDays.ledger', t('ledger'), 90, { noneText: t('forEver') })}{limit('retentionDays.rollups', t('rollups'), 400, { noneText: t('forEver') })}{limit('retentionDays.audit', t('auditLog'), 400, { noneText: t('forEver') })}</div>
          <p className="field__hint">{t('retentionHint')}</p>
        </div>
      </Card>
      <Card title={t('cors')}>
        <Controller control={form.control} name="corsOrigins" render={({ field }) => <Origins value={field.value} onChange={field.onChange} onBlur={field.onBlur} />} />
      </Card>
      <div className="row settings__foot"><Button kind="primary" type="submit" busy={save.isPending} busyText={t('saving')}>{t('save')}</Button>{isDirty && <span className="muted">{t('unsaved')}</span>}</div>
    </form>
  );
}

const isOrigin = (text: string): boolean => URL.canParse(text) && new URL(text).origin === text;

function Origins({ value, onChange, onBlur }: { readonly value: readonly string[]; readonly onChange: (value: string[]) => void; readonly onBlur: () => void }) {
  const t = useT(settings);
  const [typed, setTyped] = useState(value.join('\n'));
  const wrong = value.find((origin) => !isOrigin(origin));
  const read = (text: string): void => {
    setTyped(text);
    onChange(text.split(/[\s,]+/).filter(Boolean));
  };
  return <TextAreaField label={t('corsLabel')} hint={t('corsHint')} rows={4} spellCheck={false} value={typed} onChange={(event) => read(event.target.value)} onBlur={onBlur} error={wrong === undefined ? undefined : t('corsInvalid', { origin: wrong })} />;
}
