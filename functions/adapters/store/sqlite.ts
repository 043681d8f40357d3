import { DatabaseSync, type SQLInputValue } from 'node:sqlite';
import { decodeCursor, encodeCursor } from './cursor.ts';
import { StoreError, TABLES, type Op, type Page, type Query, type Row, type Store, type WriteResult } from './port.ts';
import { applyBatch, ITEM_TEXT, openStatements, parseItem, readItem, type Statements } from './sqlite-apply.ts';
import { Folds, KeptItems } from './sqlite-fold.ts';
import { migrate, sqlTable } from './sqlite-migrations.ts';
import { endOfPrefix } from './text-range.ts';
import { keyOf, validateKey, validateOps, validateQuery } from './validate-ops.ts';

export interface SqliteOptions {
  /** NORMAL (default) survives a killed process, FULL also a power cut, at about twenty times the cost of a commit. */
  readonly synchronous?: 'NORMAL' | 'FULL';
  /** A ceiling for the file; past it writes fail as on a full disk. Default: none. */
  readonly maxBytes?: number;
  /** Only reads, of a file that another connection has opened for writing: writes fail as unavailable. */
  readonly readOnly?: boolean;
}

export interface SqliteStore extends Store {
  /** Deletes at most `limit` items of each table that expired at `nowSeconds` (epoch seconds) or before; returns how many. */
  sweepExpired(nowSeconds: number, limit?: number): Promise<number>;
}

interface Job {
  readonly ops: readonly Op[];
  readonly resolve: (result: WriteResult) => void;
  readonly reject: (error: unknown) => void;
  /** By the monotonic clock. */
  readonly queuedMs: number;
}
type Outcome = { readonly result: WriteResult } | { readonly error: unknown };

/** A transaction takes no more batches after so long: the event loop stands still meanwhile, and other processes wait for the lock. */
const TRANSACTION_MS = 5;
const JOBS_PER_TRANSACTION = 64;
/** How long a write waits for other connections' transactions; waiting behind writes of its own process is not counted. */
const BUSY_TIMEOUT_MS = 2_000;
/**
 * While SQLite itself waits nothing else of this process runs, so it waits only as long as a short transaction takes;
 * for the rest of the time the event loop goes on and a write is tried again every so often.
 */
const BUSY_IN_PLACE_MS = 2;
const BUSY_RETRY_MS = 10;
/** Of a new file: four or five ledger rows a page, and half as many pages for a transaction to write as with SQLite's 4 KiB. */
const PAGE_BYTES = 8_192;
/** Of log between checkpoints. */
const CHECKPOINT_BYTES = 16 * 1024 * 1024;
const SQLITE_BUSY = 5;

/**
 * The store on one SQLite file, safe for several processes. Writes that arrive in one turn of the event loop share a
 * transaction (a batch whose guards fail or whose content is invalid touches no other) and resolve after its commit.
 * Throws `StoreError('unavailable')` when the file cannot be opened.
 */
export function openSqliteStore(file: string, options: SqliteOptions = {}): SqliteStore {
  const db = openDatabase(file, options);
  const statements = openStatements(db);
  const kept = new KeptItems(statements);
  const writer = openWriter(db, statements, kept);
  return {
    async get(key) {
      validateKey(key);
      return guarded(() => readItem(statements, key));
    },
    async query(query) {
      validateQuery(query);
      return guarded(() => runQuery(statements, query));
    },
    async write(ops) {
      validateOps(ops);
      return writer.submit(ops);
    },
    sweepExpired: async (nowSeconds, limit = 500) => guarded(() => patiently(db, () => {
      kept.clear();
      return sweep(statements, nowSeconds, limit);
    })),
    async close() {
      if (db.isOpen) patiently(db, () => writer.close());
      if (db.isOpen) db.close();
    },
  };
}

