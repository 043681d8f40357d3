import { useInfiniteQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { History } from 'lucide-react';
import { useMemo, type ReactNode } from 'react';
import { changesQuery } from '../../api/changes.ts';
import type { Query } from '../../api/address.ts';
import { useMay } from '../../api/me.ts';
import type { AuditEvent } from '../../api/types.ts';
import { rangeBounds, zoneOf } from '../../app/range.ts';
import { useFormat } from '../../format/use-format.ts';
import { audit } from '../../i18n/en/audit.ts';
import { ui } from '../../i18n/en/ui.ts';
import { useT } from '../../i18n/use-t.tsx';
import { Alert } from '../../ui/alert.tsx';
import { Button } from '../../ui/button.tsx';
import { Card } from '../../ui/card.tsx';
import { CodeBlock } from '../../ui/code-block.tsx';
import { DataTable, type Column } from '../../ui/data-table.tsx';
import { Drawer } from '../../ui/dialog.tsx';
import { EmptyState, NoMatch } from '../../ui/empty-state.tsx';
import { useErrorText } from '../../ui/error-card.tsx';
import { FilterBar } from '../../ui/filter-bar.tsx';
import { QueryView } from '../../ui/query-view.tsx';
import { RelativeTime } from '../../ui/values.tsx';
import { fieldChanges, KINDS, shortText, useActionName } from './changes-words.ts';
import { viewOf } from './rows.ts';
import type { AuditSearch } from './search.ts';

interface Props { readonly search: AuditSearch; readonly onSearch: (change: Partial<AuditSearch>, options?: { readonly replace?: boolean }) => void }

const HOUR_MS = 3_600_000;

/** What the API is asked for beside the range. One action says more than its kind. */
export const changesAsk = ({ who, action, kind }: AuditSearch): Query => ({ ...(who !== undefined && { actor: who }), ...(action !== undefined ? { action } : kind !== undefined ? { action: kind } : {}) });

/** Everything that was changed, by whom, from what to what. */
export function ChangesTab({ search, onSearch }: Props) {
  const t = useT(audit);
  const isAdmin = useMay('admin');
  return isAdmin ? <Changes search={search} onSearch={onSearch} /> : <Card><EmptyState title={t('changesForbidden')}>{t('changesWho')}</EmptyState></Card>;
}

function Changes({ search, onSearch }: Props) {
  const t = useT(audit);
  const tUi = useT(ui);
  const errorText = useErrorText();
  const { from } = rangeBounds(search, Date.now());
  // A relative range ends now. Its beginning is rounded, so that the list is not another one at every drawing.
  const bounds = search.to === undefined ? { from: new Date(Math.floor(Date.parse(from) / HOUR_MS) * HOUR_MS).toISOString() } : { from, to: search.to };
  const changes = useInfiniteQuery(changesQuery({ ...bounds, ...changesAsk(search) }));
  const rows = useMemo(() => changes.data?.pages.flatMap(({ items }) => items), [changes.data]);
  const clear = (): void => onSearch({ who: undefined, action: undefined, kind: undefined });
  const hasFilters = search.who !== undefined || search.action !== undefined || search.kind !== undefined;
  const opened = rows?.find(({ eventId }) => eventId === search.event);
  return (
    <>
      <Filters search={search} rows={rows ?? []} onSearch={onSearch} onClear={clear} />
      <Card flush>
        <QueryView query={viewOf(changes, rows)} skeleton={<ChangesTable rows={undefined} search={search} onOpen={() => {}} empty={null} />}>
          {(shown) => <ChangesTable rows={shown} search={search} onOpen={(event) => onSearch({ event })}
            empty={changes.hasNextPage ? <EmptyState title={t('searching')} action={<Button busy={changes.isFetchingNextPage} busyText={t('lookingOn')} onClick={() => { void changes.fetchNextPage(); }}>{t('lookOn')}</Button>} /> : hasFilters ? <NoMatch onClear={clear} /> : <EmptyState icon={<History size={22} />} title={t('noChangesTitle')}>{t('noChangesText')}</EmptyState>} />}
        </QueryView>
        {rows !== undefined && rows.length > 0 && (
          <div className="audit-older">
            {changes.isFetchNextPageError && <Alert kind="error">{errorText(changes.error)}</Alert>}
            {changes.hasNextPage ? <Button small busy={changes.isFetchingNextPage} busyText={tUi('loading')} onClick={() => { void changes.fetchNextPage(); }}>{tUi('loadOlder')}</Button> : <span className="muted">{t('allShown')}</span>}
          </div>
        )}
      </Card>
      <p className="muted audit-note">{t('appendOnly')}</p>
      {opened !== undefined && <ChangeDrawer event={opened} zone={zoneOf(search)} onClose={() => onSearch({ event: undefined })} />}
    </>
  );
}

function Filters({ search, rows, onSearch, onClear }: Props & { readonly rows: readonly AuditEvent[]; readonly onClear: () => void }) {
  const t = useT(audit);
  const actionName = useActionName();
  const people = new Map(rows.map(({ actor }) => [actor.userId, actor.name] as const));
  if (search.who !== undefined && !people.has(search.who)) people.set(search.who, search.who);
  const actions = [...new Set([...rows.map(({ action }) => action), ...(search.action === undefined ? [] : [search.action])])];
  const one = (value: string | undefined): readonly string[] => (value === undefined ? [] : [value]);
  return (
    <FilterBar onClear={onClear} onChange={(id, chosen) => onSearch({ [id]: chosen.at(-1) })} filters={[
      { id: 'who', name: t('who'), options: [...people].map(([value, label]) => ({ value, label })), chosen: one(search.who) },
      { id: 'kind', name: t('kind'), options: KINDS.map((value) => ({ value, label: t(`kind_${value}`) })), chosen: one(search.kind) },
      { id: 'action', name: t('action'), options: actions.map((value) => ({ value, label: actionName(value) })), chosen: one(search.action) },
    ]} />
  );
}

function ChangesTable({ rows, search, onOpen, empty }: { readonly rows: readonly AuditEvent[] | undefined; readonly search: AuditSearch; readonly onOpen: (eventId: string) => void; readonly empty: ReactNode }) {
  const t = useT(audit);
  const f = useFormat();
  const actionName = useActionName();
  const zone = zoneOf(search);
  const columns: Column<AuditEvent>[] = [
    { id: 'time', header: t('time'), cell: ({ at }) => <time dateTime={at} title={f.dateTime(at, 'full', zone)} className="number">{f.dateTime(at, 'dayTime', zone)}</time> },
    { id: 'who', header: t('who'), cell: ({ actor }) => <span className="audit-key">{actor.name}</span> },
    { id: 'action', header: t('action'), cell: ({ action }) => actionName(action) },
    { id: 'what', header: t('what'), cell: (event) => <Target event={event} /> },
    { id: 'change', header: t('fromTo'), cell: (event) => <Summary event={event} /> },
    { id: 'where', header: t('fromWhere'), cell: ({ actor }) => <Where actor={actor} /> },
  ];
  return <DataTable label={t('changes')} columns={columns} rows={rows} rowKey={({ eventId }) => eventId} rowName={({ action, target }) => `${actionName(action)} ${target.name ?? target.id}`} onOpen={({ eventId }) => onOpen(eventId)} empty={empty} skeletonRows={8} />;
}

function Where({ actor }: { readonly actor: AuditEvent['actor'] }) {
  const t = useT(audit);
  return <span>{t(`via_${actor.via}`)}{actor.sourceIp !== undefined && <> · <span className="mono">{actor.sourceIp}</span></>}</span>;
}

/** What was changed, with the way there where it has one. */
function Target({ event: { target } }: { readonly event: AuditEvent }) {
  const t = useT(audit);
  const name = target.name ?? target.id;
  switch (target.type) {
    case 'model': return <Link to="/models/$modelId" params={{ modelId: target.id }} className="mono">{name}</Link>;
    case 'key': return <Link to="/keys/$keyId" params={{ keyId: target.id }}>{name}</Link>;
    case 'routing': return <Link to="/rules">{t('rulesVersion', { version: target.id })}</Link>;
    case 'request': return <Link to="/audit/$requestId" params={{ requestId: target.id }} className="mono">{target.id}</Link>;
    case 'settings': case 'member': case 'token': return <Link to="/settings">{name}</Link>;
    default: return <span>{name}</span>;
  }
}

const FIRST_FIELDS = 2;

function Summary({ event }: { readonly event: AuditEvent }) {
  const t = useT(audit);
  if (event.before === null) return <span className="muted">{event.after === null ? t('nothingChanged') : t('isNew')}</span>;
  if (event.after === null) return <span className="muted">{t('isGone')}</span>;
  const fields = fieldChanges(event);
  return (
    <span className="field-changes">
      {fields.slice(0, FIRST_FIELDS).map(({ field, from, to }) => <span key={field}><code>{field}</code> <span className="field-changes__value">{shortText(from)}</span> → <span className="field-changes__value">{shortText(to)}</span></span>)}
      {fields.length > FIRST_FIELDS && <span className="muted">{t('moreFields', { count: fields.length - FIRST_FIELDS })}</span>}
    </span>
  );
}

function ChangeDrawer({ event, zone, onClose }: { readonly event: AuditEvent; readonly zone: string; readonly onClose: () => void }) {
  const t = useT(audit);
  const f = useFormat();
  const actionName = useActionName();
  // Of what is new or gone, only what it had.
  const fields = fieldChanges(event).filter(({ from, to }) => (event.before !== null && event.after !== null) || (from ?? to ?? null) !== null);
  return (
    <Drawer title={`${actionName(event.action)}: ${event.target.name ?? event.target.id}`} description={<>{f.dateTime(event.at, 'full', zone)} · <RelativeTime at={event.at} /></>} onClose={onClose}>
      <div className="stack request">
        <dl className="pairs">
          <div><dt>{t('who')}</dt><dd>{event.actor.name} <span className="muted mono">{event.actor.userId}</span></dd></div>
          <div><dt>{t('fromWhere')}</dt><dd><Where actor={event.actor} /></dd></div>
          <div><dt>{t('what')}</dt><dd><Target event={event} /></dd></div>
          <div><dt>{t('requestId')}</dt><dd className="mono">{event.requestId}</dd></div>
          <div><dt>{t('chain')}</dt><dd className="mono">{event.seq} · {event.hash.slice(0, 16)}…</dd></div>
        </dl>
        {fields.length > 0 && (
          <div className="table-scroll" role="group" aria-label={t('fromTo')} tabIndex={0}>
            <table className="table table--small">
              <caption className="off-screen">{t('fromTo')}</caption>
              <thead><tr><th scope="col">{t('field')}</th>{event.before !== null && <th scope="col">{t('from')}</th>}{event.after !== null && <th scope="col">{t('to')}</th>}</tr></thead>
              <tbody>{fields.map(({ field, from, to }) => <tr key={field}><th scope="row"><code>{field}</code></th>{event.before !== null && <td className="wrap">{shortText(from)}</td>}{event.after !== null && <td className="wrap">{shortText(to)}</td>}</tr>)}</tbody>
            </table>
          </div>
        )}
        <CodeBlock label="JSON" code={JSON.stringify(event, null, 2)} />
      </div>
    </Drawer>
  );
}
