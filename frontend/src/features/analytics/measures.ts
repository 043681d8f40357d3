import type { UsageMeasures } from '../../api/types.ts';

/** Tokens that went to the model, cached ones included. */
export const tokensIn = ({ tokens }: UsageMeasures): number => tokens.input + tokens.cacheRead + tokens.cacheWrite5m + tokens.cacheWrite1h;

/** What was spent: on models, and on deciding between them. */
export const paidMicros = ({ costMicros, overheadMicros }: UsageMeasures): number => costMicros + overheadMicros;

/** Saved of what the compared requests would have cost; null where nothing was compared. Negative when routing lost money. */
export const savedShare = ({ savedMicros, compared }: UsageMeasures): number | null => (compared.baselineMicros > 0 ? savedMicros / compared.baselineMicros : null);

export const errorShare = ({ errors, requests }: UsageMeasures): number | null => (requests > 0 ? errors / requests : null);

/** Known cost per 1,000 requests with a known price. */
export const costPerThousand = ({ costMicros, requests, unpriced }: UsageMeasures): number | null => (requests > unpriced ? (costMicros / (requests - unpriced)) * 1_000 : null);

export interface SortableRow extends UsageMeasures { readonly id: string | null; readonly name: string | null }

export const SORTS: Readonly<Record<string, (row: SortableRow) => number | string | null>> = {
  name: ({ id, name }) => name ?? id ?? '',
  requests: ({ requests }) => requests,
  tokensIn,
  tokensOut: ({ tokens }) => tokens.output,
  cost: ({ costMicros }) => costMicros,
  perThousand: costPerThousand,
  saved: ({ savedMicros }) => savedMicros,
  savedShare,
  p50: ({ latencyMs }) => latencyMs.p50,
  p95: ({ latencyMs }) => latencyMs.p95,
  errorShare,
};

/** Unknown values come last, whichever way it is sorted. */
export function sortRows<R extends SortableRow>(rows: readonly R[], by: string, dir: 'asc' | 'desc'): R[] {
  const valueOf = SORTS[by] ?? SORTS['requests'] ?? (() => 0);
  const sign = dir === 'asc' ? 1 : -1;
  return rows.toSorted((a, b) => {
    const [left, right] = [valueOf(a), valueOf(b)];
    if (left === null || right === null) return left === right ? 0 : left === null ? 1 : -1;
    return sign * (typeof left === 'string' || typeof right === 'string' ? String(left).localeCompare(String(right)) : left - right);
  });
}
