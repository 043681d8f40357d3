import type * as z from 'zod/mini';

/** The first thing wrong with a document: where (path and RFC 6901 pointer) and a sentence that its author can act on. */
export interface Issue {
  readonly path: readonly (string | number)[];
  readonly pointer: string;
  readonly message: string;
}

type Raw = z.core.$ZodIssue;

/** The first issue of a failed parse, in words of our own: zod/mini ships none. Never quotes the value it found. */
export function firstIssue(error: z.core.$ZodError, document: unknown): Issue {
  const raw = innermost(error.issues[0] as Raw);
  const path = [...raw.path, ...(raw.code === 'unrecognized_keys' ? raw.keys.slice(0, 1) : [])].map((part) => (typeof part === 'symbol' ? String(part) : part));
  return { path, pointer: pointerOf(path), message: sentence(raw, valueAt(document, path) === undefined) };
}

/** RFC 6901: each step behind a slash, with `~` and `/` escaped. */
export const pointerOf = (path: readonly (string | number)[]): string =>
  path.map((step) => `/${String(step).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');

/** Of a union the alternative that got furthest into the value; the union itself says nothing. */
function innermost(issue: Raw): Raw {
  if (issue.code !== 'invalid_union') return issue;
  const deepest = issue.errors.flat().toSorted((a, b) => b.path.length - a.path.length)[0];
  return deepest === undefined || deepest.path.length === 0 ? issue : innermost({ ...deepest, path: [...issue.path, ...deepest.path] });
}

function valueAt(document: unknown, path: readonly (string | number)[]): unknown {
  let value = document;
  for (const step of path) value = typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[step] : undefined;
  return value;
}

function sentence(issue: Raw, missing: boolean): string {
  if (issue.code === 'unrecognized_keys') return 'There is no such field.';
  if (missing) return 'This field is required.';
  if (issue.message !== 'Invalid input') return `${issue.message.charAt(0).toUpperCase()}${issue.message.slice(1)}.`;
  switch (issue.code) {
    case 'invalid_type': return `This must be ${TYPES[issue.expected] ?? issue.expected}.`;
    case 'invalid_value': return `This must be ${listed(issue.values)}.`;
    case 'too_small': return `This must ${bound(issue.origin, issue.inclusive === false ? 'more than' : 'at least', Number(issue.minimum))}.`;
    case 'too_big': return `This must ${bound(issue.origin, issue.inclusive === false ? 'less than' : 'at most', Number(issue.maximum))}.`;
    case 'invalid_format': return issue.format === 'datetime' ? 'This must be a time such as 2026-12-31T23:59:59Z.' : 'This is not written as it must be.';
    case 'invalid_union': return 'This is not of a type that is allowed here.';
    default: return 'This is not a valid value.';
  }
}

const TYPES: Readonly<Record<string, string>> = {
  string: 'a text', number: 'a number', int: 'a whole number', boolean: 'true or false', array: 'a list', object: 'an object', tuple: 'a list',
};

function listed(values: readonly unknown[]): string {
  const words = values.map((value) => JSON.stringify(value));
  return words.length === 1 ? String(words[0]) : `one of ${words.join(', ')}`;
}

function bound(origin: string, comparison: string, limit: number): string {
  if (origin === 'string') return `have ${comparison} ${limit} characters`;
  if (origin === 'array') return `have ${comparison} ${limit} entries`;
  return `be ${comparison} ${limit}`;
}
