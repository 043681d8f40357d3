import { useSyncExternalStore } from 'react';

export type Theme = 'system' | 'light' | 'dark';
export const THEMES: readonly Theme[] = ['system', 'light', 'dark'];

declare global {
  interface Window { bsgTheme?: (choice: string | null) => void }
}

const STORED = 'bsg.theme';
const listeners = new Set<() => void>();

export const theme = (): Theme => THEMES.find((known) => known === localStorage.getItem(STORED)) ?? 'system';

/** Kept in this browser; `/theme.js` shows it, now and before the first paint of every later page. */
export function setTheme(choice: Theme): void {
  localStorage.setItem(STORED, choice);
  window.bsgTheme?.(choice);
  for (const listener of listeners) listener();
}

const subscribe = (listener: () => void): (() => void) => {
  listeners.add(listener);
  return () => { listeners.delete(listener); };
};
export const useTheme = (): Theme => useSyncExternalStore(subscribe, theme);
