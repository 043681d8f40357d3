import { StoreError, TABLES, type Guard, type Item, type Key, type Op, type Query, type Value } from './port.ts';

/** Bounds of DynamoDB (service quotas page), kept by both engines so that what works on one machine works in AWS. */
export const MAX_OPS = 100;
export const MAX_ITEM_BYTES = 400 * 1024;
export const MAX_BATCH_BYTES = 4 * 1024 * 1024;
const MAX_PK_BYTES = 2048;
const MAX_SK_BYTES = 1024;
const MAX_DEPTH = 32;
const SMALLEST_NUMBER = 1e-130;
const TABLE_NAMES: ReadonlySet<string> = new Set(TABLES);
const INDEX_ATTRIBUTE = /^i[123][ps]$/;
const isIndexAttribute = (name: string): boolean => name.length === 3 && INDEX_ATTRIBUTE.test(name);

const invalid = (message: string): StoreError => new StoreError('invalid', message);

export const keyOf = (op: Op): Key => ('put' in op ? op.put : 'update' in op ? op.update : op.delete);

/**
 * Throws `StoreError('invalid')` for a batch that an engine must refuse: empty, over 100 operations or 4 MB, a key
 * twice, a key or item out of bounds, an attribute name an update cannot carry, a value that is no JSON.
 */
export function validateOps(ops: readonly Op[]): void {
  if (ops.length === 0) throw invalid('a batch needs at least one operation');
  if (ops.length > MAX_OPS) throw invalid(`a batch has at most ${MAX_OPS} operations`);
  if (ops.length > 1) refuseDuplicates(ops);
  let total = 0;
  for (const op of ops) {
    const key = keyOf(op);
    validateKey(key);
    if (op.guards !== undefined) for (const guard of op.guards) validateGuard(guard);
    let bytes = 0;
    if ('put' in op) bytes = itemBytes(op.item, false);
    else if ('update' in op) bytes = validateUpdate(op);
    if (bytes + key.pk.length + key.sk.length > MAX_ITEM_BYTES) throw invalid('the item is larger than 400 KB');
    total += bytes;
  }
  if (total > MAX_BATCH_BYTES) throw invalid('the batch is larger than 4 MB');
}

/** Throws `StoreError('invalid')` for a key outside the closed set of tables or DynamoDB's length bounds. */
export function validateKey(key: Key): void {
  if (!TABLE_NAMES.has(key.table)) throw invalid(`unknown table ${key.table}`);
  validateText(key.pk, MAX_PK_BYTES, 'pk');
  validateText(key.sk, MAX_SK_BYTES, 'sk');
}

export function validateQuery(query: Query): void {
  if (!TABLE_NAMES.has(query.table)) throw invalid(`unknown table ${query.table}`);
  validateText(query.pk, MAX_PK_BYTES, 'pk');
  if (!Number.isInteger(query.limit) || query.limit < 1 || query.limit > 1000) throw invalid('limit is 1 to 1000');
  if (query.prefix !== undefined && (query.from !== undefined || query.to !== undefined)) throw invalid('a query takes a range or a prefix, not both');
}

function validateText(text: unknown, maxBytes: number, what: string): void {
  if (typeof text !== 'string' || text === '') throw invalid(`${what} must be a non-empty string`);
  if (text.length * 3 > maxBytes && Buffer.byteLength(text) > maxBytes) throw invalid(`${what} is longer than ${maxBytes} bytes`);
}

function refuseDuplicates(ops: readonly Op[]): void {
  const seen = new Set<string>();
  for (const op of ops) {
    const { table, pk, sk } = keyOf(op);
    const id = JSON.stringify([table, pk, sk]);
    if (seen.has(id)) throw invalid('a batch names each key once');
    seen.add(id);
  }
}

function validateGuard(guard: Guard): void {
  if (!('attr' in guard)) return;
  validateName(guard.attr);
  for (const bound of ['atMost', 'atLeast', 'equals'] as const) {
    const value = (guard as Record<string, unknown>)[bound];
    if (typeof value === 'number') validateNumber(value);
  }
}

