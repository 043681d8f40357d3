import { Pencil, Repeat, ShieldX, Info } from 'lucide-react';
import { useNavigate } from '@tanstack/react-router';
import { useState, type ReactNode } from 'react';
import { useMay } from '../../api/me.ts';
import type { KeyView, UsageMeasures } from '../../api/types.ts';
import { useFormat } from '../../format/use-format.ts';
import { keys } from '../../i18n/en/keys.ts';
import { useT } from '../../i18n/use-t.tsx';
import { Badge, type Tone } from '../../ui/badge.tsx';
import { DataTable, type Column, type Sort } from '../../ui/data-table.tsx';
import { Menu, type MenuItem } from '../../ui/menu.tsx';
import { Count, Money, RelativeTime, Unknown } from '../../ui/values.tsx';
import { useKeyActions } from './actions.tsx';
import { worksNow, type KeyState } from './status.ts';

/** `used`: undefined = not known yet, null = nothing in 30 days. */
export interface KeyRow { readonly key: KeyView; readonly state: KeyState; readonly used: UsageMeasures | null | undefined }

const TONES: Readonly<Record<KeyState, Tone>> = { active: 'good', expiring: 'warn', retiring: 'warn', expired: 'neutral', revoked: 'neutral' };

export function KeyStateBadge({ state }: { readonly state: KeyState }) {
  const t = useT(keys);
  return <Badge tone={TONES[state]}>{t(state)}</Badge>;
}

/** Rows at first, and with every press of the button under them: a long list is quick to draw and to look through. */
const ROWS = 100;

export interface KeyTableProps { readonly rows: readonly KeyRow[]; readonly highlighted: string | undefined; readonly sort: Sort | undefined; readonly onSort: (sort: Sort) => void; readonly onOpen: (key: KeyView) => void; readonly empty: ReactNode }

export function KeyTable({ rows, highlighted, sort, onSort, onOpen, empty }: KeyTableProps) {
  const t = useT(keys);
  const isAdmin = useMay('admin');
  const [most, setMost] = useState(ROWS);
  const all = sorted(rows, sort);
  const left = all.length - most;
  const columns: readonly Column<KeyRow>[] = [
    { id: 'name', header: t('name'), cell: ({ key }) => <span className="key-name">{key.name}</span>, isSortable: true },
    { id: 'key', header: t('key'), cell: ({ key }) => <code className="number">{shortDisplay(key)}</code> },
    { id: 'lastUsed', header: t('lastUsed'), cell: ({ key }) => (key.lastUsedAt === null || key.lastUsedAt === undefined ? <span className="muted">{t('never')}</span> : <RelativeTime at={key.lastUsedAt} />), isSortable: true },
    { id: 'limits', header: t('limits'), cell: ({ key }) => <Limits limits={key} /> },
    { id: 'requests', header: t('requests30'), align: 'end', cell: ({ used }) => (used === undefined ? <Unknown /> : <Count value={used?.requests ?? 0} />), isSortable: true },
    { id: 'spend', header: t('spend30'), align: 'end', cell: ({ used }) => (used === undefined ? <Unknown /> : <Money micros={used?.costMicros ?? 0} />), isSortable: true },
    { id: 'expires', header: t('expires'), cell: ({ key, state }) => <Ends apiKey={key} state={state} />, isSortable: true },
    { id: 'status', header: t('status'), cell: ({ state }) => <KeyStateBadge state={state} /> },
    { id: 'actions', header: t('actions'), isHeaderHidden: true, align: 'end', cell: ({ key, state }) => <KeyMenu apiKey={key} state={state} isAdmin={isAdmin} /> },
  ];
  return <DataTable label={t('title')} columns={columns} rows={all.slice(0, most)} more={left > 0 ? { text: t('showMore', { count: Math.min(left, ROWS) }), onLoad: () => setMost(most + ROWS) } : undefined} rowKey={({ key }) => key.id} rowName={({ key }) => key.name} onOpen={({ key }) => onOpen(key)} sort={sort} onSort={onSort} highlighted={highlighted} empty={empty} />;
}

