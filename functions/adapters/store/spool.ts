import { appendFileSync, closeSync, existsSync, fstatSync, fsyncSync, ftruncateSync, openSync, readFileSync, renameSync, unlinkSync } from 'node:fs';
import type { LedgerEntry } from '../../contract/index.ts';

/** A settlement that the store could not take. */
export interface Spooled {
  readonly tenantId: string;
  readonly entry: LedgerEntry;
  /** The tenant's, where the request was admitted without the store. */
  readonly timezone?: string;
  /** The request has only begun, in the process of this name: the entry is what is true of it if that process dies. */
  readonly begunBy?: string;
}

export type Begun = Spooled & { readonly begunBy: string };

/** Where settlements wait while the store is away: appended one by one, taken back all at once. */
export interface Spool {
  /**
   * Takes down that a request has begun, where that can outlive the process. Throws when neither this nor, later, the
   * settlement could be kept.
   */
  begin(record: Begun): void;
  /** Throws when it cannot be kept either. */
  append(record: Spooled): void;
  /** Everything that waits; it waits on until `done` is called. What is appended meanwhile is for the next time. */
  take(): Batch;
  readonly isEmpty: boolean;
  /** So much waits that nothing more should be begun whose settlement may have to wait too. */
  readonly isFull: boolean;
  /** Puts what would end with the process where it outlives it; returns how much could not be put there. */
  persist(): number;
}

/** What was taken. */
export interface Batch {
  readonly records: readonly Spooled[];
  /** All are written but `stillRunning`, which wait on. Throws where these cannot be kept: then the whole batch waits on. */
  done(stillRunning?: readonly Spooled[]): void;
}

/**
 * Holds them in memory: for hosts without a disk. It is full at `maxRecords`, and takes as many again of requests that
 * had begun before. A process that dies loses them, and its leases tell of them.
 */
export function memorySpool(maxRecords = 10_000): Spool {
  let records: Spooled[] = [];
  return {
    begin() { /* it would end with the process, as the request does */ },
    append(record) {
      if (records.length >= 2 * maxRecords) throw new Error('the spool is full');
      records.push(record);
    },
    take() {
      const taken = [...records];
      return { records: taken, done(stillRunning = []) { records = [...stillRunning, ...records.slice(taken.length)]; } };
    },
    get isEmpty() {
      return records.length === 0;
    },
    get isFull() {
      return records.length >= maxRecords;
    },
    persist: () => records.length,
  };
}

/**
 * An append-only file of JSON lines, one write a line and flushed to the disk, so that a killed process leaves at most one
 * half line, which is ignored. A line that the disk has no room for is taken back, or ended by the next one. While a batch
 * is taken the file goes by the name `<path>.taken` and is found there after a crash.
 */
export function fileSpool(path: string): Spool {
  const taken = `${path}.taken`;
  let isEmpty = !existsSync(path) && !existsSync(taken);
  const append = (record: Spooled): void => {
    // Begins with a line end, so that a half line before it spoils nothing but itself.
    appendWhole(path, `\n${JSON.stringify(record)}\n`);
    isEmpty = false;
  };
  return {
    begin: append,
    append,
    take() {
      if (existsSync(taken) && existsSync(path)) {
        // A batch that was not finished: what has come since belongs to it, in the order in which it came. What a kill in between
        // leaves in both files is the same record twice, which is as good as once.
        appendWhole(taken, `\n${readFileSync(path, 'utf8')}`);
        unlinkSync(path);
      } else if (existsSync(path)) renameSync(path, taken);
      return {
        records: existsSync(taken) ? readFileSync(taken, 'utf8').split('\n').flatMap(recordOf) : [],
        done(stillRunning = []) {
          for (const record of stillRunning) append(record);
          if (existsSync(taken)) unlinkSync(taken);
          isEmpty = !existsSync(path);
        },
      };
    },
    get isEmpty() {
      return isEmpty;
    },
    isFull: false,
    persist: () => 0,
  };
}

/** The first spool, and the second for what the first cannot take: a file, and memory while its disk is full. */
export function layeredSpool(first: Spool, second: Spool): Spool {
  return {
    begin(record) {
      try {
        first.begin(record);
      } catch {
        // The settlement will find room in the second: what this process serves is not lost while it lives.
        second.begin(record);
      }
    },
    append(record) {
      try {
        first.append(record);
      } catch {
        second.append(record);
      }
    },
    take() {
      const [one, two] = [first.take(), second.take()];
      return {
        records: [...one.records, ...two.records],
        done(stillRunning) {
          two.done();
          one.done(stillRunning);
        },
      };
    },
    get isEmpty() {
      return first.isEmpty && second.isEmpty;
    },
    get isFull() {
      return first.isFull || second.isFull;
    },
    persist() {
      const { records, done } = second.take();
      try {
        for (const record of records) first.append(record);
        done();
        return 0;
      } catch {
        // Some may be in both now: the ledger takes each entry once.
        return records.length;
      }
    },
  };
}

/** What there is no room for is taken back. */
function appendWhole(path: string, text: string): void {
  const file = openSync(path, 'a', 0o600);
  try {
    const { size } = fstatSync(file);
    try {
      appendFileSync(file, text);
      fsyncSync(file);
    } catch (error) {
      ftruncateSync(file, size);
      throw error;
    }
  } finally {
    closeSync(file);
  }
}

function recordOf(line: string): Spooled[] {
  if (line === '') return [];
  try {
    return [JSON.parse(line) as Spooled];
  } catch {
    return [];
  }
}
