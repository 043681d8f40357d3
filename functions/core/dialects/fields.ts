import { fail } from '../errors.ts';

export type Fields = Readonly<Record<string, unknown>>;

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Throws `invalid_request` with `param`, in words that fit both dialects. */
export function wrong(param: string, expected: string): never {
  return fail('invalid_request', `Invalid value for '${param}': expected ${expected}.`, { param });
}

/*
 * Typed reads of one member. Absent and null mean "not given" and give undefined; any other type throws
 * `invalid_request` naming the member. `path` is the name of the enclosing value, '' at the top level.
 */

export function named(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`;
}

export function stringOf(fields: Fields, name: string, path = '', maxLength = Infinity): string | undefined {
  const value = fields[name];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'string') return wrong(named(path, name), 'a string');
  return value.length > maxLength ? wrong(named(path, name), `at most ${maxLength} characters`) : value;
}

export function requiredString(fields: Fields, name: string, path = '', maxLength = Infinity): string {
  const value = stringOf(fields, name, path, maxLength);
  return value === undefined || value === '' ? wrong(named(path, name), 'a non-empty string') : value;
}

export function booleanOf(fields: Fields, name: string, path = ''): boolean | undefined {
  const value = fields[name];
  if (value === undefined || value === null) return undefined;
  return typeof value === 'boolean' ? value : wrong(named(path, name), 'true or false');
}

export function numberOf(fields: Fields, name: string, path = ''): number | undefined {
  const value = fields[name];
  if (value === undefined || value === null) return undefined;
  return typeof value === 'number' && Number.isFinite(value) ? value : wrong(named(path, name), 'a number');
}

/** A whole number in [least, most]. */
export function integerOf(fields: Fields, name: string, least: number, most: number, path = ''): number | undefined {
  const value = numberOf(fields, name, path);
  if (value === undefined) return undefined;
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  return wrong(named(path, name), most === Number.MAX_SAFE_INTEGER ? `a whole number of at least ${least}` : `a whole number from ${least} to ${most}`);
}

export function fieldsOf(fields: Fields, name: string, path = ''): Fields | undefined {
  const value = fields[name];
  if (value === undefined || value === null) return undefined;
  return isFields(value) ? value : wrong(named(path, name), 'an object');
}

export function listOf(fields: Fields, name: string, maxItems: number, path = ''): readonly unknown[] | undefined {
  const value = fields[name];
  if (value === undefined || value === null) return undefined;
  if (!Array.isArray(value)) return wrong(named(path, name), 'an array');
  return value.length > maxItems ? wrong(named(path, name), `at most ${maxItems} items`) : value;
}

/** A string, or a list of strings, as a list. */
export function stringsOf(fields: Fields, name: string, maxItems: number): readonly string[] | undefined {
  if (typeof fields[name] === 'string') return [fields[name]];
  return listOf(fields, name, maxItems)?.map((item, at) => (typeof item === 'string' ? item : wrong(`${name}[${at}]`, 'a string')));
}

/** What upstreams send is read without complaint: anything of another type is undefined. */
export function textIn(fields: Fields | undefined, name: string): string | undefined {
  const value = fields?.[name];
  return typeof value === 'string' ? value : undefined;
}

export function fieldsIn(fields: Fields | undefined, name: string): Fields | undefined {
  const value = fields?.[name];
  return isFields(value) ? value : undefined;
}

export function listIn(fields: Fields | undefined, name: string): readonly unknown[] {
  const value = fields?.[name];
  return Array.isArray(value) ? value : [];
}

/** A token count: a whole number of at least 0, else undefined. */
export function countIn(fields: Fields | undefined, name: string): number | undefined {
  const value = fields?.[name];
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined;
}

/** The members of `fields` whose names are not in `known`. */
export function extrasOf(fields: Fields, known: ReadonlySet<string>): Record<string, unknown> {
  const extras: Record<string, unknown> = {};
  for (const name in fields) if (!known.has(name)) extras[name] = fields[name];
  return extras;
}

/** Bounds of a request. */
export const MAX_MESSAGES = 2_000;
export const MAX_TOOLS = 256;
export const MAX_PARTS = 10_000;
export const MAX_MODEL_NAME = 256;
export const MAX_TOOL_NAME = 512;
export const MAX_STOPS = 64;
