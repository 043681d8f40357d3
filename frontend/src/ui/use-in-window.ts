import { useLayoutEffect, useRef } from 'react';

const MARGIN_PX = 8;

/** For a panel beside its button: moved sideways as far as it takes to be inside the window. */
export function useInWindow() {
  const ref = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const panel = ref.current;
    if (panel === null) return undefined;
    const place = (): void => {
      panel.style.translate = '';
      const { left, right } = panel.getBoundingClientRect();
      const over = Math.max(0, right - (document.documentElement.clientWidth - MARGIN_PX));
      const shift = Math.max(-over, MARGIN_PX - left);
      if (over > 0 || left < MARGIN_PX) panel.style.translate = `${shift}px`;
    };
    place();
    addEventListener('resize', place);
    return () => removeEventListener('resize', place);
  });
  return ref;
}
