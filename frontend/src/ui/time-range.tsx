import { useState } from 'react';
import { PRESETS, isCustom, rangeBounds, rangeOf, zoneOf, DEFAULT_RANGE, type Preset, type RangeSearch } from '../app/range.ts';
import { useFormat } from '../format/use-format.ts';
import { ui } from '../i18n/en/ui.ts';
import { useT } from '../i18n/use-t.tsx';
import { Button } from './button.tsx';
import { SelectField, TextField } from './fields.tsx';
import { Popover } from './popover.tsx';

const DAY_MS = 86_400_000;
const LONGEST_MS = 400 * DAY_MS;

export interface TimeRangeProps { readonly value: RangeSearch; readonly onChange: (next: RangeSearch) => void; readonly presets?: readonly Preset[] }

/** The range of the page: a few relative ones, or from and to; with the zone in which days begin. */
export function TimeRange({ value, onChange, presets = ['24h', '7d', '30d'] }: TimeRangeProps) {
  const t = useT(ui);
  const chosen = isCustom(value) ? undefined : value.range ?? DEFAULT_RANGE;
  const choose = (range: Preset): void => onChange({ range, ...(value.tz !== undefined && { tz: value.tz }) });
  const isOther = chosen === undefined || !presets.includes(chosen);
  return (
    <div className="segments" role="group" aria-label={t('range')}>
      {presets.map((preset) => <button key={preset} type="button" className="segments__one" aria-pressed={preset === chosen} onClick={() => choose(preset)}>{t(`range${preset}`)}</button>)}
      <Popover button={isOther && chosen !== undefined ? t(`range${chosen}`) : t('rangeCustom')} buttonClass={isOther ? 'segments__one segments__one--on' : 'segments__one'} label={t('range')} align="end">
        {(close) => <Custom value={value} onChange={(next) => { onChange(next); close(); }} />}
      </Popover>
    </div>
  );
}

/** What `datetime-local` takes: the wall clock of the zone, to the minute. */
function toField(iso: string, isUtc: boolean): string {
  const date = new Date(iso);
  return new Date(date.getTime() - (isUtc ? 0 : date.getTimezoneOffset() * 60_000)).toISOString().slice(0, 16);
}
const fromField = (text: string, isUtc: boolean): number => Date.parse(isUtc ? `${text}Z` : text);

function Custom({ value, onChange }: Pick<TimeRangeProps, 'value' | 'onChange'>) {
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
    onChange({ from: new Date(start).toISOString(), to: new Date(end).toISOString(), ...zone });
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

/** "last 30 days", or the interval and zone of an absolute range. */
export function useRangeName(): (range: RangeSearch) => string {
  const t = useT(ui);
  const f = useFormat();
  return (range) => {
    if (!isCustom(range)) return t(`rangeName${range.range ?? DEFAULT_RANGE}`);
    const { from, to, tz } = rangeBounds(rangeOf(range), Date.now());
    return f.interval(Date.parse(from), Date.parse(to), tz);
  };
}

/** The interval that was asked for and its zone in words: "24 Oct – 22 Nov 2026, Asia/Seoul". */
export function RangeInWords({ from, to, tz }: { readonly from: string; readonly to: string; readonly tz: string }) {
  const f = useFormat();
  return <span className="muted">{f.interval(Date.parse(from), Date.parse(to), tz)}, {tz}</span>;
}
