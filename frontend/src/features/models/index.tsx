import { Outlet } from '@tanstack/react-router';
import { models } from '../../i18n/en/models.ts';
import { useT } from '../../i18n/use-t.tsx';
import { Page } from '../../ui/page.tsx';

export function ModelsPage() {
  const t = useT(models);
  return <Page title={t('title')} description={t('description')}><Outlet /></Page>;
}
