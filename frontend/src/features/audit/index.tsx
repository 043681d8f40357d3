import { Outlet, useNavigate, useSearch } from '@tanstack/react-router';
import { useMay } from '../../api/me.ts';
import { rangeBounds } from '../../app/range.ts';
import { audit } from '../../i18n/en/audit.ts';
import { useT } from '../../i18n/use-t.tsx';
import { Page } from '../../ui/page.tsx';
import { Tabs } from '../../ui/tabs.tsx';
import { TimeRange } from '../../ui/time-range.tsx';
import { askOf } from './ask.ts';
import './audit.css';
import { changesAsk, ChangesTab } from './changes.tsx';
import { ExportMenu } from './export-menu.tsx';
import { RequestsTab } from './requests.tsx';
import type { AuditSearch } from './search.ts';

export function AuditPage() {
  const t = useT(audit);
  const search = useSearch({ from: '/audit' });
  const navigate = useNavigate();
  const isAdmin = useMay('admin');
  const tab = search.tab ?? 'requests';
  const onSearch = (change: Partial<AuditSearch>, { replace = false }: { readonly replace?: boolean } = {}): void => { void navigate({ to: '/audit', search: { ...search, ...change }, replace, resetScroll: false }); };
  const exported = () => {
    const { from, to } = rangeBounds(search, Date.now());
    return { from, to, ...(tab === 'requests' ? askOf(search) : changesAsk(search)) };
  };
  return (
    <Page title={t('title')} description={t('description')} actions={(
      <>
        <TimeRange presets={['1h', '24h', '7d', '30d']} value={search} onChange={(range) => onSearch({ range: undefined, from: undefined, to: undefined, tz: undefined, ...range })} />
        {(tab === 'requests' || isAdmin) && <ExportMenu what={tab} query={exported} />}
      </>
    )}>
      <Tabs label={t('title')} idPrefix="audit" tabs={[{ id: 'requests', name: t('requests') }, { id: 'changes', name: t('changes') }]} chosen={tab} onChoose={(id) => onSearch({ tab: id === 'changes' ? 'changes' : undefined })}>
        <div className="page-body">{tab === 'requests' ? <RequestsTab search={search} onSearch={onSearch} drawer={<Outlet />} /> : <ChangesTab search={search} onSearch={onSearch} />}</div>
      </Tabs>
      {tab === 'changes' && <Outlet />}
    </Page>
  );
}