type Update = Extract<Op, { update: Key }>;

function validateUpdate(op: Update): number {
  let bytes = 0;
  const { set, add, remove } = op;
  if (set !== undefined) bytes += itemBytes(set, true);
  if (add !== undefined) {
    for (const name in add) {
      validateName(name);
      validateNumber(add[name] as number);
      if (isIndexAttribute(name)) throw invalid(`${name} is a string`);
      if (set?.[name] !== undefined) throw invalid(`${name} is both set and added to`);
      bytes += name.length + 8;
    }
  }
  if (remove !== undefined && remove.length > 0) {
    for (const name of remove) {
      validateName(name);
      if (set?.[name] !== undefined || add?.[name] !== undefined) throw invalid(`${name} is both changed and removed`);
    }
    if (remove.length > 1 && new Set(remove).size < remove.length) throw invalid('an attribute is removed twice');
  }
  return bytes;
}

/** Names become part of a JSON path in SQL, so the alphabet is closed and checked without a backtracking pattern. */
function validateName(name: string): void {
  if (name === 'pk' || name === 'sk' || name === '__proto__') throw invalid(`${name} is not an attribute`);
  if (name.length === 0 || name.length > 255) throw invalid('an attribute name has 1 to 255 characters');
  for (let i = 0; i < name.length; i += 1) {
    const c = name.charCodeAt(i);
    const isWord = (c >= 97 && c <= 122) || (c >= 48 && c <= 57) || (c >= 65 && c <= 90) || c === 95;
    if (!isWord) throw invalid('an attribute name has only letters, digits and _');
  }
}

/** DynamoDB's client refuses integers that a double cannot hold, its service numbers under 1E-130. */
function validateNumber(value: number): void {
  if (value === (value | 0)) return;
  const size = Math.abs(value);
  if (!(size <= Number.MAX_SAFE_INTEGER) || (size < SMALLEST_NUMBER && size !== 0)) throw invalid('a number is out of range');
}

/** An item's size as DynamoDB counts it: UTF-8 names and values, and a little for each nesting. */
function itemBytes(item: Item, wordNames: boolean): number {
  let upper = 0;
  for (const name in item) {
    const value = item[name];
    if (value === undefined) continue;
    if (wordNames) validateName(name);
    else if (name === 'pk' || name === 'sk' || name === '' || name === '__proto__') throw invalid('pk, sk, __proto__ and the empty name are not attributes');
    if (isIndexAttribute(name)) validateText(value, name.endsWith('p') ? MAX_PK_BYTES : MAX_SK_BYTES, name);
    upper += name.length * 3 + upperBytes(value, 1);
  }
  return upper > MAX_ITEM_BYTES ? exactBytes(item) : upper;
}

/** Never less than the true size and cheap: three bytes for each UTF-16 unit. */
function upperBytes(value: Value, depth: number): number {
  if (typeof value === 'string') return value.length * 3;
  if (typeof value === 'number') {
    validateNumber(value);
    return 21;
  }
  if (value === null || typeof value === 'boolean') return 1;
  if (typeof value !== 'object') throw invalid('an attribute is JSON');
  if (depth >= MAX_DEPTH) throw invalid(`values are nested at most ${MAX_DEPTH} levels deep`);
  let bytes = 3;
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i += 1) bytes += 1 + upperBytes(value[i] as Value, depth + 1);
    return bytes;
  }
  for (const name in value) {
    const member = value[name];
    if (member !== undefined) bytes += 1 + name.length * 3 + upperBytes(member, depth + 1);
  }
  return bytes;
}

function exactBytes(value: Value): number {
  if (typeof value === 'string') return Buffer.byteLength(value);
  if (typeof value === 'number') return 8;
  if (value === null || typeof value === 'boolean') return 1;
  let bytes = 3;
  if (Array.isArray(value)) {
    for (const entry of value) bytes += 1 + exactBytes(entry);
    return bytes;
  }
  for (const name in value) {
    const member = value[name];
    if (member !== undefined) bytes += 1 + Buffer.byteLength(name) + exactBytes(member);
  }
  return bytes;
}
