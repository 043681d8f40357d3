import type { Dims } from '../../core/usage/groups.ts';
import { partition } from './entity.ts';
import type { Key, Op, Store } from './port.ts';
import { dirtyOp } from './rollup-marks.ts';
import { ulidBounds, ulidTimeMs } from './ulid-time.ts';

/**
 * Money spent beside requests: one row per shadow judgement, and one counter per tenant and day that the daily cap is held
 * against. A row is written with what the judgement may cost at most, before anything is spent, and corrected when it has
 * ended, each time in one atomic batch with the counter. So the counter is always the sum of the day's rows; a process
 * that dies in between leaves a row that says what may have been spent, and nothing to sweep.
 */
export interface OverheadRow {
  /** A ULID of its own: its time is when it was spent. */
  readonly id: string;
  /** The request whose answer was judged. */
  readonly requestId: string;
  /** What the request is added up by, in the order of `DIMENSIONS`. */
  readonly dims: Dims;
  /** Of the tenant's time zone. */
  readonly day: string;
  /** Micro-USD: what was held, then what was spent. */
  readonly micros: number;
  readonly state: 'held' | 'spent';
}

const dayOf = (id: string): string => new Date(ulidTimeMs(id)).toISOString().slice(0, 10);
const placeOf = (tenantId: string, day: string): string => partition('LO', tenantId, day);
const rowKey = (tenantId: string, id: string): Key => ({ table: 'usage', pk: placeOf(tenantId, dayOf(id)), sk: id });
const counterKey = (tenantId: string, day: string): Key => ({ table: 'usage', pk: partition('T', tenantId, 'SHADOW'), sk: day });

/** The counter of a day is asked for until that day is over everywhere; a while longer for who looks into it. */
const COUNTER_KEPT_MS = 7 * 86_400_000;

/** Roll-ups do not look for these rows where there was no request: each change of one marks its minute. */
const marks = (tenantId: string, { id }: Pick<OverheadRow, 'id'>, state: OverheadRow['state']): Op => dirtyOp(tenantId, id, `${id}#${state}`);

/** Holds a row's money against the day's cap (micro-USD); false = it does not fit, and nothing was written. */
export async function holdOverhead(store: Store, tenantId: string, row: Omit<OverheadRow, 'state'>, capMicros: number): Promise<boolean> {
  const { id, requestId, dims, day, micros } = row;
  const result = await store.write([
    {
      update: counterKey(tenantId, day), add: { micros }, set: { expiresAt: Math.ceil((ulidTimeMs(id) + COUNTER_KEPT_MS) / 1000) },
      guards: [{ attr: 'micros', atMost: capMicros - micros }],
    },
    { put: rowKey(tenantId, id), item: { requestId, dims: [...dims], day, micros, state: 'held' }, guards: [{ absent: true }] },
    marks(tenantId, row, 'held'),
  ]);
  return result.ok;
}

/** Replaces what was held by what was spent, once. */
export async function spendOverhead(store: Store, tenantId: string, row: Omit<OverheadRow, 'state'>, spentMicros: number): Promise<void> {
  await store.write([
    { update: rowKey(tenantId, row.id), set: { micros: spentMicros, state: 'spent' }, guards: [{ attr: 'state', equals: 'held' }] },
    { update: counterKey(tenantId, row.day), add: { micros: spentMicros - row.micros } },
    marks(tenantId, row, 'spent'),
  ]);
}

/** What the counter of a day says, in micro-USD. */
export async function overheadOfDay(store: Store, tenantId: string, day: string): Promise<number> {
  return Number((await store.get(counterKey(tenantId, day)))?.['micros'] ?? 0);
}

const DAY_MS = 86_400_000;
const PAGE = 1_000;

/** Rows of a range (epoch ms, end exclusive), oldest first. */
export async function* readOverhead(store: Store, tenantId: string, fromMs: number, toMs: number): AsyncGenerator<OverheadRow, undefined, undefined> {
  if (fromMs >= toMs) return undefined;
  const [from, to] = ulidBounds(fromMs, toMs - 1);
  for (let day = Math.floor(fromMs / DAY_MS); day * DAY_MS < toMs; day += 1) {
    const pk = placeOf(tenantId, new Date(day * DAY_MS).toISOString().slice(0, 10));
    let cursor: string | undefined;
    do {
      const page = await store.query({ table: 'usage', pk, from, to, limit: PAGE, ...(cursor !== undefined && { cursor }) });
      for (const { sk, item } of page.rows) {
        yield { id: sk, requestId: String(item['requestId']), dims: (item['dims'] as string[] | undefined) ?? [], day: String(item['day']), micros: Number(item['micros']), state: item['state'] === 'spent' ? 'spent' : 'held' };
      }
      cursor = page.cursor;
    } while (cursor !== undefined);
  }
  return undefined;
}
