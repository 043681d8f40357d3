import { useRef, type KeyboardEvent, type PointerEvent } from 'react';
import { rules } from '../../i18n/en/rules.ts';
import { useT } from '../../i18n/use-t.tsx';
import { TIERS, tierColor, useTierName } from '../../ui/badge.tsx';

type Boundaries = readonly [number, number];

/** The ruler of scores with two boundaries to drag, or to move with the arrow keys (with Shift or Page keys by ten). */
export function BoundaryRuler({ boundaries, onChange }: { readonly boundaries: Boundaries; readonly onChange: ((next: Boundaries) => void) | undefined }) {
  const t = useT(rules);
  const tierName = useTierName();
  const bar = useRef<HTMLDivElement>(null);
  const edges = [0, ...boundaries, 100].map((edge) => Math.max(0, Math.min(100, edge)));
  const limits = (at: 0 | 1): Boundaries => (at === 0 ? [0, Math.min(100, boundaries[1]) - 1] : [Math.max(0, boundaries[0]) + 1, 100]);
  const set = (at: 0 | 1, to: number): void => {
    const [least, most] = limits(at);
    const value = Math.round(Math.max(least, Math.min(most, to)));
    onChange?.(at === 0 ? [value, boundaries[1]] : [boundaries[0], value]);
  };
  const keys = (event: KeyboardEvent, at: 0 | 1): void => {
    const [least, most] = limits(at);
    const step = event.shiftKey ? 10 : 1;
    const value = Math.round(boundaries[at]);
    const to = { ArrowRight: value + step, ArrowUp: value + step, ArrowLeft: value - step, ArrowDown: value - step, PageUp: value + 10, PageDown: value - 10, Home: least, End: most }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    set(at, to);
  };
  const drag = (event: PointerEvent<HTMLElement>, at: 0 | 1): void => {
    if (event.button !== 0 || onChange === undefined) return;
    const thumb = event.currentTarget;
    thumb.setPointerCapture(event.pointerId);
    const follow = ({ clientX }: globalThis.PointerEvent): void => {
      const box = bar.current?.getBoundingClientRect();
      if (box !== undefined) set(at, ((clientX - box.left) / box.width) * 100);
    };
    thumb.addEventListener('pointermove', follow);
    const end = (): void => thumb.removeEventListener('pointermove', follow);
    thumb.addEventListener('pointerup', end, { once: true });
    thumb.addEventListener('pointercancel', end, { once: true });
  };
  return (
    <div className="ruler ruler--edit">
      <div className="ruler__bar" ref={bar}>
        {TIERS.map((tier, at) => <span key={tier} className="ruler__zone" style={{ width: `${(edges[at + 1] ?? 100) - (edges[at] ?? 0)}%`, background: tierColor(tier) }} />)}
        {([0, 1] as const).map((at) => (
          <span key={at} role="slider" tabIndex={onChange === undefined ? -1 : 0} className="ruler__thumb" aria-label={t('boundaryOf', { tier: tierName(TIERS[at + 1] ?? null) })} aria-disabled={onChange === undefined}
            aria-valuemin={limits(at)[0]} aria-valuemax={limits(at)[1]} aria-valuenow={Math.round(boundaries[at])} style={{ left: `${edges[at + 1] ?? 0}%` }} onKeyDown={(event) => keys(event, at)} onPointerDown={(event) => drag(event, at)} />
        ))}
      </div>
    </div>
  );
}
