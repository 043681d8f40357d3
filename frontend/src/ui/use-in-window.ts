import { useLayoutEffect, useRef } from 'react';

const MARGIN_PX = 8;

/** For a panel beside its button: moved sideways as far as it takes to be inside the window. */
export function useInWindow() {
  const ref = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const panel = ref.current;
    if (panel === null) return undefined;
    const place = (): void => {
      Object.assign(panel.style, { left: '', right: '' });
      const { left, right } = panel.getBoundingClientRect();
      const over = right - (document.body.clientWidth - MARGIN_PX);
      if (over <= 0 && left >= MARGIN_PX) return;
      // By its place and not by a transformation: what is moved by one still makes the page as wide as before.
      Object.assign(panel.style, { left: `${panel.offsetLeft + Math.max(-Math.max(0, over), MARGIN_PX - left)}px`, right: 'auto' });
    };
    place();
    addEventListener('resize', place);
    return () => removeEventListener('resize', place);
  });
  return ref;
}