function openDatabase(file: string, options: SqliteOptions): DatabaseSync {
  return guarded(() => {
    const db = new DatabaseSync(file, { timeout: BUSY_TIMEOUT_MS, readOnly: options.readOnly === true });
    try {
      if (options.readOnly === true) {
        db.exec('PRAGMA cache_size = -16384; PRAGMA temp_store = MEMORY;');
        return db;
      }
      db.exec(`PRAGMA page_size = ${PAGE_BYTES}; PRAGMA journal_mode = WAL; PRAGMA synchronous = ${options.synchronous === 'FULL' ? 'FULL' : 'NORMAL'};
        PRAGMA cache_size = -4096; PRAGMA temp_store = MEMORY;`);
      // A file that was there keeps the size it was made with.
      const pageBytes = Number(db.prepare('PRAGMA page_size').get()?.['page_size']);
      db.exec(`PRAGMA wal_autocheckpoint = ${CHECKPOINT_BYTES / pageBytes}`);
      migrate(db);
      if (options.maxBytes !== undefined) db.exec(`PRAGMA max_page_count = ${Math.ceil(options.maxBytes / pageBytes)}`);
      db.exec(`PRAGMA busy_timeout = ${BUSY_IN_PLACE_MS}`);
      return db;
    } catch (error) {
      db.close();
      throw error;
    }
  });
}

