import { routingTest } from '../../i18n/en/routing-test.ts';
import { useT } from '../../i18n/use-t.tsx';
import { Page } from '../../ui/page.tsx';

export function RoutingTestPage() {
  const t = useT(routingTest);
  return <Page title={t('title')} description={t('description')}>{null}</Page>;
}
