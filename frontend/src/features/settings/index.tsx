import { settings } from '../../i18n/en/settings.ts';
import { useT } from '../../i18n/use-t.tsx';
import { Page } from '../../ui/page.tsx';

export function SettingsPage() {
  const t = useT(settings);
  return <Page title={t('title')} description={t('description')}>{null}</Page>;
}
