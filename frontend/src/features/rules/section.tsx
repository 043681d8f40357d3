import { ChevronDown } from 'lucide-react';
import { useEffect, useId, useRef, useState, type ReactNode } from 'react';
import { useSearch } from '@tanstack/react-router';
import { ErrorBoundary } from '../../ui/error-boundary.tsx';
import { cx } from '../../ui/cx.ts';

export interface SectionProps {
  readonly tab?: 'direct' | 'alias' | 'pattern' | 'auto';
  readonly number: number;
  readonly title: string;
  readonly description: string;
  /** The share of the traffic that this stage decided. */
  readonly share?: ReactNode;
  readonly actions?: ReactNode;
  readonly children: ReactNode;
}

/** One stage of the way of a request; it can be folded, and `?tab=` begins at it. */
export function Section({ tab, number, title, description, share, actions, children }: SectionProps) {
  const id = useId();
  const root = useRef<HTMLElement>(null);
  const [isOpen, setOpen] = useState(true);
  const { tab: wanted } = useSearch({ from: '/rules' });
  useEffect(() => {
    if (tab === undefined || wanted !== tab) return;
    setOpen(true);
    root.current?.scrollIntoView({ block: 'start' });
  }, [wanted, tab]);
  return (
    <section ref={root} className="card card--flush pipeline" aria-labelledby={id}>
      <header className="pipeline__head">
        <span className="stages__number" aria-hidden>{number}</span>
        <div className="pipeline__titles">
          <h2 id={id}><button type="button" className="pipeline__fold" aria-expanded={isOpen} aria-controls={`${id}-body`} onClick={() => setOpen(!isOpen)}>{title}<ChevronDown aria-hidden size={16} className={cx('pipeline__arrow', !isOpen && 'pipeline__arrow--shut')} /></button></h2>
          <p className="muted">{description}</p>
        </div>
        <div className="pipeline__side">{share}{isOpen && actions}</div>
      </header>
      <div id={`${id}-body`} hidden={!isOpen}><ErrorBoundary>{children}</ErrorBoundary></div>
    </section>
  );
}
