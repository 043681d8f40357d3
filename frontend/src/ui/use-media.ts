import { useSyncExternalStore } from 'react';

/** Below this the sidebar is a drawer and tables are cards; the same number stands in the style sheets. */
export const NARROW = '(max-width: 819.98px)';

export function useMedia(query: string): boolean {
  return useSyncExternalStore((listener) => {
    const media = matchMedia(query);
    media.addEventListener('change', listener);
    return () => media.removeEventListener('change', listener);
  }, () => matchMedia(query).matches);
}
