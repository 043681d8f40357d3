import { useId, type ReactNode } from 'react';
import { cx } from './cx.ts';

/** More about something on hover and focus; also read out. Esc needs no handling: it covers nothing that can be used. */
export function Tooltip({ text, children, className }: { readonly text: ReactNode; readonly children: ReactNode; readonly className?: string }) {
  const id = useId();
  return (
    <span className={cx('tooltip', className)} aria-describedby={id}>
      {children}
      <span role="tooltip" id={id} className="tooltip__text">{text}</span>
    </span>
  );
}
