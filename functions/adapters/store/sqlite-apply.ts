import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import { dictionaryItem } from './entity.ts';
import { guardsHold } from './guards.ts';
import { StoreError, type Guard, type Item, type Key, type Op, type Table, type Value, type WriteResult } from './port.ts';
import { sqlTable } from './sqlite-migrations.ts';
import { MAX_ITEM_BYTES } from './validate-ops.ts';

/** Reads the `item` column as text whichever way it is stored. */
export const ITEM_TEXT = `CASE typeof(item) WHEN 'text' THEN item ELSE json(item) END`;
const COLUMNS = ['i1p', 'i1s', 'i2p', 'i2s', 'i3p', 'i3s'] as const;
const COLUMN_NAMES: ReadonlySet<string> = new Set([...COLUMNS, 'expiresAt']);
const MAX_STATEMENTS = 500;
/** SQL functions of older builds take 127 arguments. */
const PAIRS_PER_CALL = 60;

export interface Statements { get(id: string, sql: () => string): StatementSync }

/** Prepared statements by a short id of their shape; rows come as arrays. Bounded: forgetting one only costs a new parse. */
export function openStatements(db: DatabaseSync): Statements {
  const known = new Map<string, StatementSync>();
  return {
    get(id, sql) {
      const held = known.get(id);
      if (held !== undefined) return held;
      if (known.size >= MAX_STATEMENTS) known.clear();
      const made = db.prepare(sql());
      made.setReturnArrays(true);
      known.set(id, made);
      return made;
    },
  };
}

export const rowOf = (statement: StatementSync, ...values: SQLInputValue[]): unknown[] | undefined => statement.get(...values) as unknown as unknown[] | undefined;
export const parseItem = (text: unknown): Item => JSON.parse(text as string) as Item;

/** One operation with its stored state read: whether its guards hold, and how to carry it out. */
interface Plan {
  readonly holds: boolean;
  apply(): void;
  readonly after: Item | undefined;
  readonly before: Item | undefined;
}

/**
 * Carries out one batch inside the caller's transaction: reads what the guards name, checks them all, only then writes.
 * `StoreError('invalid')` is thrown before anything was changed; any other error leaves the transaction to be rolled back.
 */
export function applyBatch(statements: Statements, ops: readonly Op[]): WriteResult {
  const isSingle = ops.length === 1;
  const [first] = ops;
  if (isSingle && first !== undefined && 'put' in first && isOnlyAbsent(first.guards)) return putNew(statements, first);
  const plans: Plan[] = [];
  for (const [index, op] of ops.entries()) {
    const plan = 'update' in op ? planUpdate(statements, op, isSingle) : planReplace(statements, op, isSingle);
    if (!plan.holds) return { ok: false, index, current: readItem(statements, 'put' in op ? op.put : 'update' in op ? op.update : op.delete) };
    plans.push(plan);
  }
  for (const plan of plans) plan.apply();
  return { ok: true, after: plans.map((plan) => plan.after), before: plans.map((plan) => plan.before) };
}

const isOnlyAbsent = (guards: readonly Guard[] | undefined): boolean => guards?.length === 1 && guards[0] !== undefined && !('attr' in guards[0]) && 'absent' in guards[0];

/** A put that must find nothing need not look first: every request's ledger row is one. */
function putNew(statements: Statements, { put: key, item }: Extract<Op, { put: Key }>): WriteResult {
  if (insertNew(statements, key, item)) return { ok: true, after: [item], before: [undefined] };
  return { ok: false, index: 0, current: readItem(statements, key) };
}

export function readItem(statements: Statements, key: Key): Item | undefined {
  const text = readText(statements, key);
  return text === undefined ? undefined : parseItem(text);
}

/** The stored JSON text of an item. */
export function readText(statements: Statements, { table, pk, sk }: Key): string | undefined {
  const row = rowOf(statements.get(`g${table}`, () => `SELECT ${ITEM_TEXT} FROM ${sqlTable(table)} WHERE pk = ? AND sk = ?`), pk, sk);
  return row?.[0] as string | undefined;
}

type Replace = Extract<Op, { put: Key } | { delete: Key }>;

function planReplace(statements: Statements, op: Replace, isSingle: boolean): Plan {
  const isPut = 'put' in op;
  const key = isPut ? op.put : op.delete;
  const guards = op.guards ?? [];
  const old = isSingle || guards.length > 0 ? readItem(statements, key) : undefined;
  return {
    holds: guardsHold(guards, old !== undefined, (attr) => old?.[attr]),
    apply() {
      if (isPut) insertItem(statements, key, op.item);
      else statements.get(`d${key.table}`, () => `DELETE FROM ${sqlTable(key.table)} WHERE pk = ? AND sk = ?`).run(key.pk, key.sk);
    },
    after: isPut ? op.item : undefined,
    before: isSingle ? old : undefined,
  };
}

const INSERT_COLUMNS = ['pk', 'sk', ...COLUMNS, 'expires', 'item'];

const insertSql = (table: Table): string =>
  `INSERT INTO ${sqlTable(table)} (${INSERT_COLUMNS.join(', ')}) VALUES (${INSERT_COLUMNS.map(() => '?').join(', ')}) ON CONFLICT (pk, sk) DO`;

/** Stores a whole item, replacing any; the length of its text. */
export function insertItem(statements: Statements, key: Key, item: Item): number {
  const json = JSON.stringify(item);
  const { table } = key;
  statements.get(`p${table}`, () => `${insertSql(table)} UPDATE SET ${INSERT_COLUMNS.slice(2).map((column) => `${column} = excluded.${column}`).join(', ')}`).run(...columnsOf(key, item), json);
  return json.length;
}

