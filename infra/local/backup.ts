import { closeSync, copyFileSync, existsSync, fsyncSync, openSync, renameSync, rmSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { backup, DatabaseSync } from 'node:sqlite';
import { StartError } from './command-line.ts';
import { openSqliteStore } from '../../functions/adapters/store/sqlite.ts';
import { localKeys, readOrCreateMasterKey } from '../../functions/adapters/vault/local-key.ts';
import { openDataFolder } from './data-folder.ts';
import { masterKeyFits } from './master-key-fits.ts';

/**
 * All pages in one step, and thus from one moment. In smaller steps SQLite begins again after each write of another
 * process: a copy of a busy gateway's database would never end. Writers do not wait meanwhile.
 */
const ALL_PAGES = 2 ** 31 - 1;

export interface BackedUp {
  readonly bytes: number;
  /** Bytes of settlements that waited for the store and are not in the copy. */
  readonly spooled: number;
}

/**
 * Copies the database of a data folder to `file`, consistent as of one moment, also while the gateway runs and writes
 * (SQLite's online backup). Credentials in it stay sealed: the copy is worth nothing without `master.key`, which is not
 * in it and must be kept elsewhere. Throws `StartError` when there is no database or `file` exists already.
 */
export async function backUp(dataDir: string, file: string): Promise<BackedUp> {
  const database = join(resolve(dataDir), 'bsgateway.sqlite');
  if (!existsSync(database)) throw new StartError(`There is no database in ${resolve(dataDir)}; name the data folder with --data.`);
  if (existsSync(file)) throw new StartError(`${file} exists already; a backup never replaces anything.`);
  process.umask(0o077);
  const source = new DatabaseSync(database, { readOnly: true, timeout: 10_000 });
  try {
    await backup(source, file, { rate: ALL_PAGES });
    requireWhole(file);
  } catch (error) {
    rmSync(file, { force: true });
    throw error;
  } finally {
    source.close();
  }
  return { bytes: statSync(file).size, spooled: statSync(join(resolve(dataDir), 'spool.jsonl'), { throwIfNoEntry: false })?.size ?? 0 };
}

/**
 * Puts a backup into a data folder that has no database yet; the `master.key` that belongs to it must lie there already,
 * or the gateway could open none of the credentials. Throws `StartError`, with nothing changed, for a folder in use or
 * with a database or what is left of one, for a file that is no whole backup, and for the key of another one.
 */
export async function restore(dataDir: string, file: string): Promise<void> {
  if (!existsSync(file)) throw new StartError(`There is no file ${file}.`);
  requireWhole(file);
  const folder = openDataFolder(dataDir, { bootId: 'restore' });
  try {
    const { database, masterKey, root } = folder.paths;
    if (existsSync(database)) throw new StartError(`${root} has a database already; restore into an empty folder and name it with --data.`);
    // SQLite would take a log that was left behind for one of the restored database, and play it back into it.
    const left = ['-wal', '-shm', '-journal'].map((ending) => `${database}${ending}`).find((path) => existsSync(path));
    if (left !== undefined) throw new StartError(`${left} is left of another database; move it away first, or restore into an empty folder.`);
    if (!existsSync(masterKey)) throw new StartError(`Put the master.key that belongs to this backup into ${root} first: without it no credential can be opened.`);
    const draft = `${database}.restoring`;
    try {
      copyFileSync(file, draft);
      await requireKeyOf(draft, masterKey);
      toDisk(draft);
      renameSync(draft, database);
    } finally {
      for (const ending of ['', '-wal', '-shm']) rmSync(`${draft}${ending}`, { force: true });
    }
  } finally {
    folder.release();
  }
}

/** Looks at the copy, so that the backup itself is never opened for writing. */
async function requireKeyOf(database: string, masterKey: string): Promise<void> {
  const store = openSqliteStore(database);
  try {
    if (!await masterKeyFits(store, localKeys(readOrCreateMasterKey(masterKey).key))) throw new StartError(`${masterKey} does not belong to this backup: it opens none of its credentials and knows none of its virtual keys.`);
  } finally {
    await store.close();
  }
}

function toDisk(path: string): void {
  const file = openSync(path, 'r+');
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/** Throws for a file that is damaged or was never one of ours. */
function requireWhole(file: string): void {
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(file, { readOnly: true });
    const verdict = database.prepare('PRAGMA integrity_check(1)').get()?.['integrity_check'];
    const ours = database.prepare("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 't_tenants'").get();
    if (verdict === 'ok' && ours !== undefined) return;
  } catch (error) {
    throw new StartError(`${file} is no backup of BSGateway, or it is damaged.`, { cause: error });
  } finally {
    database?.close();
  }
  throw new StartError(`${file} is no backup of BSGateway, or it is damaged.`);
}
