import { useRef, useState, type PointerEvent } from 'react';
import type { Frame } from './geometry.ts';

interface Zoom {
  readonly handlers: { readonly onPointerDown?: (event: PointerEvent<HTMLElement>) => void; readonly onPointerMove?: (event: PointerEvent<HTMLElement>) => void; readonly onPointerUp?: () => void; readonly onPointerCancel?: () => void };
  /** Where the marked part lies in the plot. */
  readonly place: { readonly left: number; readonly width: number; readonly top: number; readonly bottom: number } | undefined;
  /** Whether Escape has just given up what was being marked. */
  giveUp(key: string): boolean;
}

/** Drawing over points with a mouse or pen marks them; letting go zooms. A finger scrolls the page instead. */
export function useZoom({ left, right, width, top, bottom }: Frame, points: number, setAt: (point: number | undefined) => void, onZoom: ((first: number, last: number) => void) | undefined): Zoom {
  const start = useRef<number>(undefined);
  const [span, setSpan] = useState<readonly [number, number]>();
  const end = (): void => {
    start.current = undefined;
    setSpan(undefined);
  };
  const giveUp = (key: string): boolean => {
    const isMarking = key === 'Escape' && span !== undefined;
    if (isMarking) end();
    return isMarking;
  };
  if (onZoom === undefined || points < 2) return { handlers: {}, place: undefined, giveUp };
  const step = (width - left - right) / points;
  const pointAt = (event: PointerEvent<HTMLElement>): number => Math.max(0, Math.min(points - 1, Math.floor((event.clientX - event.currentTarget.getBoundingClientRect().left - left) / step)));
  return {
    giveUp,
    place: span && { left: left + span[0] * step, width: (span[1] - span[0] + 1) * step, top, bottom },
    handlers: {
      onPointerDown: (event) => { if (event.button === 0 && event.pointerType !== 'touch') start.current = pointAt(event); },
      onPointerMove: (event) => {
        const from = start.current;
        if (from === undefined) return;
        const to = pointAt(event);
        if (to === from && span === undefined) return;
        // From here on it is no click on a point: the plot gets the rest.
        event.currentTarget.setPointerCapture(event.pointerId);
        setAt(to);
        setSpan([Math.min(from, to), Math.max(from, to)]);
      },
      onPointerUp: () => {
        end();
        if (span === undefined || span[0] === span[1]) return;
        setAt(undefined);
        onZoom(...span);
      },
      onPointerCancel: end,
    },
  };
}