/** Stores a whole item where there is none; false where there is one. */
function insertNew(statements: Statements, key: Key, item: Item): boolean {
  const { table } = key;
  return Number(statements.get(`n${table}`, () => `${insertSql(table)} NOTHING`).run(...columnsOf(key, item), JSON.stringify(item)).changes) > 0;
}

const columnsOf = ({ pk, sk }: Key, item: Item): (string | number | null)[] => [
  pk, sk, text(item['i1p']), text(item['i1s']), text(item['i2p']), text(item['i2s']), text(item['i3p']), text(item['i3s']), expires(item['expiresAt']),
];

const text = (value: Value | undefined): string | null => (typeof value === 'string' ? value : null);
const expires = (value: Value | undefined): number | null => (typeof value === 'number' ? Math.floor(value) : null);

type Update = Extract<Op, { update: Key }>;

/** Reads only the attributes that the guards and additions name, so that a large item is never parsed in JavaScript. */
function planUpdate(statements: Statements, op: Update, isSingle: boolean): Plan {
  const { update: key, set = {}, add = {}, remove = [], guards = [] } = op;
  const added = Object.keys(add);
  const names = namesToRead(guards, added);
  const statement = statements.get(`r${key.table}${names.length}`, () =>
    `SELECT id, octet_length(item)${', item -> ?'.repeat(names.length)} FROM ${sqlTable(key.table)} WHERE pk = ? AND sk = ?`);
  const row = rowOf(statement, ...names.map((name) => `$.${name}`), key.pk, key.sk);
  const read = (name: string): Value | undefined => {
    const json = row?.[names.indexOf(name) + 2];
    return typeof json === 'string' ? JSON.parse(json) as Value : undefined;
  };
  const nothing = { holds: false, apply() {}, after: undefined, before: undefined };
  if (!guardsHold(guards, row !== undefined, read)) return nothing;
  const changed = dictionaryItem();
  for (const name in set) if (set[name] !== undefined) changed[name] = set[name];
  for (const name of added) {
    const old = read(name);
    if (old !== undefined && typeof old !== 'number') throw new StoreError('invalid', `${name} is not a number`);
    changed[name] = (old ?? 0) + (add[name] ?? 0);
  }
  const pairs: string[] = [];
  let bytes = 0;
  for (const name in changed) {
    const json = JSON.stringify(changed[name]);
    bytes += name.length + json.length;
    pairs.push(`$.${name}`, json);
  }
  if (row !== undefined && Number(row[1]) + bytes > MAX_ITEM_BYTES) refuseGrowth(readItem(statements, key), changed, remove);
  return {
    holds: true,
    apply() {
      if (row === undefined) insertItem(statements, key, changed);
      else changeItem(statements, key, Number(row[0]), { changed, pairs, remove });
    },
    after: isSingle ? changed : undefined,
    before: undefined,
  };
}

/** The quick sum counts replaced attributes twice; here the item is built to know. Throws `StoreError('invalid')` past 400 KB. */
export function refuseGrowth(old: Item | undefined, changed: Item, remove: readonly string[]): void {
  const item: Item = { ...old, ...changed };
  for (const name of remove) item[name] = undefined;
  if (Buffer.byteLength(JSON.stringify(item)) > MAX_ITEM_BYTES) throw new StoreError('invalid', 'the item is larger than 400 KB');
}

function namesToRead(guards: readonly Guard[], added: readonly string[]): string[] {
  const names = [...added];
  for (const guard of guards) if ('attr' in guard && !names.includes(guard.attr)) names.push(guard.attr);
  return names;
}

interface Change { readonly changed: Item; readonly pairs: readonly string[]; readonly remove: readonly string[] }

function changeItem(statements: Statements, { table }: Key, id: number, { changed, pairs, remove }: Change): void {
  const columns: string[] = [];
  const columnValues: (string | number | null)[] = [];
  const column = (name: string, value: Value | undefined): void => {
    columns.push(name === 'expiresAt' ? 'expires' : name);
    columnValues.push(name === 'expiresAt' ? expires(value) : text(value));
  };
  for (const name in changed) if (COLUMN_NAMES.has(name)) column(name, changed[name]);
  for (const name of remove) if (COLUMN_NAMES.has(name)) column(name, undefined);
  if (pairs.length === 0 && remove.length === 0) return;
  const statement = statements.get(`u${table}${remove.length},${pairs.length},${columns.join()}`, () => {
    const edits = [`item = ${editSql(remove.length, pairs.length)}`, ...columns.map((name) => `${name} = ?`)];
    return `UPDATE ${sqlTable(table)} SET ${edits.join(', ')} WHERE id = ?`;
  });
  statement.run(...remove.map((name) => `$.${name}`), ...pairs, ...columnValues, id);
}

/** `jsonb_set(jsonb_remove(item, path…), path, value…)` in calls of a bounded number of arguments. */
function editSql(removed: number, pairParts: number): string {
  let sql = 'item';
  for (let left = removed; left > 0; left -= PAIRS_PER_CALL) sql = `jsonb_remove(${sql}${', ?'.repeat(Math.min(left, PAIRS_PER_CALL))})`;
  for (let left = pairParts / 2; left > 0; left -= PAIRS_PER_CALL) sql = `jsonb_set(${sql}${', ?, jsonb(?)'.repeat(Math.min(left, PAIRS_PER_CALL))})`;
  return sql;
}
