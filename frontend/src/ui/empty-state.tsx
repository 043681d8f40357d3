import type { ReactNode } from 'react';
import { ui } from '../i18n/en/ui.ts';
import { useT } from '../i18n/use-t.tsx';
import { Button } from './button.tsx';

/** Nothing yet: what belongs here, and one thing to do about it. */
export function EmptyState({ icon, title, children, action }: { readonly icon?: ReactNode; readonly title: string; readonly children?: ReactNode; readonly action?: ReactNode }) {
  return <div className="empty">{icon !== undefined && <span className="empty__icon" aria-hidden>{icon}</span>}<p className="empty__title">{title}</p>{children !== undefined && <div className="empty__text">{children}</div>}{action !== undefined && <div className="row">{action}</div>}</div>;
}

/** There is something, but the filters hide it. */
export function NoMatch({ onClear }: { readonly onClear: () => void }) {
  const t = useT(ui);
  return <EmptyState title={t('noMatchTitle')} action={<Button onClick={onClear}>{t('clearFilters')}</Button>} />;
}
