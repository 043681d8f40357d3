import { useState } from 'react';
import { useFormat } from '../../format/use-format.ts';
import { audit } from '../../i18n/en/audit.ts';
import { ui } from '../../i18n/en/ui.ts';
import { useT } from '../../i18n/use-t.tsx';
import { Button } from '../../ui/button.tsx';
import { TextField } from '../../ui/fields.tsx';
import { Popover } from '../../ui/popover.tsx';

interface Limits { readonly minLatencyMs: number | undefined; readonly minCostMicros: number | undefined }

/** Only requests that took or cost at least so much. */
export function LimitsFilter({ value, onChange }: { readonly value: Limits; readonly onChange: (next: Limits) => void }) {
  const t = useT(audit);
  const f = useFormat();
  const parts = [value.minLatencyMs === undefined ? undefined : `≥ ${f.duration(value.minLatencyMs)}`, value.minCostMicros === undefined ? undefined : `≥ ${f.money(value.minCostMicros)}`].filter((part) => part !== undefined);
  return (
    <Popover button={parts.length === 0 ? t('slowOrCostly') : parts.join(' · ')} buttonClass={parts.length === 0 ? 'filter' : 'filter filter--on'} label={t('slowOrCostly')}>
      {(close) => <Form value={value} onApply={(next) => { close(); onChange(next); }} />}
    </Popover>
  );
}

function Form({ value, onApply }: { readonly value: Limits; readonly onApply: (next: Limits) => void }) {
  const t = useT(audit);
  const tUi = useT(ui);
  const [latency, setLatency] = useState(String(value.minLatencyMs ?? ''));
  const [cost, setCost] = useState(value.minCostMicros === undefined ? '' : String(value.minCostMicros / 1e6));
  const numberOf = (text: string, factor: number): number | undefined => {
    const number = Math.round(Number(text.replace(',', '.')) * factor);
    return text.trim() !== '' && Number.isFinite(number) && number > 0 && number <= 999_999_999 ? number : undefined;
  };
  const errorOf = (text: string, factor: number): string | undefined => (text.trim() === '' || numberOf(text, factor) !== undefined ? undefined : tUi('notNumber'));
  const apply = (): void => {
    if (errorOf(latency, 1) === undefined && errorOf(cost, 1e6) === undefined) onApply({ minLatencyMs: numberOf(latency, 1), minCostMicros: numberOf(cost, 1e6) });
  };
  return (
    <form className="stack limits" onSubmit={(event) => { event.preventDefault(); apply(); }}>
      <TextField label={t('minLatency')} inputMode="numeric" value={latency} onChange={(event) => setLatency(event.target.value)} error={errorOf(latency, 1)} />
      <TextField label={t('minCost')} inputMode="decimal" value={cost} onChange={(event) => setCost(event.target.value)} error={errorOf(cost, 1e6)} />
      <div className="row"><Button kind="primary" type="submit">{tUi('apply')}</Button><Button type="button" onClick={() => onApply({ minLatencyMs: undefined, minCostMicros: undefined })}>{tUi('clearFilters')}</Button></div>
    </form>
  );
}
