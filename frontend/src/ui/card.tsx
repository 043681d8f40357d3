import { useId, type ReactNode } from 'react';
import { ErrorBoundary } from './error-boundary.tsx';
import { cx } from './cx.ts';

export interface CardProps {
  readonly title?: ReactNode;
  readonly actions?: ReactNode;
  readonly children: ReactNode;
  readonly className?: string | undefined;
  /** Content up to the card's edges, such as a table. */
  readonly flush?: boolean;
}

/** A part of a page. When it breaks, it alone shows so. */
export function Card({ title, actions, children, className, flush }: CardProps) {
  const id = useId();
  return (
    <section className={cx('card', flush && 'card--flush', className)} aria-labelledby={title === undefined ? undefined : id}>
      {title !== undefined && <header className="card__head"><h2 id={id} className="card__title">{title}</h2>{actions !== undefined && <div className="card__actions">{actions}</div>}</header>}
      <ErrorBoundary>{children}</ErrorBoundary>
    </section>
  );
}
