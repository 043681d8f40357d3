import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { ArrowUp, ScrollText } from 'lucide-react';
import { useMemo, useRef, type ReactNode } from 'react';
import { keysQuery } from '../../api/keys.ts';
import { useMay } from '../../api/me.ts';
import { requestPagesQuery } from '../../api/requests.ts';
import type { LedgerEntry } from '../../api/types.ts';
import { isCustom, rangeBounds, rangeOf, zoneOf } from '../../app/range.ts';
import { audit } from '../../i18n/en/audit.ts';
import { ui } from '../../i18n/en/ui.ts';
import { useT } from '../../i18n/use-t.tsx';
import { Alert } from '../../ui/alert.tsx';
import { Button } from '../../ui/button.tsx';
import { Card } from '../../ui/card.tsx';
import { EmptyState, NoMatch } from '../../ui/empty-state.tsx';
import { useErrorText } from '../../ui/error-card.tsx';
import { SwitchField } from '../../ui/fields.tsx';
import { FilterBar } from '../../ui/filter-bar.tsx';
import { QueryView } from '../../ui/query-view.tsx';
import { useShortcut } from '../../ui/shortcuts.ts';
import { useFilters } from '../analytics/filters.tsx';
import { askOf, hasFilters, isIdPart, NO_FILTERS } from './ask.ts';
import { IdSearch } from './id-search.tsx';
import { LimitsFilter } from './limits-filter.tsx';
import { RequestsTable } from './requests-table.tsx';
import { mergeRows, MOST_ROWS, RowIds, viewOf } from './rows.ts';
import type { AuditSearch } from './search.ts';
import { useLiveTail } from './use-live-tail.ts';

export interface RequestsTabProps { readonly search: AuditSearch; readonly onSearch: (change: Partial<AuditSearch>, options?: { readonly replace?: boolean }) => void; readonly drawer: ReactNode }

/** Every admitted request, newest first. */
export function RequestsTab({ search, onSearch, drawer }: RequestsTabProps) {
  const t = useT(audit);
  const errorText = useErrorText();
  const navigate = useNavigate();
  const list = useRef<HTMLDivElement>(null);
  const ask = askOf(search);
  const range = rangeOf(search);
  const isAskable = search.q === undefined || isIdPart(search.q);
  const pages = useInfiniteQuery({ ...requestPagesQuery(range, ask), enabled: isAskable });
  const loaded = useMemo(() => (isAskable ? pages.data?.pages.flatMap(({ items }) => items) : []), [isAskable, pages.data]);
  // A range that has ended gets no new requests.
  const canFollow = !isCustom(search) && isAskable;
  const isLive = search.live === true && canFollow;
  const tail = useLiveTail({ isOn: isLive, ask, range, known: pages.isPlaceholderData ? undefined : loaded, list });
  const merged = useMemo(() => loaded && mergeRows(tail.rows, loaded), [loaded, tail.rows]);
  const rows = useMemo(() => merged?.slice(0, MOST_ROWS), [merged]);
  const ids = useMemo(() => rows?.map(({ requestId }) => requestId) ?? [], [rows]);
  const toggleLive = (isOn: boolean): void => onSearch({ live: isOn ? true : undefined }, { replace: true });
  useShortcut('l', () => { if (canFollow) toggleLive(!isLive); });
  const clear = (): void => onSearch(NO_FILTERS);
  const keyNames = useQuery({ ...keysQuery, enabled: useMay('member') }).data;
  const keyName = useMemo(() => {
    const names = new Map(keyNames?.map(({ id, name }) => [id, name]));
    return (id: string): string => names.get(id) ?? id;
  }, [keyNames]);
  const showWaiting = (): void => {
    tail.show();
    scrollTo({ top: 0 });
  };
  return (
    <>
      <Filters search={search} onSearch={onSearch} onClear={clear} />
      <Card flush className="audit-card">
        <div className="audit-bar">
          <SwitchField label={t('live')} isChecked={isLive} isDisabled={!canFollow} onChange={toggleLive} />
          <span className="muted">{isLive ? t('liveOn') : canFollow ? t('liveOff') : t('liveNot')}</span>
          <span className="off-screen" aria-live="polite">{tail.waiting > 0 ? t('newRows', { count: tail.waiting }) : tail.rows.length > 0 ? t('newRowsShown', { count: tail.rows.length }) : ''}</span>
        </div>
        {tail.error !== undefined && isLive && <div className="card-note"><Alert kind="warning">{t('liveFailed', { why: errorText(tail.error) })}</Alert></div>}
        <div ref={list} className="audit-list">
          {tail.waiting > 0 && <div className="audit-new"><Button small kind="primary" icon={<ArrowUp aria-hidden size={14} />} onClick={showWaiting}>{t('newRows', { count: tail.waiting })}</Button></div>}
          <QueryView query={viewOf(pages, rows)} skeleton={<RequestsTable rows={undefined} timeZone={zoneOf(search)} keyName={keyName} onOpen={() => {}} empty={null} />}>
            {(shown) => <RequestsTable rows={shown} timeZone={zoneOf(search)} keyName={keyName} onOpen={(requestId) => { void navigate({ to: '/audit/$requestId', params: { requestId }, search, resetScroll: false }); }}
              empty={isAskable && pages.hasNextPage ? <EmptyState title={t('searching')} action={<Button busy={pages.isFetchingNextPage} busyText={t('lookingOn')} onClick={() => { void pages.fetchNextPage(); }}>{t('lookOn')}</Button>} /> : hasFilters(search) ? <NoMatch onClear={clear} /> : <EmptyState icon={<ScrollText size={22} />} title={t('emptyTitle')}>{t('emptyText')}</EmptyState>} />}
          </QueryView>
        </div>
        <Older pages={pages} rows={rows} isFull={(merged?.length ?? 0) >= MOST_ROWS} onContinue={(to) => onSearch({ range: undefined, from: rangeBounds(search, Date.now()).from, to, live: undefined })} />
      </Card>
      <p className="muted audit-note">{t('retention')}</p>
      <RowIds value={ids}>{drawer}</RowIds>
    </>
  );
}

