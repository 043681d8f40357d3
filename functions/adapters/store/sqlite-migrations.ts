import type { DatabaseSync } from 'node:sqlite';
import { INDEXES, StoreError, TABLES, type Table } from './port.ts';

/** The SQL table of a port table. */
export const sqlTable = (table: Table): string => `t_${table}`;

/**
 * One SQL table for each port table. `item` is JSON text as written by a put, or JSONB once an update has touched it. The
 * attributes of the sparse indexes are copied into columns. `id` is explicit so that VACUUM keeps it: cursors carry it.
 */
function firstSchema(): string {
  return TABLES.map((name) => {
    const table = sqlTable(name);
    const columns = INDEXES.map((index) => `${index}p TEXT, ${index}s TEXT`).join(', ');
    const indexes = INDEXES.map((index) => `CREATE INDEX ${table}_${index} ON ${table} (${index}p, ${index}s) WHERE ${index}p IS NOT NULL AND ${index}s IS NOT NULL;`);
    return `CREATE TABLE ${table} (id INTEGER PRIMARY KEY, pk TEXT NOT NULL, sk TEXT NOT NULL, ${columns}, expires INTEGER, item BLOB NOT NULL);
      CREATE UNIQUE INDEX ${table}_key ON ${table} (pk, sk);
      ${indexes.join('\n')}
      CREATE INDEX ${table}_expires ON ${table} (expires) WHERE expires IS NOT NULL;`;
  }).join('\n');
}

/** Numbered from 1 by position, append only: a released migration is never edited. */
const MIGRATIONS: readonly string[] = [firstSchema()];

const versionOf = (db: DatabaseSync): number => Number(db.prepare('PRAGMA user_version').get()?.['user_version']);

/**
 * Brings a file to the newest schema, each migration in a transaction of its own; safe when several processes open a new
 * file at once. One that fails leaves the file as it was before it, to be tried again. Throws `StoreError('unavailable')`
 * for a file that a newer version has written. `migrations` is a parameter for the tests.
 */
export function migrate(db: DatabaseSync, migrations: readonly string[] = MIGRATIONS): void {
  if (versionOf(db) === migrations.length) return;
  for (;;) {
    db.exec('BEGIN IMMEDIATE');
    try {
      const version = versionOf(db);
      if (version > migrations.length) throw new StoreError('unavailable', `the database is of version ${version}, this program knows ${migrations.length}`);
      const next = migrations[version];
      if (next !== undefined) db.exec(`${next};\nPRAGMA user_version = ${version + 1}`);
      db.exec('COMMIT');
      if (next === undefined) return;
    } catch (error) {
      // Some errors, such as a full disk, have rolled back by themselves.
      if (db.isTransaction) db.exec('ROLLBACK');
      throw error;
    }
  }
}
