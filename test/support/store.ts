import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openSqliteStore, type SqliteOptions, type SqliteStore } from '../../functions/adapters/store/sqlite.ts';

export interface TempStore {
  readonly store: SqliteStore;
  readonly file: string;
  /** Closes the store and removes its folder. */
  cleanup(): Promise<void>;
}

/** A SQLite store in a fresh temporary folder. */
export async function tempStore(options: SqliteOptions = {}): Promise<TempStore> {
  const dir = await mkdtemp(join(tmpdir(), 'bsg-store-'));
  const file = join(dir, 'store.sqlite');
  const store = openSqliteStore(file, options);
  return {
    store,
    file,
    async cleanup() {
      await store.close();
      await rm(dir, { recursive: true, force: true });
    },
  };
}
