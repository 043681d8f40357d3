import type { UsageMeasures } from '../../contract/admin/usage.ts';
import type { LedgerEntry } from '../../contract/ledger.ts';
import type { Analytics } from './analytics.ts';
import { BYTE_ORDER_MARK, csvLine } from './csv.ts';
import type { RequestsQuery } from './find-requests.ts';
import type { UsageReport, UsageRequest } from './read-usage.ts';

export type ExportFormat = 'csv' | 'ndjson';
/** Which table of a usage answer: its groups or its points in time. */
export type UsagePart = 'breakdown' | 'series';

type Cell = string | number | null | undefined;
interface Table<T> { readonly header: readonly string[]; readonly row: (record: T) => readonly Cell[] }

const REQUESTS_PER_PAGE = 200;

/**
 * Entries newest first as text, one piece a page: the next page is only read when the one before was taken. CSV begins
 * with a byte order mark and a header line; NDJSON lines are whole ledger entries. Throws what the reading throws.
 */
export async function* exportRequests(analytics: Pick<Analytics, 'requests'>, tenantId: string, query: RequestsQuery, format: ExportFormat): AsyncGenerator<string, undefined, undefined> {
  if (format === 'csv') yield BYTE_ORDER_MARK + csvLine(REQUESTS.header);
  let cursor: string | undefined;
  do {
    const page = await analytics.requests(tenantId, query, { limit: REQUESTS_PER_PAGE, ...(cursor !== undefined && { cursor }) });
    if (page.items.length > 0) yield textOf(page.items, REQUESTS, format);
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
  return undefined;
}

/** One table of a usage answer as text; in the same formats. */
export async function* exportUsage(analytics: Pick<Analytics, 'usage'>, tenantId: string, request: UsageRequest, { format, part }: { readonly format: ExportFormat; readonly part: UsagePart }): AsyncGenerator<string, undefined, undefined> {
  const report = await analytics.usage(tenantId, request);
  if (format === 'csv') yield BYTE_ORDER_MARK + csvLine(part === 'series' ? SERIES.header : BREAKDOWN.header);
  const text = part === 'series' ? textOf(report.series, SERIES, format) : textOf(report.breakdown, BREAKDOWN, format);
  if (text !== '') yield text;
  return undefined;
}

function textOf<T extends object>(records: readonly T[], table: Table<T>, format: ExportFormat): string {
  let text = '';
  for (const record of records) text += format === 'csv' ? csvLine(table.row(record)) : `${JSON.stringify(record)}\n`;
  return text;
}

const REQUESTS: Table<LedgerEntry> = {
  header: [
    'requestId', 'clientRequestId', 'at', 'keyId', 'status', 'errorCode', 'dialect', 'requestedModel', 'servedModel', 'upstreamModel', 'provider', 'stage', 'via', 'ruleId', 'tier', 'score', 'reason',
    'attempts', 'latencyMs', 'ttftMs', 'gatewayMs', 'inputTokens', 'cacheReadTokens', 'cacheWrite5mTokens', 'cacheWrite1hTokens', 'outputTokens', 'reasoningTokens', 'usage', 'finish',
    'costMicros', 'overheadMicros', 'baselineMicros', 'savedMicros', 'priceVersion', 'sessionId', 'source', 'translation',
  ],
  row: (entry) => [
    entry.requestId, entry.clientRequestId, entry.at, entry.keyId, entry.status, entry.errorCode, entry.dialect, entry.requestedModel, entry.servedModel, entry.upstreamModel, entry.provider,
    entry.decision?.stage, entry.decision?.via, entry.decision?.ruleId, entry.decision?.tier, entry.decision?.score, entry.decision?.reason,
    entry.attempts.length, entry.latencyMs, entry.ttftMs, entry.gatewayMs,
    entry.tokens.input, entry.tokens.cacheRead, entry.tokens.cacheWrite5m, entry.tokens.cacheWrite1h, entry.tokens.output, entry.tokens.reasoning, entry.usage, entry.finish.unified,
    entry.costMicros, entry.overheadMicros, entry.baselineMicros, entry.savedMicros, entry.priceVersion, entry.sessionId, entry.source, entry.translation,
  ],
};

const MEASURES: Table<UsageMeasures> = {
  header: [
    'requests', 'errors', 'unpriced', 'inputTokens', 'cacheReadTokens', 'cacheWrite5mTokens', 'cacheWrite1hTokens', 'outputTokens', 'reasoningTokens',
    'costMicros', 'baselineMicros', 'savedMicros', 'overheadMicros', 'latencyP50Ms', 'latencyP95Ms', 'ttftP50Ms', 'ttftP95Ms',
  ],
  row: ({ tokens, latencyMs, ttftMs, ...measures }) => [
    measures.requests, measures.errors, measures.unpriced, tokens.input, tokens.cacheRead, tokens.cacheWrite5m, tokens.cacheWrite1h, tokens.output, tokens.reasoning,
    measures.costMicros, measures.baselineMicros, measures.savedMicros, measures.overheadMicros, latencyMs.p50, latencyMs.p95, ttftMs.p50, ttftMs.p95,
  ],
};
const BREAKDOWN: Table<UsageReport['breakdown'][number]> = { header: ['id', 'name', ...MEASURES.header], row: (group) => [group.id, group.name, ...MEASURES.row(group)] };
const SERIES: Table<UsageReport['series'][number]> = { header: ['at', ...MEASURES.header], row: (point) => [point.at, ...MEASURES.row(point)] };
