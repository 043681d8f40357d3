import type { ReactNode } from 'react';
import type { LedgerEntry } from '../../api/types.ts';
import { useFormat } from '../../format/use-format.ts';
import { audit } from '../../i18n/en/audit.ts';
import { useT } from '../../i18n/use-t.tsx';
import { DecidedBy, StatusBadge } from '../../ui/badge.tsx';
import { DataTable, type Column } from '../../ui/data-table.tsx';
import { ClockTime, Count, Money, Unknown } from '../../ui/values.tsx';
import { useCodeName } from '../analytics/names.ts';
import { Latency } from './latency.tsx';

export interface RequestsTableProps { readonly rows: readonly LedgerEntry[] | undefined; readonly timeZone: string; readonly keyName: (id: string) => string; readonly onOpen: (id: string) => void; readonly empty: ReactNode }

export function RequestsTable({ rows, timeZone, keyName, onOpen, empty }: RequestsTableProps) {
  const t = useT(audit);
  const f = useFormat();
  const codeName = useCodeName();
  const today = f.dateTime(Date.now(), 'day', timeZone);
  const columns: Column<LedgerEntry>[] = [
    { id: 'time', header: t('time'), cell: ({ at }) => (f.dateTime(at, 'day', timeZone) === today ? <ClockTime at={at} timeZone={timeZone} /> : <span className="audit-time">{f.dateTime(at, 'day', timeZone)} <ClockTime at={at} timeZone={timeZone} /></span>) },
    { id: 'asked', header: t('askedFor'), cell: ({ requestedModel }) => <span className="mono">{requestedModel}</span> },
    { id: 'routed', header: t('routedTo'), cell: ({ servedModel }) => (servedModel === null ? <Unknown why={t('nothingServed')} /> : <span className="mono">{servedModel}</span>) },
    { id: 'decided', header: t('decidedBy'), cell: ({ decision }) => (decision === null ? <Unknown why={t('noDecision')} /> : <DecidedBy stage={decision.stage} tier={decision.tier} score={decision.score} />) },
    { id: 'status', header: t('status'), cell: ({ status, errorCode }) => <StatusBadge status={status} errorCode={errorCode === undefined ? undefined : codeName(errorCode)} /> },
    { id: 'latency', header: t('latency'), align: 'end', cell: (entry) => <Latency entry={entry} /> },
    { id: 'tokens', header: t('tokens'), align: 'end', cell: ({ tokens }) => <span className="number"><Count value={(tokens.input ?? 0) + (tokens.cacheRead ?? 0) + (tokens.cacheWrite5m ?? 0) + (tokens.cacheWrite1h ?? 0)} /> → <Count value={tokens.output ?? 0} /></span> },
    { id: 'cost', header: t('cost'), align: 'end', cell: ({ costMicros }) => <Money micros={costMicros} /> },
    { id: 'saved', header: t('saved'), align: 'end', cell: ({ savedMicros }) => (savedMicros === null ? <Unknown why={t('nothingToSave')} /> : <span className={savedMicros < 0 ? 'loss' : undefined}><Money micros={savedMicros} /></span>) },
    { id: 'key', header: t('key'), cell: ({ keyId }) => <span className="audit-key" title={keyName(keyId)}>{keyName(keyId)}</span> },
    { id: 'id', header: t('requestId'), isWideOnly: true, cell: ({ requestId }) => <span className="mono muted" title={requestId}>…{requestId.slice(-6)}</span> },
  ];
  return <DataTable label={t('requests')} columns={columns} rows={rows} rowKey={({ requestId }) => requestId} rowName={({ requestId, at }) => t('rowName', { time: f.dateTime(at, 'time', timeZone), id: requestId.slice(-6) })} onOpen={({ requestId }) => onOpen(requestId)} empty={empty} skeletonRows={8} />;
}
