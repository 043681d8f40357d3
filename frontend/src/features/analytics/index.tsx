import { analytics } from '../../i18n/en/analytics.ts';
import { useT } from '../../i18n/use-t.tsx';
import { Page } from '../../ui/page.tsx';

export function AnalyticsPage() {
  const t = useT(analytics);
  return <Page title={t('title')} description={t('description')}>{null}</Page>;
}
