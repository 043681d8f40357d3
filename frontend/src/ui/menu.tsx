import { Ellipsis } from 'lucide-react';
import { useEffect, useId, useRef, useState, type KeyboardEvent, type ReactNode } from 'react';
import { ui } from '../i18n/en/ui.ts';
import { useT } from '../i18n/use-t.tsx';
import { cx } from './cx.ts';
import { useInWindow } from './use-in-window.ts';

export interface MenuItem { readonly id: string; readonly text: ReactNode; readonly icon?: ReactNode; readonly onChoose: () => void; readonly isDanger?: boolean; readonly isChecked?: boolean }

export interface MenuProps {
  readonly items: readonly MenuItem[];
  /** Names the menu; a button of its own says by its text what it is. */
  readonly label?: string;
  readonly button?: ReactNode;
  readonly buttonClass?: string;
  readonly align?: 'start' | 'end';
  readonly up?: boolean;
}

/** Actions on something, behind "⋯" unless another button is given; arrows, Home, End and Escape as in any menu. */
export function Menu({ items, label, button, buttonClass = 'icon-button', align = 'end', up = false }: MenuProps) {
  const t = useT(ui);
  const id = useId();
  const [isOpen, setOpen] = useState(false);
  const root = useRef<HTMLSpanElement>(null);
  const trigger = useRef<HTMLButtonElement>(null);
  const panel = useInWindow();
  const name = label ?? t('more');
  useEffect(() => {
    if (!isOpen) return undefined;
    root.current?.querySelector<HTMLElement>('[role^=menuitem]')?.focus();
    const outside = (event: Event): void => { if (!(event.target instanceof Node && root.current?.contains(event.target) === true)) setOpen(false); };
    document.addEventListener('pointerdown', outside);
    document.addEventListener('focusin', outside);
    return () => {
      document.removeEventListener('pointerdown', outside);
      document.removeEventListener('focusin', outside);
    };
  }, [isOpen]);
  const keys = (event: KeyboardEvent): void => {
    const all = [...root.current?.querySelectorAll<HTMLElement>('[role^=menuitem]') ?? []];
    const at = all.indexOf(document.activeElement as HTMLElement);
    const next = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: all.length - 1 }[event.key];
    if (event.key === 'Escape') {
      event.stopPropagation();
      setOpen(false);
      trigger.current?.focus();
    } else if (next !== undefined) all[(next + all.length) % all.length]?.focus();
    else return;
    event.preventDefault();
  };
  return (
    <span className="popover" ref={root}>
      <button type="button" ref={trigger} className={buttonClass} aria-label={button === undefined ? name : undefined} title={button === undefined ? name : undefined} aria-haspopup="menu" aria-expanded={isOpen} aria-controls={isOpen ? id : undefined} onClick={() => setOpen(!isOpen)}>{button ?? <Ellipsis aria-hidden size={18} />}</button>
      {isOpen && (
        <div ref={panel} id={id} role="menu" tabIndex={-1} aria-label={name} className={cx('popover__panel', 'menu', `popover__panel--${align}`, up && 'popover__panel--up')} onKeyDown={keys}>
          {items.map((item) => (
            <button key={item.id} type="button" role={item.isChecked === undefined ? 'menuitem' : 'menuitemcheckbox'} aria-checked={item.isChecked} tabIndex={-1} className={cx('menu__item', item.isDanger && 'menu__item--danger')} onClick={() => { setOpen(false); trigger.current?.focus(); item.onChoose(); }}>
              {item.icon}{item.text}{item.isChecked === true && <span className="menu__check" aria-hidden>✓</span>}
            </button>
          ))}
        </div>
      )}
    </span>
  );
}
