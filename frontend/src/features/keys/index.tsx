import { useQuery } from '@tanstack/react-query';
import { Outlet, useNavigate, useSearch } from '@tanstack/react-router';
import { KeySquare, Plus } from 'lucide-react';
import { lazy, Suspense, useEffect, useMemo, useState } from 'react';
import { keysQuery } from '../../api/keys.ts';
import { useMay } from '../../api/me.ts';
import type { KeyCreated, KeyView } from '../../api/types.ts';
import { usageQuery } from '../../api/usage.ts';
import { keys } from '../../i18n/en/keys.ts';
import { useT } from '../../i18n/use-t.tsx';
import { Button } from '../../ui/button.tsx';
import { Card } from '../../ui/card.tsx';
import { EmptyState, NoMatch } from '../../ui/empty-state.tsx';
import { Page } from '../../ui/page.tsx';
import { QueryView } from '../../ui/query-view.tsx';
import { SearchBox } from '../../ui/search-box.tsx';
import { useShortcut } from '../../ui/shortcuts.ts';
import { Skeleton } from '../../ui/skeleton.tsx';
import { KeyActionsContext, type KeyActions, type OpenDialog } from './actions.tsx';
import { KeyTable, type KeyRow } from './key-table.tsx';
import './keys.css';
import { RevokeKey } from './revoke-key.tsx';
import { RotateKey } from './rotate-key.tsx';
import { SaveKey } from './save-key.tsx';
import { EXPIRING_MS, isUnused, keyState, worksNow } from './status.ts';
import { Tiles } from './tiles.tsx';

const CreateKey = lazy(async () => ({ default: (await import('./create-key.tsx')).CreateKey }));
const EditKey = lazy(async () => ({ default: (await import('./edit-key.tsx')).EditKey }));

/** Keys: what they are, what they did, and everything that may be done about them. */
export function KeysPage() {
  const t = useT(keys);
  const search = useSearch({ from: '/keys' });
  const navigate = useNavigate({ from: '/keys' });
  const isAdmin = useMay('admin');
  const query = useQuery(keysQuery);
  const usage = useQuery(usageQuery({ range: '30d' }, { by: 'key' })).data;
  const [open, setOpen] = useState<OpenDialog>();
  const [highlighted, setHighlighted] = useState<string>();
  useMinute();
  const now = Date.now();
  const close = (): void => setOpen(undefined);
  const setNew = (isOpen: boolean): void => { void navigate({ to: '/keys', search: (before) => ({ ...before, new: isOpen ? true : undefined }), replace: !isOpen }); };
  const create = (): void => setNew(true);
  useShortcut('c', () => { if (isAdmin) create(); });
  const show = (made: KeyCreated): void => {
    setOpen({ kind: 'save', made });
    setHighlighted(made.id);
  };
  const actions = useMemo<KeyActions>(() => ({ edit: (key) => setOpen({ kind: 'edit', key }), rotate: (key) => setOpen({ kind: 'rotate', key }), revoke: (key) => setOpen({ kind: 'revoke', key }) }), []);
  const rowsOf = (all: readonly KeyView[]): readonly KeyRow[] => all.map((key) => ({ key, state: keyState(key, now), used: usage === undefined ? undefined : usage.breakdown.find(({ id }) => id === key.id) ?? null }));
  const clear = (): void => { void navigate({ to: '/keys', search: (before) => ({ ...before, q: undefined, status: undefined }) }); };
  return (
    <KeyActionsContext value={actions}>
      <Page title={t('title')} description={t('description')} actions={isAdmin && <Button kind="primary" icon={<Plus aria-hidden size={16} />} onClick={create}>{t('create')}</Button>}>
        <QueryView query={query} skeleton={<Skeleton shape="card" />}>
          {(all) => {
            if (all.length === 0) return <Card><EmptyState icon={<KeySquare size={28} />} title={t('emptyTitle')} action={isAdmin && <Button kind="primary" onClick={create}>{t('create')}</Button>}>{t('emptyText')}{isAdmin ? '' : ` ${t('emptyMember')}`}</EmptyState></Card>;
            const rows = rowsOf(all);
            const shown = rows.filter((row) => matches(row, search.status ?? 'working', search.q ?? ''));
            const working = rows.filter(({ state }) => worksNow(state));
            return (
              <div className="page-body">
                <Tiles tiles={[
                  { id: 'active', name: t('active'), value: working.length },
                  { id: 'expiring', name: t('cardExpiring'), value: working.filter(({ key }) => key.expiresAt !== null && Date.parse(key.expiresAt) <= now + EXPIRING_MS).length },
                  { id: 'unused', name: t('cardUnused'), value: working.filter(({ key }) => isUnused(key, now)).length },
                ]} />
                <div className="row">
                  <SearchBox label={t('search')} value={search.q ?? ''} onChange={(q) => { void navigate({ to: '.', search: (before) => ({ ...before, q: q === '' ? undefined : q }), replace: true }); }} />
                  <StatusFilter chosen={search.status} onChoose={(status) => { void navigate({ to: '.', search: (before) => ({ ...before, status }) }); }} />
                </div>
                <Card flush><KeyTable rows={shown} highlighted={highlighted} sort={search.sort === undefined ? undefined : { by: search.sort, dir: search.dir ?? 'desc' }} onSort={({ by, dir }) => { void navigate({ to: '.', search: (before) => ({ ...before, sort: by, dir }) }); }} onOpen={(key) => { void navigate({ to: '/keys/$keyId', params: { keyId: key.id }, search: true }); }} empty={<NoMatch onClear={clear} />} /></Card>
              </div>
            );
          }}
        </QueryView>
        <Outlet />
        <Suspense>
          {isAdmin && search.new === true && <CreateKey onClose={() => setNew(false)} onMade={(made) => { setNew(false); show(made); }} />}
          {open?.kind === 'edit' && <EditKey apiKey={open.key} onClose={close} />}
        </Suspense>
        {open?.kind === 'rotate' && <RotateKey apiKey={open.key} onClose={close} onMade={show} />}
        {open?.kind === 'revoke' && <RevokeKey apiKey={open.key} onClose={close} />}
        {open?.kind === 'save' && <SaveKey made={open.made} onClose={close} />}
      </Page>
    </KeyActionsContext>
  );
}

type Status = 'active' | 'expiring' | 'expired' | 'revoked' | 'all';

/** Revoked and expired keys are hidden until somebody asks for them. */
function matches({ key, state }: KeyRow, status: Status | 'working', q: string): boolean {
  const wanted = { working: worksNow(state), active: worksNow(state), expiring: state === 'expiring', expired: state === 'expired', revoked: state === 'revoked', all: true }[status];
  return wanted && `${key.name} ${key.display} ${key.id}`.toLowerCase().includes(q.toLowerCase());
}

function StatusFilter({ chosen, onChoose }: { readonly chosen: Status | undefined; readonly onChoose: (status: Status | undefined) => void }) {
  const t = useT(keys);
  const options: readonly [Status, string][] = [['active', t('active')], ['expiring', t('expiring')], ['expired', t('expired')], ['revoked', t('revoked')], ['all', t('showAll')]];
  return (
    <div className="segments" role="group" aria-label={t('status')}>
      {options.map(([id, name]) => <button key={id} type="button" className="segments__one" aria-pressed={(chosen ?? 'active') === id} onClick={() => onChoose(id === 'active' ? undefined : id)}>{name}</button>)}
    </div>
  );
}

/** Draws again once a minute: states change by the time. */
function useMinute(): void {
  const [, tick] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => tick((count) => count + 1), 60_000);
    return () => clearInterval(timer);
  }, []);
}
