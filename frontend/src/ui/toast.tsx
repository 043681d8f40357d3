import { useSyncExternalStore } from 'react';
import { X } from 'lucide-react';
import { ui } from '../i18n/en/ui.ts';
import { useT } from '../i18n/use-t.tsx';
import { Button, IconButton } from './button.tsx';

export interface Toast { readonly text: string; readonly onUndo?: () => void; readonly kind?: 'info' | 'error' }

const SHOWN_MS = 8_000;
let toasts: readonly (Toast & { readonly id: number })[] = [];
let nextId = 1;
const listeners = new Set<() => void>();
const timers = new Map<number, ReturnType<typeof setTimeout>>();

function publish(next: typeof toasts): void {
  toasts = next;
  for (const listener of listeners) listener();
}

function drop(id: number): void {
  clearTimeout(timers.get(id));
  timers.delete(id);
  publish(toasts.filter((each) => each.id !== id));
}

const waitThenDrop = (id: number): void => { timers.set(id, setTimeout(() => drop(id), SHOWN_MS)); };

/** Says for 8 s what was done, with Undo where it can be taken back. Not for errors of forms: those stand in the form. */
export function toast(content: Toast): void {
  const id = nextId;
  nextId += 1;
  publish([...toasts.slice(-2), { ...content, id }]);
  waitThenDrop(id);
}

const subscribe = (listener: () => void): (() => void) => {
  listeners.add(listener);
  return () => { listeners.delete(listener); };
};

export function ToastRegion() {
  const t = useT(ui);
  const shown = useSyncExternalStore(subscribe, () => toasts);
  return (
    <div className="toasts" aria-live="polite" role="status">
      {shown.map(({ id, text, onUndo, kind = 'info' }) => (
        <div key={id} className={`toast toast--${kind}`} onPointerEnter={() => clearTimeout(timers.get(id))} onPointerLeave={() => waitThenDrop(id)}>
          <span>{text}</span>
          {onUndo !== undefined && <Button small kind="ghost" onClick={() => { drop(id); onUndo(); }}>{t('undo')}</Button>}
          <IconButton label={t('dismiss')} onClick={() => drop(id)}><X aria-hidden size={16} /></IconButton>
        </div>
      ))}
    </div>
  );
}
