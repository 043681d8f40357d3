import { appendFileSync, closeSync, existsSync, fsyncSync, openSync, readFileSync, renameSync, unlinkSync } from 'node:fs';
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

/** Where settlements wait while the store is away: appended one by one, taken back all at once. */
export interface Spool {
  /** Throws when it cannot be kept either. */
  append(record: Spooled): void;
  /** Everything that waits; it waits on until `done` is called. What is appended meanwhile is for the next time. */
  take(): { readonly records: readonly Spooled[]; done(): void };
  readonly isEmpty: boolean;
  /** What was appended outlives the process. */
  readonly isDurable: boolean;
}

/** Holds them in memory, at most `maxRecords`: for hosts without a disk. A process that dies loses them, and its leases tell of them. */
export function memorySpool(maxRecords = 10_000): Spool {
  let records: Spooled[] = [];
  return {
    isDurable: false,
    append(record) {
      if (records.length >= maxRecords) throw new Error('the spool is full');
      records.push(record);
    },
    take() {
      const taken = [...records];
      return { records: taken, done() { records = records.slice(taken.length); } };
    },
    get isEmpty() {
      return records.length === 0;
    },
  };
}

/**
 * An append-only file of JSON lines, one write a line and flushed to the disk, so that a killed process leaves at most one half line
 * at its end, which is ignored. While a batch is taken the file goes by the name `<path>.taken` and is found there after a crash.
 */
export function fileSpool(path: string): Spool {
  const taken = `${path}.taken`;
  let isEmpty = !existsSync(path) && !existsSync(taken);
  return {
    isDurable: true,
    append(record) {
      // Half a line of a process that was killed must not take this one with it: it begins with a line end of its own.
      appendLines(path, `${isEmpty ? '' : '\n'}${JSON.stringify(record)}\n`);
      isEmpty = false;
    },
    take() {
      if (existsSync(taken) && existsSync(path)) {
        // A batch that was not finished: what has come since belongs to it, in the order in which it came. What a kill in between
        // leaves in both files is the same record twice, which is as good as once.
        appendLines(taken, `\n${readFileSync(path, 'utf8')}`);
        unlinkSync(path);
      } else if (existsSync(path)) renameSync(path, taken);
      return {
        records: existsSync(taken) ? readFileSync(taken, 'utf8').split('\n').flatMap(recordOf) : [],
        done() {
          if (existsSync(taken)) unlinkSync(taken);
          isEmpty = !existsSync(path);
        },
      };
    },
    get isEmpty() {
      return isEmpty;
    },
  };
}

function appendLines(path: string, text: string): void {
  const file = openSync(path, 'a', 0o600);
  try {
    appendFileSync(file, text);
    fsyncSync(file);
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