function Older({ pages, rows, isFull, onContinue }: { readonly pages: { readonly hasNextPage: boolean; readonly isFetchingNextPage: boolean; readonly fetchNextPage: () => Promise<unknown>; readonly error: unknown; readonly isFetchNextPageError: boolean }; readonly rows: readonly LedgerEntry[] | undefined; readonly isFull: boolean; readonly onContinue: (to: string) => void }) {
  const t = useT(audit);
  const tUi = useT(ui);
  const errorText = useErrorText();
  const oldest = rows?.at(-1)?.at;
  if (rows === undefined || rows.length === 0 || oldest === undefined) return null;
  return (
    <div className="audit-older">
      {pages.isFetchNextPageError && <Alert kind="error">{errorText(pages.error)}</Alert>}
      {isFull ? <><span className="muted">{t('mostRows', { count: MOST_ROWS })}</span><Button small onClick={() => onContinue(oldest)}>{t('continueFrom')}</Button></>
        : pages.hasNextPage ? <Button small busy={pages.isFetchingNextPage} busyText={tUi('loading')} onClick={() => { void pages.fetchNextPage(); }}>{tUi('loadOlder')}</Button> : <span className="muted">{t('allShown')}</span>}
    </div>
  );
}

function Filters({ search, onSearch, onClear }: Pick<RequestsTabProps, 'search' | 'onSearch'> & { readonly onClear: () => void }) {
  const t = useT(audit);
  const filters = useFilters(search);
  const [model] = filters;
  const asked = search.requestedModel ?? [];
  const names = ['auto', ...(model?.options.map(({ value }) => value).filter((value) => value !== 'none') ?? []), ...asked];
  const all = [...filters.filter(({ id }) => id !== 'rule' || (search.rule ?? []).length > 0), { id: 'requestedModel', name: t('askedFor'), options: [...new Set(names)].map((value) => ({ value, label: value })), chosen: asked }].map((filter) => (filter.id === 'model' ? { ...filter, name: t('routedTo') } : filter));
  return (
    <FilterBar filters={all} onChange={(id, chosen) => onSearch({ [id]: chosen.length === 0 ? undefined : chosen })} onClear={onClear}>
      <LimitsFilter value={{ minLatencyMs: search.minLatencyMs, minCostMicros: search.minCostMicros }} onChange={(limits) => onSearch(limits)} />
      <IdSearch value={search.q ?? ''} onChange={(q) => onSearch({ q }, { replace: true })} />
    </FilterBar>
  );
}
