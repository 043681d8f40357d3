import { Outlet } from '@tanstack/react-router';
import { audit } from '../../i18n/en/audit.ts';
import { useT } from '../../i18n/use-t.tsx';
import { Page } from '../../ui/page.tsx';

export function AuditPage() {
  const t = useT(audit);
  return <Page title={t('title')} description={t('description')}><Outlet /></Page>;
}
