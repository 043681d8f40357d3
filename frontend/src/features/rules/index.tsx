import { rules } from '../../i18n/en/rules.ts';
import { useT } from '../../i18n/use-t.tsx';
import { Page } from '../../ui/page.tsx';

export function RulesPage() {
  const t = useT(rules);
  return <Page title={t('title')} description={t('description')}>{null}</Page>;
}
