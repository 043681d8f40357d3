import { useId } from 'react';
import { TextField } from './fields.tsx';

export interface LimitFieldProps {
  readonly label: string;
  /** What the box says that takes the limit away. */
  readonly noneText: string;
  /** null = no limit; NaN = nothing usable was typed. */
  readonly value: number | null | undefined;
  readonly onChange: (value: number | null) => void;
  readonly onBlur?: () => void;
  /** What the number becomes when the limit comes back. */
  readonly fallback: number;
  readonly hint?: string | undefined;
  readonly error?: string | undefined;
  readonly step?: string;
}

/** A line is kept free for an error: what appears when the field is left must not move the button that is being pressed. */
const ROOM = '\u00a0';

/** A number, or none by an explicit choice: an empty field never means "unlimited". */
export function LimitField({ label, noneText, value, onChange, onBlur, fallback, hint, error, step = '1' }: LimitFieldProps) {
  const id = useId();
  const isNone = value === null || value === undefined;
  return (
    <div className="limit">
      <TextField label={label} type="number" inputMode="decimal" min="0" step={step} disabled={isNone} value={isNone || Number.isNaN(value) ? '' : String(value)} placeholder={isNone ? '∞' : ''} onChange={(event) => onChange(event.target.value === '' ? Number.NaN : Number(event.target.value))} onBlur={onBlur} hint={hint ?? ROOM} error={error} />
      <label className="check" htmlFor={id}><input id={id} type="checkbox" checked={isNone} onChange={(event) => onChange(event.target.checked ? null : fallback)} /><span>{noneText}<span className="off-screen"> ({label})</span></span></label>
    </div>
  );
}