/** Runs what may stand still: SQLite waits for others in place. */
function patiently<T>(db: DatabaseSync, work: () => T): T {
  db.exec(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}`);
  try {
    return work();
  } finally {
    db.exec(`PRAGMA busy_timeout = ${BUSY_IN_PLACE_MS}`);
  }
}

/** Runs a statement, turning the engine's errors into the port's. */
function guarded<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw asStoreError(error);
  }
}

const asStoreError = (error: unknown): StoreError =>
  error instanceof StoreError ? error : new StoreError('unavailable', `the database failed: ${String((error as { message?: unknown }).message)}`, { cause: error });

/** The low byte of an extended result code is the primary one. */
const isBusy = (error: unknown): boolean => ((error as { errcode?: number }).errcode ?? 0) % 256 === SQLITE_BUSY;

interface Writer {
  submit(ops: readonly Op[]): Promise<WriteResult>;
  /** Writes what is queued; later batches are refused. */
  close(): void;
}

function openWriter(db: DatabaseSync, statements: Statements, kept: KeptItems): Writer {
  let queue: Job[] = [];
  let isScheduled = false;
  let isClosed = false;
  /** By the monotonic clock: since when nothing but others' transactions is met. */
  let lockedOutSinceMs: number | undefined;

  const schedule = (afterMs = 0): void => {
    if (isScheduled) return;
    isScheduled = true;
    if (afterMs === 0) setImmediate(flush);
    else setTimeout(flush, afterMs);
  };
  const flush = (): void => {
    isScheduled = false;
    const jobs = queue.length > JOBS_PER_TRANSACTION ? queue.splice(0, JOBS_PER_TRANSACTION) : queue;
    if (jobs === queue) queue = [];
    if (jobs.length > 0) commit(jobs);
    if (queue.length > 0) schedule();
  };
  const commit = (jobs: readonly Job[]): void => {
    let outcomes: Outcome[];
    try {
      outcomes = inTransaction(db, statements, () => {
        const untilMs = performance.now() + TRANSACTION_MS;
        const folds = new Folds(statements, kept, jobs.map((job) => job.ops));
        const done: Outcome[] = [];
        for (const job of jobs) {
          done.push(runJob(statements, folds, kept, job));
          if (performance.now() >= untilMs) break;
        }
        folds.store();
        return done;
      });
    } catch (error) {
      kept.clear();
      recover(jobs, error);
      return;
    }
    lockedOutSinceMs = undefined;
    const left = jobs.slice(outcomes.length);
    if (left.length > 0) queue = [...left, ...queue];
    for (const [i, outcome] of outcomes.entries()) {
      if ('result' in outcome) jobs[i]?.resolve(outcome.result);
      else jobs[i]?.reject(outcome.error);
    }
  };
  /** Nothing of a failed transaction is stored. Another's transaction is waited for; otherwise each batch alone shows which one failed. */
  const recover = (jobs: readonly Job[], error: unknown): void => {
    if (isBusy(error) && !isClosed) {
      const nowMs = performance.now();
      const sinceMs = (lockedOutSinceMs ??= nowMs);
      const hasWaited = ({ queuedMs }: Job): boolean => nowMs - Math.max(queuedMs, sinceMs) >= BUSY_TIMEOUT_MS;
      // The queue is in the order of arrival: those behind the ones that were tried may have waited too long as well.
      const waiting = [...jobs, ...queue];
      queue = waiting.filter((job) => !hasWaited(job));
      for (const job of waiting) if (hasWaited(job)) job.reject(asStoreError(error));
      if (queue.length > 0) schedule(BUSY_RETRY_MS);
    } else if (jobs.length === 1 || isBusy(error)) {
      for (const job of jobs) job.reject(asStoreError(error));
    } else {
      for (const job of jobs) commit([job]);
    }
  };
  return {
    submit: (ops) => new Promise((resolve, reject) => {
      if (isClosed) {
        reject(new StoreError('unavailable', 'the store is closed'));
        return;
      }
      queue.push({ ops, resolve, reject, queuedMs: performance.now() });
      schedule();
    }),
    close() {
      isClosed = true;
      while (queue.length > 0) flush();
    },
  };
}

function inTransaction<T>(db: DatabaseSync, statements: Statements, work: () => T): T {
  statements.get('begin', () => 'BEGIN IMMEDIATE').run();
  try {
    const result = work();
    statements.get('commit', () => 'COMMIT').run();
    return result;
  } catch (error) {
    // SQLite has already rolled back after some errors, such as a full disk.
    if (db.isTransaction) db.exec('ROLLBACK');
    throw error;
  }
}

function runJob(statements: Statements, folds: Folds, kept: KeptItems, { ops }: Job): Outcome {
  try {
    const folded = folds.run(ops);
    if (folded !== undefined) return { result: folded };
    for (const op of ops) kept.forget(keyOf(op));
    return { result: applyBatch(statements, ops) };
  } catch (error) {
    if (error instanceof StoreError) return { error };
    throw error;
  }
}

function sweep(statements: Statements, nowSeconds: number, limit: number): number {
  let swept = 0;
  for (const table of TABLES) {
    const name = sqlTable(table);
    swept += Number(statements.get(`x${table}`, () => `DELETE FROM ${name} WHERE id IN (SELECT id FROM ${name} WHERE expires <= ? ORDER BY expires LIMIT ?)`).run(nowSeconds, limit).changes);
  }
  return swept;
}

function runQuery(statements: Statements, query: Query): Page {
  const range = rangeOf(query);
  const partition = query.index === undefined ? 'pk' : `${query.index}p`;
  const sort = query.index === undefined ? 'sk' : `${query.index}s`;
  const order = query.reverse === true ? 'DESC' : 'ASC';
  const after = query.reverse === true ? '<' : '>';
  const conditions = [`${partition} = ?`, `${sort} IS NOT NULL`];
  const values: SQLInputValue[] = [query.pk];
  for (const [operator, value] of range) {
    conditions.push(`${sort} ${operator} ?`);
    values.push(value);
  }
  if (query.cursor !== undefined) {
    conditions.push(query.index === undefined ? `sk ${after} ?` : `(${sort}, id) ${after} (?, ?)`);
    values.push(...decodeCursor(query.cursor, query.index === undefined ? ['string'] : ['string', 'number']));
  }
  const statement = statements.get(`q${query.table}${order}${conditions.join()}`, () =>
    `SELECT id, pk, sk, ${sort}, ${ITEM_TEXT} FROM ${sqlTable(query.table)} WHERE ${conditions.join(' AND ')} ORDER BY ${sort} ${order}, id ${order} LIMIT ?`);
  const found = statement.all(...values, query.limit + 1) as unknown as [number, string, string, string, string][];
  const rows: Row[] = found.slice(0, query.limit).map((row) => ({ pk: row[1], sk: row[2], item: parseItem(row[4]) }));
  const last = found[query.limit - 1];
  if (found.length <= query.limit || last === undefined) return { rows };
  return { rows, cursor: encodeCursor(query.index === undefined ? [last[2]] : [last[3], last[0]]) };
}

function rangeOf({ from, to, prefix }: Query): [operator: string, value: string][] {
  const range: [string, string][] = [];
  const lower = prefix ?? from;
  if (lower !== undefined && lower !== '') range.push(['>=', lower]);
  if (to !== undefined) range.push(['<=', to]);
  const end = prefix === undefined ? undefined : endOfPrefix(prefix);
  if (end !== undefined) range.push(['<', end]);
  return range;
}

