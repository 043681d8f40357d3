import { createHash } from 'node:crypto';
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from '@jest/globals';
import { migrate } from '../../../functions/adapters/store/sqlite-migrations.ts';

const versionOf = (db: DatabaseSync): unknown => db.prepare('PRAGMA user_version').get()?.['user_version'];
const tablesOf = (db: DatabaseSync): unknown[] => db.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name").all().map(({ name }) => name);

/** What each released version makes of an empty file. A line here is never changed: files that exist were made by it. */
const RELEASED: readonly string[] = ['52ac4441f18d8af5'];

test('a released migration is never edited: an empty file becomes what it always became', () => {
  const db = new DatabaseSync(':memory:');
  migrate(db);
  expect(versionOf(db)).toBe(RELEASED.length);
  const schema = db.prepare('SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY type, name').all().map(({ type, name, tbl_name: table, sql }) => [type, name, table, typeof sql === 'string' ? sql.replaceAll(/\s+/g, ' ') : null]);
  expect(createHash('sha256').update(JSON.stringify(schema)).digest('hex').slice(0, 16)).toBe(RELEASED.at(-1));
});

test('migrations run in order, each once, and keep what is there', () => {
  const db = new DatabaseSync(':memory:');
  const steps = ['CREATE TABLE a (x)', "ALTER TABLE a ADD COLUMN y DEFAULT 'new'", 'CREATE TABLE b (x)'];
  migrate(db, steps.slice(0, 1));
  db.exec("INSERT INTO a (x) VALUES ('old')");
  migrate(db, steps);
  migrate(db, steps);
  expect([versionOf(db), tablesOf(db), db.prepare('SELECT x, y FROM a').all()]).toEqual([3, ['a', 'b'], [{ x: 'old', y: 'new' }]]);
});

test('one that fails leaves the file at the version before it, and is tried again at the next start', () => {
  const db = new DatabaseSync(':memory:');
  const bad = ['CREATE TABLE a (x)', 'CREATE TABLE b (x); CREATE TABLE a (x)'];
  expect(() => migrate(db, bad)).toThrow('already exists');
  expect([versionOf(db), tablesOf(db), db.isTransaction]).toEqual([1, ['a'], false]);
  migrate(db, ['CREATE TABLE a (x)', 'CREATE TABLE b (x)']);
  expect([versionOf(db), tablesOf(db)]).toEqual([2, ['a', 'b']]);
  expect(() => migrate(db, ['CREATE TABLE a (x)'])).toThrow('the database is of version 2, this program knows 1');
});
