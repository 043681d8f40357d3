import { useEffect, useId, useRef, useState, type ReactNode } from 'react';
import { cx } from './cx.ts';
import { useInWindow } from './use-in-window.ts';

export interface PopoverProps {
  /** What the button shows, and its class. */
  readonly button: ReactNode;
  readonly buttonClass?: string;
  readonly buttonLabel?: string;
  /** Names the panel for those who cannot see where it belongs. */
  readonly label: string;
  readonly align?: 'start' | 'end';
  /** Opens upwards. */
  readonly up?: boolean;
  readonly children: (close: () => void) => ReactNode;
}

/** A button with a panel under it, which closes by Escape, by a click elsewhere or when the focus leaves. */
export function Popover({ button, buttonClass, buttonLabel, label, align = 'start', up = false, children }: PopoverProps) {
  const id = useId();
  const [isOpen, setOpen] = useState(false);
  const root = useRef<HTMLSpanElement>(null);
  const trigger = useRef<HTMLButtonElement>(null);
  const panel = useInWindow();
  const close = (): void => {
    setOpen(false);
    trigger.current?.focus();
  };
  useEffect(() => {
    if (!isOpen) return undefined;
    const outside = (event: Event): void => { if (!(event.target instanceof Node && root.current?.contains(event.target) === true)) setOpen(false); };
    const escape = (event: KeyboardEvent): void => {
      if (event.key !== 'Escape') return;
      event.stopPropagation();
      event.preventDefault();
      close();
    };
    const element = root.current;
    document.addEventListener('pointerdown', outside);
    document.addEventListener('focusin', outside);
    element?.addEventListener('keydown', escape);
    return () => {
      document.removeEventListener('pointerdown', outside);
      document.removeEventListener('focusin', outside);
      element?.removeEventListener('keydown', escape);
    };
  }, [isOpen]);
  return (
    <span className="popover" ref={root}>
      <button type="button" ref={trigger} className={buttonClass} aria-label={buttonLabel} title={buttonLabel} aria-expanded={isOpen} aria-controls={isOpen ? id : undefined} onClick={() => setOpen(!isOpen)}>{button}</button>
      {isOpen && <div ref={panel} id={id} role="group" aria-label={label} className={cx('popover__panel', `popover__panel--${align}`, up && 'popover__panel--up')}>{children(close)}</div>}
    </span>
  );
}
