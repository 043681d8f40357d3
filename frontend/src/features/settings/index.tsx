import { useNavigate, useSearch } from '@tanstack/react-router';
import { useMay } from '../../api/me.ts';
import { config } from '../../app/config.ts';
import { settings } from '../../i18n/en/settings.ts';
import { useT } from '../../i18n/use-t.tsx';
import { Page } from '../../ui/page.tsx';
import { Tabs } from '../../ui/tabs.tsx';
import { DataTab } from './data-tab.tsx';
import { GeneralTab } from './general-tab.tsx';
import { PeopleTab } from './people-tab.tsx';
import { QualityTab } from './quality-tab.tsx';
import { SETTINGS_TABS } from './search.ts';
import './settings.css';
import { TokensTab } from './tokens-tab.tsx';

/** What holds for the whole gateway: its traffic, budgets, people and data. */
export function SettingsPage() {
  const t = useT(settings);
  const navigate = useNavigate({ from: '/settings' });
  // In AWS programs get their tokens from the user pool.
  const hasTokens = useMay('owner') && config().edition === 'local';
  const { tab = 'general' } = useSearch({ from: '/settings' });
  const names = { general: t('tabGeneral'), quality: t('tabQuality'), people: t('tabPeople'), tokens: t('tabTokens'), data: t('tabData') };
  const panel = { general: GeneralTab, quality: QualityTab, people: PeopleTab, tokens: TokensTab, data: DataTab }[tab];
  const Panel = panel;
  return (
    <Page title={t('title')} description={t('description')}>
      <Tabs label={t('tabs')} idPrefix="settings" tabs={SETTINGS_TABS.filter((id) => hasTokens || id !== 'tokens' || tab === 'tokens').map((id) => ({ id, name: names[id] }))} chosen={tab} onChoose={(id) => { void navigate({ search: { tab: id === 'general' ? undefined : (id as typeof tab) } }); }}>
        <div className="page-body settings"><Panel /></div>
      </Tabs>
    </Page>
  );
}
