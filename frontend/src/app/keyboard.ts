import { useNavigate } from '@tanstack/react-router';
import { useEffect, useRef } from 'react';
import { queryClient } from '../api/query-client.ts';
import { isTyping, shortcutsEnabled } from '../ui/shortcuts.ts';
import { NAV } from './nav.ts';

const SEQUENCE_MS = 1_200;

/** Keys that work on every page. A page's search field is `[data-search]`. */
export function useGlobalKeys({ openPalette, openHelp }: { readonly openPalette: () => void; readonly openHelp: () => void }): void {
  const navigate = useNavigate();
  const actions = useRef({ openPalette, openHelp });
  actions.current = { openPalette, openHelp };
  useEffect(() => {
    let goUntil = 0;
    const press = (event: KeyboardEvent): void => {
      const hasDialog = document.querySelector('dialog[open]') !== null;
      if (event.key.toLowerCase() === 'k' && (event.ctrlKey || event.metaKey) && !event.shiftKey && !event.altKey) {
        event.preventDefault();
        if (!hasDialog) actions.current.openPalette();
        return;
      }
      if (hasDialog || isTyping(event) || !shortcutsEnabled()) return;
      const isGoing = Date.now() < goUntil;
      goUntil = 0;
      const target = isGoing ? NAV.find(({ letter }) => letter === event.key) : undefined;
      if (target !== undefined) void navigate({ to: target.to });
      else if (event.key === 'g') goUntil = Date.now() + SEQUENCE_MS;
      else if (event.key === '?') actions.current.openHelp();
      else if (event.key === 'r') void queryClient.invalidateQueries();
      else if (event.key === '/') {
        const field = document.querySelector<HTMLInputElement>('[data-search]');
        if (field === null) actions.current.openPalette();
        else field.focus();
      } else return;
      event.preventDefault();
    };
    document.addEventListener('keydown', press);
    return () => document.removeEventListener('keydown', press);
  }, [navigate]);
}
