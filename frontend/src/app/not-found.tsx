import { Link } from '@tanstack/react-router';
import { shell } from '../i18n/en/shell.ts';
import { useT } from '../i18n/use-t.tsx';
import { buttonClass } from '../ui/button.tsx';
import { EmptyState } from '../ui/empty-state.tsx';
import { Page } from '../ui/page.tsx';

export function NotFound() {
  const t = useT(shell);
  return <Page title={t('notFoundTitle')}><EmptyState title={t('notFoundText')} action={<Link to="/" className={buttonClass()}>{t('toDashboard')}</Link>} /></Page>;
}
