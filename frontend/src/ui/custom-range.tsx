import { useState } from 'react';
import { PRESETS, rangeBounds, zoneOf } from '../app/range.ts';
import { ui } from '../i18n/en/ui.ts';
import { useT } from '../i18n/use-t.tsx';
import { Button } from './button.tsx';
import { SelectField, TextField } from './fields.tsx';
import type { TimeRangeProps } from './time-range.tsx';

const DAY_MS = 86_400_000;
const LONGEST_MS = 400 * DAY_MS;

/** What `datetime-local` takes: the wall clock of the zone, to the minute. */
function toField(iso: string, isUtc: boolean): string {
  const date = new Date(iso);
  return new Date(date.getTime() - (isUtc ? 0 : date.getTimezoneOffset() * 60_000)).toISOString().slice(0, 16);
}
const fromField = (text: string, isUtc: boolean): number => Date.parse(isUtc ? `${text}Z` : text);

/** From, to and zone of the range, or another preset. */
export function CustomRange({ value, onChange }: Pick<TimeRangeProps, 'value' | 'onChange'>) {
  const t = useT(ui);
  const bounds = rangeBounds(value, Date.now());
  const [tz, setTz] = useState(value.tz ?? 'local');
  const isUtc = tz === 'utc';
  const [from, setFrom] = useState(toField(bounds.from, isUtc));
  const [to, setTo] = useState(toField(bounds.to, isUtc));
  const [error, setError] = useState<string>();
  const zone = { ...(isUtc && { tz: 'utc' as const }) };
  const apply = (): void => {
    const [start, end] = [fromField(from, isUtc), fromField(to, isUtc)];
    if (!(start < end)) return setError(t('fromBeforeTo'));
    if (end > Date.now() + 60_000) return setError(t('notFuture'));
    if (end - start > LONGEST_MS) return setError(t('tooLongRange'));
    onChange({ ...(value.range !== undefined && { range: value.range }), from: new Date(start).toISOString(), to: new Date(end).toISOString(), ...zone });
  };
  return (
    <form className="stack range-form" onSubmit={(event) => { event.preventDefault(); apply(); }}>
      <div className="row">{PRESETS.map((preset) => <Button key={preset} small type="button" onClick={() => onChange({ range: preset, ...zone })}>{t(`range${preset}`)}</Button>)}</div>
      <TextField type="datetime-local" label={t('from')} value={from} onChange={(event) => setFrom(event.target.value)} error={error} />
      <TextField type="datetime-local" label={t('to')} value={to} onChange={(event) => setTo(event.target.value)} />
      <SelectField label={t('zone')} value={tz} onChange={(event) => setTz(event.target.value === 'utc' ? 'utc' : 'local')}><option value="local">{t('zoneLocal', { zone: zoneOf({}) })}</option><option value="utc">{t('zoneUtc')}</option></SelectField>
      <p className="field__hint">{t('retention')}</p>
      <Button kind="primary" type="submit">{t('apply')}</Button>
    </form>
  );
}
