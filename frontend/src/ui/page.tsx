import { useEffect, useRef, type ReactNode } from 'react';

export interface PageProps { readonly title: string; readonly description?: ReactNode; readonly actions?: ReactNode; readonly children: ReactNode }

/** A page: its only `<h1>`, which takes the focus on navigation, its title in the window, and what belongs at the top right. */
export function Page({ title, description, actions, children }: PageProps) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => { document.title = `${title} · BSGateway`; }, [title]);
  // Not at the very first page: there the focus belongs where the browser put it.
  useEffect(() => {
    if (hasNavigated) heading.current?.focus({ preventScroll: true });
    hasNavigated = true;
  }, []);
  return (
    <>
      <header className="page-head">
        <div><h1 ref={heading} tabIndex={-1} className="page-head__title">{title}</h1>{description !== undefined && <p className="page-head__text">{description}</p>}</div>
        {actions !== undefined && <div className="page-head__actions">{actions}</div>}
      </header>
      <div className="page-body">{children}</div>
    </>
  );
}
let hasNavigated = false;
