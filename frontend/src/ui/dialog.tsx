import { X } from 'lucide-react';
import { useEffect, useId, useRef, type ReactNode, type SyntheticEvent } from 'react';
import { ui } from '../i18n/en/ui.ts';
import { useT } from '../i18n/use-t.tsx';
import { IconButton } from './button.tsx';
import { cx } from './cx.ts';
import { ErrorBoundary } from './error-boundary.tsx';

export interface DialogProps {
  readonly title: ReactNode;
  readonly description?: ReactNode;
  readonly children?: ReactNode;
  readonly footer?: ReactNode;
  /** Asked to close by Escape, by the cross or by a click beside it. Mount the dialog to open it, unmount it to close. */
  readonly onClose: () => void;
  /** Only the dialog's own buttons close it: for what is shown once, and for what must be answered. */
  readonly guarded?: boolean;
  readonly size?: 'small' | 'normal' | 'wide';
  /** At an edge of the window, over its whole height. */
  readonly drawer?: 'left' | 'right';
}

/** Open dialogs in the order in which they were opened, as the browser stacks them; that is not the order of the page. */
const opened: HTMLDialogElement[] = [];

/**
 * The browser's own modal `<dialog>`: it keeps the focus inside, puts it back afterwards and makes the rest of the page
 * inert. A guarded one ignores every way of closing that is not its own: `closedby="none"`, and where a browser does not
 * know that, the Escape key is stopped before it gets there (cancelling `cancel` alone lets the third Escape through).
 */
export function Dialog({ title, description, children, footer, onClose, guarded = false, size = 'normal', drawer }: DialogProps) {
  const t = useT(ui);
  const id = useId();
  const element = useRef<HTMLDialogElement>(null);
  const close = useRef(onClose);
  close.current = onClose;

  useEffect(() => {
    const dialog = element.current;
    if (dialog === null) return undefined;
    const before = document.activeElement;
    if (!dialog.open) dialog.showModal();
    opened.push(dialog);
    dialog.querySelector<HTMLElement>('[data-autofocus], [autofocus]')?.focus();
    const stopEscape = (event: KeyboardEvent): void => {
      if (event.key !== 'Escape' || event.defaultPrevented || opened.at(-1) !== dialog) return;
      event.preventDefault();
      event.stopPropagation();
      if (!guarded) close.current();
    };
    // At the document: when what had the focus is taken away inside, the key belongs to nothing in the dialog any more.
    document.addEventListener('keydown', stopEscape);
    return () => {
      document.removeEventListener('keydown', stopEscape);
      opened.splice(opened.indexOf(dialog), 1);
      if (dialog.open) dialog.close();
      if (before instanceof HTMLElement && before.isConnected) before.focus();
    };
  }, [guarded]);

  const beside = (event: SyntheticEvent): void => { if (!guarded && event.target === element.current) onClose(); };
  const cancel = (event: SyntheticEvent): void => {
    event.preventDefault();
    if (!guarded) onClose();
  };
  return (
    // A click on the backdrop is a click on the dialog itself; the keyboard has Escape for it.
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions, jsx-a11y/click-events-have-key-events
    <dialog ref={element} className={cx('dialog', `dialog--${size}`, drawer && `dialog--drawer dialog--${drawer}`)} aria-labelledby={id} {...{ closedby: 'none' }} onCancel={cancel} onPointerDown={beside}>
      <div className="dialog__box">
        <div className="dialog__head">
          <div><h2 id={id} className="dialog__title">{title}</h2>{description !== undefined && <p className="dialog__description">{description}</p>}</div>
          {!guarded && <IconButton label={t('close')} onClick={onClose}><X aria-hidden size={18} /></IconButton>}
        </div>
        <div className="dialog__body"><ErrorBoundary>{children}</ErrorBoundary></div>
        {footer !== undefined && <footer className="dialog__foot">{footer}</footer>}
      </div>
    </dialog>
  );
}

/** A dialog from the right, for the details of a row. It has an address of its own: `onClose` goes back to the list. */
export const Drawer = (props: Omit<DialogProps, 'drawer' | 'size' | 'guarded'>) => <Dialog {...props} drawer="right" />;
