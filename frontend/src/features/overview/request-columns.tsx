import type { LedgerEntry } from '../../api/types.ts';
import { useFormat } from '../../format/use-format.ts';
import { overview } from '../../i18n/en/overview.ts';
import { useT } from '../../i18n/use-t.tsx';
import { DecidedBy, StatusBadge } from '../../ui/badge.tsx';
import type { Column } from '../../ui/data-table.tsx';
import { ClockTime, Duration, Money, Unknown } from '../../ui/values.tsx';

/** Tokens that went in, however they were priced. */
export const inputTokens = ({ tokens }: LedgerEntry): number => (tokens.input ?? 0) + (tokens.cacheRead ?? 0) + (tokens.cacheWrite5m ?? 0) + (tokens.cacheWrite1h ?? 0);

/** The columns of requests, wherever they are listed. */
export function useRequestColumns({ timeZone, keyNames }: { readonly timeZone: string; readonly keyNames: Readonly<Record<string, string>> }): readonly Column<LedgerEntry>[] {
  const t = useT(overview);
  const f = useFormat();
  return [
    { id: 'time', header: t('time'), cell: ({ at }) => <ClockTime at={at} timeZone={timeZone} /> },
    { id: 'asked', header: t('asked'), cell: ({ requestedModel }) => <code>{requestedModel}</code> },
    { id: 'routed', header: t('routed'), cell: ({ servedModel }) => (servedModel === null ? <Unknown why={t('noneRouted')} /> : <code>{servedModel}</code>) },
    { id: 'decided', header: t('decided'), cell: ({ decision }) => (decision === null ? <Unknown /> : <DecidedBy stage={decision.stage} tier={decision.stage === 'auto' || decision.via === 'auto' ? decision.tier : null} score={decision.score} />) },
    { id: 'status', header: t('status'), cell: ({ status, errorCode }) => <StatusBadge status={status} errorCode={errorCode} /> },
    { id: 'latency', header: t('latency'), align: 'end', cell: ({ latencyMs }) => <Duration ms={latencyMs} /> },
    { id: 'tokens', header: t('tokensInOut'), align: 'end', cell: (entry) => <span className="number">{f.exactCount(inputTokens(entry))} <span className="arrow">→</span> {f.exactCount(entry.tokens.output ?? 0)}</span> },
    { id: 'cost', header: t('cost'), align: 'end', cell: ({ costMicros }) => <Money micros={costMicros} /> },
    { id: 'saved', header: t('saved'), align: 'end', isWideOnly: true, cell: ({ savedMicros }) => (savedMicros === null ? <Unknown /> : <Money micros={savedMicros} />) },
    { id: 'key', header: t('key'), isWideOnly: true, cell: ({ keyId }) => keyNames[keyId] !== undefined ? <span className="key-name" title={keyNames[keyId]}>{keyNames[keyId]}</span> : <span className="muted">{t('goneKey')}</span> },
  ];
}
