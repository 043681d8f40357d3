import { Check, Copy } from 'lucide-react';
import { useRef, useState } from 'react';
import { ui } from '../i18n/en/ui.ts';
import { useT } from '../i18n/use-t.tsx';
import { Button, type ButtonKind } from './button.tsx';

const SHOWN_MS = 1_800;

export interface CopyButtonProps {
  readonly text: string;
  readonly label?: string;
  readonly kind?: ButtonKind;
  readonly autoFocus?: boolean;
  /** Told once the text is in the clipboard. */
  readonly onCopied?: () => void;
  /** Told when the person has to press the keys; what is to be copied should be selected then. */
  readonly onFailed?: () => void;
}

/** Copies and says so in place. Works on plain http too, where browsers have no clipboard for pages: there the text is selected by other means. */
export function CopyButton({ text, label, kind = 'secondary', autoFocus, onCopied, onFailed }: CopyButtonProps) {
  const t = useT(ui);
  const [state, setState] = useState<'idle' | 'copied' | 'failed'>('idle');
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const copy = async (): Promise<void> => {
    const copied = await copyText(text);
    setState(copied ? 'copied' : 'failed');
    clearTimeout(timer.current);
    timer.current = setTimeout(() => setState('idle'), SHOWN_MS);
    if (copied) onCopied?.();
    else onFailed?.();
  };
  const shown = state === 'copied' ? t('copied') : state === 'failed' ? t(navigator.platform.startsWith('Mac') ? 'copyKeysMac' : 'copyKeys') : label ?? t('copy');
  return (
    <Button small={kind !== 'primary'} kind={kind} data-autofocus={autoFocus} onClick={() => { void copy(); }} icon={state === 'copied' ? <Check aria-hidden size={15} /> : <Copy aria-hidden size={15} />}>
      <span aria-live="polite">{shown}</span>
    </Button>
  );
}

/** False when neither way works; then nothing but the person's own keys does. */
export async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch { /* not on https, or not allowed */ }
  const area = Object.assign(document.createElement('textarea'), { value: text, readOnly: true, className: 'off-screen' });
  // Inside an open dialog nothing outside can be selected.
  const open = [...document.querySelectorAll('dialog[open]')].at(-1) ?? document.body;
  const focused = document.activeElement;
  open.append(area);
  area.select();
  const copied = document.execCommand('copy');
  area.remove();
  if (focused instanceof HTMLElement) focused.focus();
  return copied;
}
