import { X } from 'lucide-react';
import { lazy, Suspense } from 'react';
import { isCustom, rangeBounds, rangeOf, DEFAULT_RANGE, type Preset, type RangeSearch } from '../app/range.ts';
import { useFormat } from '../format/use-format.ts';
import { ui } from '../i18n/en/ui.ts';
import { useT } from '../i18n/use-t.tsx';
import { Popover } from './popover.tsx';
import { useShortcut } from './shortcuts.ts';

/** Its fields are loaded when it is opened: no page begins with them. */
const CustomRange = lazy(async () => ({ default: (await import('./custom-range.tsx')).CustomRange }));

export interface TimeRangeProps { readonly value: RangeSearch; readonly onChange: (next: RangeSearch) => void; readonly presets?: readonly Preset[] }

/** The range of the page: a few relative ones, or from and to; with the zone in which days begin. The chip of an absolute one, or Escape, leads back to the relative one before it. */
export function TimeRange({ value, onChange, presets = ['24h', '7d', '30d'] }: TimeRangeProps) {
  const t = useT(ui);
  const chosen = isCustom(value) ? undefined : value.range ?? DEFAULT_RANGE;
  const choose = (range: Preset): void => onChange({ range, ...(value.tz !== undefined && { tz: value.tz }) });
  const f = useFormat();
  const back = (): void => onChange({ ...(value.range !== undefined && { range: value.range }), ...(value.tz !== undefined && { tz: value.tz }) });
  useShortcut(isCustom(value) ? 'Escape' : '', back);
  const bounds = rangeBounds(value, Date.now());
  const isOther = chosen === undefined || !presets.includes(chosen);
  const interval = chosen === undefined ? f.interval(Date.parse(bounds.from), Date.parse(bounds.to), bounds.tz) : '';
  const chip = chosen === undefined && <button type="button" className="chip" aria-label={t('removeFilter', { name: interval })} onClick={back}>{interval}<X aria-hidden size={13} /></button>;
  return (
    <>{chip}<div className="segments" role="group" aria-label={t('range')}>
      {presets.map((preset) => <button key={preset} type="button" className="segments__one" aria-pressed={preset === chosen} onClick={() => choose(preset)}>{t(`range${preset}`)}</button>)}
      <Popover button={isOther && chosen !== undefined ? t(`range${chosen}`) : t('rangeCustom')} buttonClass={isOther ? 'segments__one segments__one--on' : 'segments__one'} label={t('range')} align="end">
        {(close) => <Suspense fallback={<div className="range-form" />}><CustomRange value={value} onChange={(next) => { onChange(next); close(); }} /></Suspense>}
      </Popover>
    </div></>
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
