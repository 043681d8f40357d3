import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import type { UsageAnswer } from '../../api/types.ts';
import { useFormat } from '../../format/use-format.ts';
import { analytics } from '../../i18n/en/analytics.ts';
import { ui } from '../../i18n/en/ui.ts';
import { useT } from '../../i18n/use-t.tsx';
import { Badge } from '../../ui/badge.tsx';
import { Button } from '../../ui/button.tsx';
import { Card } from '../../ui/card.tsx';
import { DataTable, type Column } from '../../ui/data-table.tsx';
import { EmptyState, NoMatch } from '../../ui/empty-state.tsx';
import { Tooltip } from '../../ui/tooltip.tsx';
import { Count, Duration, Money, Unknown } from '../../ui/values.tsx';
import { FILTERS, hasFilters, type FilterName } from './ask.ts';
import { costPerThousand, errorShare, savedShare, sortRows, tokensIn, type SortableRow } from './measures.ts';
import { seriesColors, useGroupHeading, useGroupName, useGroupTitle } from './names.ts';
import { GROUPS, type AnalyticsSearch, type Group } from './search.ts';

const FIRST_ROWS = 50;

/** One row per group, all of them together in the last line; a click on a row makes it a filter. */
export function Breakdown({ answer, search, onSearch, onClear }: { readonly answer: UsageAnswer; readonly search: AnalyticsSearch; readonly onSearch: (change: Partial<AnalyticsSearch>) => void; readonly onClear: () => void }) {
  const t = useT(analytics);
  const tUi = useT(ui);
  const titleOf = useGroupTitle();
  const heading = useGroupHeading();
  const nameOf = useGroupName();
  const [isWhole, setWhole] = useState(false);
  const by = search.by ?? 'model';
  const sort = { by: search.sort ?? 'requests', dir: search.dir ?? 'desc' } as const;
  const { totals } = answer;
  const rows = sortRows(answer.breakdown.map((row) => ({ ...row, name: nameOf(by, row.id, row.name) })), sort.by, sort.dir);
  const columns = useColumns(by, answer, search);
  const filter = FILTERS.find((name): name is FilterName => name === by);
  const addFilter = (row: SortableRow): void => { if (filter !== undefined && row.id !== null && row.id !== 'other') onSearch({ [filter]: [...new Set([...(search[filter] ?? []), row.id])] }); };
  const all: SortableRow = { ...totals, id: null, name: tUi('total') };
  return (
    <Card flush title={t('breakdown')} actions={(
      <label className="row">{t('groupBy')} <select className="small-select" value={by} onChange={(event) => onSearch({ by: GROUPS.find((one) => one === event.target.value) ?? 'model', sort: undefined, dir: undefined })}>{GROUPS.map((one) => <option key={one} value={one}>{heading(one)}</option>)}</select></label>
    )}>
      {(by === 'user' || by === 'tag') && <p className="muted card-note">{t(by === 'user' ? 'userNote' : 'tagNote')}</p>}
      <DataTable label={t('breakdownOf', { by: titleOf(by) })} columns={columns} rows={isWhole ? rows : rows.slice(0, FIRST_ROWS)} rowKey={(row) => row.id ?? ''}
        {...(filter !== undefined && { onOpen: addFilter, rowName: (row: SortableRow) => t('filterBy', { name: row.name ?? '' }) })}
        sort={sort} onSort={(next) => onSearch({ sort: next.by, dir: next.dir })}
        footer={columns.map((column) => (column.id === 'name' ? tUi('total') : column.cell(all)))}
        empty={hasFilters(search) ? <NoMatch onClear={onClear} /> : <EmptyState title={t('emptyTitle')}>{t('emptyText')}</EmptyState>} />
      {rows.length > FIRST_ROWS && !isWhole && <div className="card-note"><Button small onClick={() => setWhole(true)}>{t('showAll', { count: rows.length })}</Button></div>}
    </Card>
  );
}

function useColumns(by: Group, answer: UsageAnswer, search: AnalyticsSearch): Column<SortableRow>[] {
  const t = useT(analytics);
  const tUi = useT(ui);
  const f = useFormat();
  const heading = useGroupHeading();
  const isDotted = by === 'model' || by === 'tier' || by === 'status';
  // In the order in which the report gives them: the same colours as in the chart.
  const ids = answer.breakdown.map(({ id }) => id ?? 'none');
  const colors = seriesColors(by, ids);
  const percent = (share: number | null) => (share === null ? <Unknown /> : <span className="number">{f.percent(share)}</span>);
  const end = { align: 'end', isSortable: true } as const;
  return [
    { id: 'name', header: heading(by), isSortable: true, cell: (row) => <span className="group-name">{isDotted && <span className="badge__dot" style={{ background: colors[ids.indexOf(row.id ?? 'none')] }} />}<span className={(by === 'model' || by === 'user' || by === 'tag') && row.id !== 'none' && row.id !== 'other' ? 'mono' : undefined}>{row.name}</span></span> },
    { id: 'requests', header: t('requests'), ...end, cell: (row) => <Count value={row.requests} /> },
    { id: 'share', header: t('share'), align: 'end', isWideOnly: true, cell: (row) => percent(answer.totals.requests > 0 ? row.requests / answer.totals.requests : null) },
    { id: 'tokensIn', header: t('tokensIn'), ...end, cell: (row) => <Count value={tokensIn(row)} /> },
    { id: 'tokensOut', header: t('tokensOut'), ...end, cell: (row) => <Count value={row.tokens.output} /> },
    { id: 'cost', header: t('cost'), ...end, cell: (row) => <span className="cost-cell">{row.unpriced < row.requests || row.requests === 0 ? <Money micros={row.costMicros} /> : null}{row.unpriced > 0 && <Unpriced row={row} isLink={by === 'model' && row.id !== null && row.id !== 'none' && row.id !== 'other'} search={search} text={tUi('unpriced')} hint={t('unpricedCount', { count: row.unpriced })} />}</span> },
    { id: 'perThousand', header: t('perThousand'), ...end, isWideOnly: true, cell: (row) => (costPerThousand(row) === null ? <Unknown /> : <Money micros={costPerThousand(row)} />) },
    { id: 'saved', header: t('saved'), ...end, cell: (row) => <span className={row.savedMicros < 0 ? 'loss' : undefined}><Money micros={row.savedMicros} /></span> },
    { id: 'savedShare', header: t('savedShare'), ...end, isWideOnly: true, cell: (row) => { const share = savedShare(row); return share === null ? <Unknown why={t('nothingComparedShort')} /> : <span className={share < 0 ? 'loss number' : 'number'}>{share < 0 ? '−' : ''}{f.percent(Math.abs(share))}</span>; } },
    { id: 'p50', header: 'p50', ...end, isWideOnly: true, cell: (row) => <Duration ms={row.latencyMs.p50} /> },
    { id: 'p95', header: 'p95', ...end, cell: (row) => <Duration ms={row.latencyMs.p95} /> },
    { id: 'errorShare', header: t('errorShare'), ...end, cell: (row) => percent(errorShare(row)) },
  ];
}

function Unpriced({ row, isLink, search, text, hint }: { readonly row: SortableRow; readonly isLink: boolean; readonly search: AnalyticsSearch; readonly text: string; readonly hint: string }) {
  const badge = <Badge tone="warn">{text}</Badge>;
  return <Tooltip text={hint}>{isLink ? <Link to="/models/$modelId" params={{ modelId: row.id ?? '' }} search={{ ...(search.range !== undefined && { range: search.range }) }}>{badge}</Link> : badge}</Tooltip>;
}
