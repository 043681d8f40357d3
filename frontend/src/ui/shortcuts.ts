import { useEffect, useRef, useSyncExternalStore } from 'react';

const STORED = 'bsg.shortcuts';
const listeners = new Set<() => void>();
const subscribe = (listener: () => void): (() => void) => {
  listeners.add(listener);
  return () => { listeners.delete(listener); };
};

/** Single-key shortcuts can be turned off (WCAG 2.1.4); those with Ctrl or ⌘ stay. */
export const shortcutsEnabled = (): boolean => localStorage.getItem(STORED) !== 'off';
export function setShortcutsEnabled(isOn: boolean): void {
  localStorage.setItem(STORED, isOn ? 'on' : 'off');
  for (const listener of listeners) listener();
}
export const useShortcutsEnabled = (): boolean => useSyncExternalStore(subscribe, shortcutsEnabled);

/** The key belongs to a field, or to the browser. */
export const isTyping = ({ target, ctrlKey, metaKey, altKey }: KeyboardEvent): boolean =>
  ctrlKey || metaKey || altKey || (target instanceof HTMLElement && (target.isContentEditable || target.closest('input:not([type=checkbox]):not([type=radio]), textarea, select, [role=menu]') !== null));

/** A single key of a page, such as `c` for create; silent in fields and under dialogs. */
export function useShortcut(key: string, run: () => void): void {
  const latest = useRef(run);
  latest.current = run;
  useEffect(() => {
    const press = (event: KeyboardEvent): void => {
      if (event.key !== key || event.defaultPrevented || !shortcutsEnabled() || isTyping(event) || document.querySelector('dialog[open]') !== null) return;
      event.preventDefault();
      latest.current();
    };
    document.addEventListener('keydown', press);
    return () => document.removeEventListener('keydown', press);
  }, [key]);
}
