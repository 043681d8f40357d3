import type { ReactNode } from 'react';

export interface HBar { readonly id: string; readonly name: ReactNode; readonly value: number; readonly text: ReactNode; readonly share?: string; readonly color: string; readonly onOpen?: () => void }

/** A list of bars with their amounts: a name, a bar against the largest, the value in words. */
export function HBars({ bars, label }: { readonly bars: readonly HBar[]; readonly label: string }) {
  const most = Math.max(...bars.map(({ value }) => value), 0);
  return (
    <ul className="hbars" aria-label={label}>
      {bars.map(({ id, name, value, text, share, color, onOpen }) => (
        <li key={id} className="hbars__one">
          <span className="hbars__name">{onOpen === undefined ? name : <button type="button" className="link-button" onClick={onOpen}>{name}</button>}</span>
          <span className="hbars__value number">{text} {share !== undefined && <span className="muted">{share}</span>}</span>
          <span className="hbars__track" aria-hidden><span className="hbars__bar" style={{ width: `${most > 0 ? Math.max(value > 0 ? 0.6 : 0, (value / most) * 100) : 0}%`, background: color }} /></span>
        </li>
      ))}
    </ul>
  );
}