/** `bsg_live_7f3kQ9…E0u4`: the id in full is in the drawer. */
export const shortDisplay = ({ env, id, display }: KeyView): string => `bsg_${env}_${id.slice(0, 6)}…${display.slice(-4)}`;

function Limits({ limits: { rpm, tpm } }: { readonly limits: KeyView }) {
  const t = useT(keys);
  const f = useFormat();
  if (rpm === null && tpm === null) return <span className="muted">{t('noLimits')}</span>;
  return <span className="two-lines">{rpm !== null && <span className="number">{t('perMinute', { count: rpm })}</span>}{tpm !== null && <span className="number muted">{t('tokensPerMinute', { amount: f.count(tpm) })}</span>}</span>;
}

/** When it ends by itself, be it by its expiry or by the overlap of its rotation. */
export function Ends({ apiKey: { expiresAt, revokedAt }, state }: { readonly apiKey: KeyView; readonly state: KeyState }) {
  const t = useT(keys);
  if (state === 'retiring' && revokedAt !== null) return <span>{t.rich('endsWhen', { when: <RelativeTime at={revokedAt} /> })}</span>;
  if (state === 'revoked' && revokedAt !== null) return <span className="muted"><RelativeTime at={revokedAt} /></span>;
  return expiresAt === null ? <span className="muted">{t('noExpiry')}</span> : <RelativeTime at={expiresAt} />;
}

function KeyMenu({ apiKey, state, isAdmin }: { readonly apiKey: KeyView; readonly state: KeyState; readonly isAdmin: boolean }) {
  const t = useT(keys);
  const navigate = useNavigate();
  const actions = useKeyActions();
  const details: MenuItem = { id: 'details', text: t('details'), icon: <Info aria-hidden size={15} />, onChoose: () => { void navigate({ to: '/keys/$keyId', params: { keyId: apiKey.id }, search: true }); } };
  const change: readonly MenuItem[] = isAdmin ? keyMenuItems(apiKey, state, actions, t) : [];
  return <Menu label={`${t('actions')}: ${apiKey.name}`} items={[details, ...change]} />;
}

/** What may be done about a key in its state: one that was rotated can only be ended sooner. */
export function keyMenuItems(apiKey: KeyView, state: KeyState, actions: ReturnType<typeof useKeyActions>, t: ReturnType<typeof useT<(typeof keys)['en']>>): readonly MenuItem[] {
  if (state === 'revoked') return [];
  const revoke: MenuItem = { id: 'revoke', text: state === 'retiring' ? t('retireNow') : t('revoke'), icon: <ShieldX aria-hidden size={15} />, isDanger: true, onChoose: () => actions.revoke(apiKey) };
  if (state === 'retiring') return [revoke];
  return [
    { id: 'edit', text: t('edit'), icon: <Pencil aria-hidden size={15} />, onChoose: () => actions.edit(apiKey) },
    ...(worksNow(state) ? [{ id: 'rotate', text: t('rotate'), icon: <Repeat aria-hidden size={15} />, onChoose: () => actions.rotate(apiKey) }] : []),
    revoke,
  ];
}

function sorted(rows: readonly KeyRow[], sort: Sort | undefined): readonly KeyRow[] {
  if (sort === undefined) return rows.toReversed();
  const value = ({ key, used }: KeyRow): number | string => ({ name: key.name.toLowerCase(), lastUsed: Date.parse(key.lastUsedAt ?? '1970-01-01T00:00:00Z'), requests: used?.requests ?? 0, spend: used?.costMicros ?? 0, expires: key.expiresAt === null ? Infinity : Date.parse(key.expiresAt) })[sort.by] ?? 0;
  return rows.toSorted((a, b) => (value(a) < value(b) ? -1 : value(a) > value(b) ? 1 : 0) * (sort.dir === 'asc' ? 1 : -1));
}
