import { Outlet } from '@tanstack/react-router';
import { keys } from '../../i18n/en/keys.ts';
import { useT } from '../../i18n/use-t.tsx';
import { Page } from '../../ui/page.tsx';

export function KeysPage() {
  const t = useT(keys);
  return <Page title={t('title')} description={t('description')}><Outlet /></Page>;
}
