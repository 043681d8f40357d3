import * as z from 'zod/mini';
import { firstIssue } from '../contract/issue.ts';
import { AdminError } from './errors.ts';

/** Checks a query string; without a schema no parameter is allowed. Throws `invalid_request` naming the parameter that is unknown, given twice or malformed. */
export function parseQuery(schema: z.ZodMiniType | undefined, query: URLSearchParams): unknown {
  const given = new Map<string, string>();
  for (const [name, value] of query) {
    if (given.has(name)) throw new AdminError('invalid_request', 'This parameter is given twice.', { field: name });
    given.set(name, value);
  }
  // Not by assignment, which would lose a parameter called __proto__.
  const values = Object.fromEntries(given);
  const parsed = (schema ?? NOTHING).safeParse(values);
  if (parsed.success) return parsed.data;
  const { path, message } = firstIssue(parsed.error, values);
  throw new AdminError('invalid_request', message, { field: String(path[0] ?? '') });
}

const NOTHING = z.strictObject({});

/** A whole number within bounds, written in digits. */
export const wholeNumber = (least: number, most: number) => z.pipe(
  z.string().check(z.regex(/^\d{1,9}$/, 'this must be a whole number')),
  z.pipe(z.transform(Number), z.number().check(z.gte(least), z.lte(most))),
);

/** RFC 3339 with a zone → epoch milliseconds. */
export const instant = z.pipe(z.iso.datetime({ offset: true }), z.transform((text) => Date.parse(text)));

/** An IANA time zone that this runtime knows. */
export const timezone = z.string().check(z.maxLength(64), z.refine(isTimezone, 'this is not the name of a time zone'));

export function isTimezone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}
