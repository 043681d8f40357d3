import type { LedgerEntry } from '../../contract/ledger.ts';
import { Groups } from '../../core/usage/groups.ts';
import { queryLedger } from '../../adapters/store/ledger.ts';
import { CLOSE_AFTER_MS } from '../../adapters/store/rollup-marks.ts';
import { floorTo, getWatermark, LEVEL_MS, LONGEST_KEPT_MS, moveWatermark, type Watermark } from '../../adapters/store/rollups.ts';
import { ulidTimeMs } from '../../adapters/store/ulid-time.ts';
import { isOutOfTime, minutesFrom, recompute, recomputeFromRows, rowsOf, type PartResult, type TenantRollUp } from './compute.ts';

const { quarter: QUARTER_MS, hour: HOUR_MS } = LEVEL_MS;

/**
 * Closes what has ended by about a minute ago, quarter by quarter, in one pass over the rows. The watermark follows each
 * quarter that had requests; whoever finds that somebody else has moved it stops.
 */
export async function rollUpForward(tenant: TenantRollUp): Promise<PartResult> {
  const targetMs = floorTo(tenant.now() - CLOSE_AFTER_MS, 'minute');
  const stored = await getWatermark(tenant.store, tenant.tenantId);
  const start = stored === undefined ? await firstWatermark(tenant, targetMs) : startAgain(stored, targetMs, minutesFrom(tenant.now()));
  if (stored?.untilMs === targetMs && stored.minutesFromMs === start.minutesFromMs) return { written: 0, complete: true };
  const pass = new Pass(tenant, { stored, start, targetMs });
  return pass.run();
}

/** What is older than minutes are kept begins at a full quarter; a clock that was set back sets the watermark back. */
function startAgain(stored: Watermark, targetMs: number, minutesFromMs: number): Watermark {
  const untilMs = Math.min(stored.untilMs, targetMs);
  return untilMs >= minutesFromMs ? { ...stored, untilMs } : { ...stored, untilMs: floorTo(untilMs, 'quarter'), minutesFromMs };
}

async function firstWatermark({ store, tenantId, now }: TenantRollUp, targetMs: number): Promise<Watermark> {
  const fromMs = Math.max(0, floorTo(targetMs - LONGEST_KEPT_MS, 'hour'));
  const from = new Date(fromMs).toISOString();
  let cursor: string | undefined;
  do {
    const page = await queryLedger(store, tenantId, { from, to: new Date(Math.max(0, targetMs - 1)).toISOString(), limit: 1, ...(cursor !== undefined && { cursor }) });
    const [first] = page.items;
    if (first !== undefined) {
      const sinceMs = floorTo(ulidTimeMs(first.requestId), 'quarter');
      return { fromMs, untilMs: sinceMs, sinceMs, minutesFromMs: Math.max(sinceMs, minutesFrom(now())) };
    }
    cursor = page.cursor;
  } while (cursor !== undefined);
  const sinceMs = floorTo(targetMs, 'quarter');
  return { fromMs, untilMs: sinceMs, sinceMs, minutesFromMs: sinceMs };
}

/** One run forward. */
class Pass {
  readonly #tenant: TenantRollUp;
  readonly #targetMs: number;
  readonly #rows: AsyncGenerator<LedgerEntry, undefined, undefined>;
  #next: LedgerEntry | undefined;
  #stored: Watermark | undefined;
  #at: Watermark;
  #written = 0;

  constructor(tenant: TenantRollUp, { stored, start, targetMs }: { stored: Watermark | undefined; start: Watermark; targetMs: number }) {
    this.#tenant = tenant;
    this.#targetMs = targetMs;
    this.#stored = stored;
    this.#at = start;
    this.#rows = rowsOf(tenant, start.untilMs, targetMs);
  }

  async run(): Promise<PartResult> {
    try {
      await this.#advance();
      while (this.#at.untilMs < this.#targetMs) {
        if (isOutOfTime(this.#tenant)) return { written: this.#written, complete: false };
        const hadRows = await this.#step();
        if (hadRows && !await this.#save()) return { written: this.#written, complete: true };
      }
      // A tenant without traffic costs no write a minute: its tail is empty however long.
      const before = this.#stored?.untilMs ?? 0;
      if (this.#at.untilMs < before || floorTo(this.#at.untilMs, 'quarter') > before) await this.#save();
      return { written: this.#written, complete: true };
    } finally {
      await this.#rows.return(undefined);
    }
  }

  /** To the end of the quarter or to the target, whichever is first; over hours without rows at once. */
  async #step(): Promise<boolean> {
    const fromMs = this.#at.untilMs;
    const emptyUntilMs = floorTo(Math.min(this.#nextMs(), this.#targetMs), 'hour');
    if (fromMs % HOUR_MS === 0 && emptyUntilMs > fromMs) {
      this.#at = { ...this.#at, untilMs: emptyUntilMs };
      return false;
    }
    const quarterMs = floorTo(fromMs, 'quarter');
    const toMs = Math.min(quarterMs + QUARTER_MS, this.#targetMs);
    const hasRows = this.#nextMs() < toMs;
    // Rows of this quarter were found by an earlier run.
    const isContinued = fromMs > quarterMs;
    if (hasRows) await this.#store(fromMs, toMs);
    if (toMs === quarterMs + QUARTER_MS) {
      if ((hasRows || isContinued) && quarterMs >= this.#at.minutesFromMs && await recompute(this.#tenant, { level: 'quarter', startMs: quarterMs })) this.#written += 1;
      if (toMs % HOUR_MS === 0 && await recompute(this.#tenant, { level: 'hour', startMs: toMs - HOUR_MS })) this.#written += 1;
    }
    this.#at = { ...this.#at, untilMs: toMs };
    return hasRows;
  }

  /** Minutes, or the quarter itself where minutes are no longer kept. */
  async #store(fromMs: number, toMs: number): Promise<void> {
    const level = fromMs >= this.#at.minutesFromMs ? 'minute' : 'quarter';
    while (this.#nextMs() < toMs) {
      const startMs = floorTo(this.#nextMs(), level);
      const groups = new Groups();
      while (this.#next !== undefined && this.#nextMs() < startMs + LEVEL_MS[level]) {
        groups.add(this.#next);
        await this.#advance();
      }
      if (await recomputeFromRows(this.#tenant, { level, startMs }, groups)) this.#written += 1;
    }
  }

  async #save(): Promise<boolean> {
    const { store, tenantId } = this.#tenant;
    const moved = await moveWatermark(store, tenantId, this.#stored, this.#at);
    this.#stored = this.#at;
    return moved;
  }

  #nextMs(): number {
    return this.#next === undefined ? Infinity : ulidTimeMs(this.#next.requestId);
  }

  async #advance(): Promise<void> {
    const result = await this.#rows.next();
    this.#next = result.done === true ? undefined : result.value;
  }
}
