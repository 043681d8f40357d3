import { overview } from '../../i18n/en/overview.ts';
import { useT } from '../../i18n/use-t.tsx';
import { Page } from '../../ui/page.tsx';

export function OverviewPage() {
  const t = useT(overview);
  return <Page title={t('title')} description={t('description')}>{null}</Page>;
}
