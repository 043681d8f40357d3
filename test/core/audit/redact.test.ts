import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import * as z from 'zod/mini';
import { secret, secretPaths } from '../../../functions/contract/admin/secret.ts';
import { difference, MAX_VIEW_BYTES } from '../../../functions/core/audit/diff.ts';
import { CHANGED, isDenied, redact, SECRET } from '../../../functions/core/audit/redact.ts';
import { full } from '../../support/full.ts';

const CANARY = 'CANARY-secret-value';
const names = fc.constantFrom('apiKey', 'api_key', 'token', 'password', 'sealed', 'hash', 'name', 'id', 'price', 'marked', 'list', 'inner');
/** Any document in which secrets stand wherever their name says so. */
const documents = fc.letrec<{ value: unknown; record: Record<string, unknown> }>((tie) => ({
  value: fc.oneof({ maxDepth: 4 }, fc.constant(null), fc.integer(), fc.constant('plain'), fc.array(tie('value'), { maxLength: 4 }), tie('record')),
  record: fc.array(fc.tuple(names, tie('value')), { maxLength: 5 }).map((members) => Object.fromEntries(members.map(([name, value]) => [name, isDenied(name) || name === 'marked' ? (value === null ? null : CANARY) : value]))),
})).record;
/** Every place that `marked` can stand at here. */
const MARKED = Array.from({ length: 7 }, (_unused, depth) => [...Array.from({ length: depth }, () => '*'), 'marked']);

describe('redaction', () => {
  test('no denied and no marked value is left in either view, and what was given stays as it was', () => {
    fc.assert(fc.property(documents, documents, (before, after) => {
      const given = JSON.stringify([before, after]);
      const views = redact({ before, after }, MARKED);
      expect(JSON.stringify(views)).not.toContain(CANARY);
      expect(JSON.stringify([before, after])).toBe(given);
    }), { numRuns: full(5_000) });
  });

  test('that a secret changed is told, what it is is not', () => {
    expect(redact({ before: { apiKey: 'a' }, after: { apiKey: 'b' } })).toEqual({ before: { apiKey: SECRET }, after: { apiKey: CHANGED } });
    expect(redact({ before: { apiKey: 'a' }, after: { apiKey: 'a' } })).toEqual({ before: { apiKey: SECRET }, after: { apiKey: SECRET } });
    expect(redact({ before: null, after: { apiKey: 'a' } })).toEqual({ before: null, after: { apiKey: SECRET } });
    expect(redact({ before: { apiKey: 'a' }, after: { apiKey: null } })).toEqual({ before: { apiKey: SECRET }, after: { apiKey: null } });
  });

  test('the words are fixed: other programs read the record', () => {
    expect([SECRET, CHANGED]).toEqual(['[secret]', '[changed]']);
  });

  test.each([
    'apiKey', 'key', 'secret', 'secrets', 'password', 'token', 'accessToken', 'refreshToken', 'sessionToken', 'secretAccessKey', 'privateKey', 'authorization', 'inviteUrl',
    'sealed', 'encryptedKey', 'dataKey', 'pepper', 'hash', 'secretHash', 'tokenHash', 'keyHash', 'fingerprint',
  ])('%s is secret wherever it stands and however it is spelt', (name) => {
    const words = name.replaceAll(/[A-Z]/g, (letter) => ` ${letter}`).toLowerCase().split(' ');
    for (const spelt of [name, name.toUpperCase(), words.join('_'), words.join('-'), `${words.join(' ')} 2`]) {
      expect([spelt, isDenied(spelt)]).toEqual([spelt, true]);
      expect(redact({ before: { [spelt]: 'x' }, after: { in: [{ [spelt]: { deep: 'x' } }] } })).toEqual({ before: { [spelt]: SECRET }, after: { in: [{ [spelt]: SECRET }] } });
    }
    for (const other of [`${name}s ok`, `my${name}`, `${name}Name`]) expect([other, isDenied(other)]).toEqual([other, false]);
  });

  test('names that only look like it are kept', () => {
    const document = { keyId: 'k', tokens: 5, secretary: 's', maxTokens: 9, hashes: 2, '': 1, list: ['key', 'token'] };
    expect(redact({ before: document, after: document })).toEqual({ before: document, after: document });
  });

  test('a sealed record is one secret, with all that stands beside its ciphertext', () => {
    const sealed = { ciphertext: 'c', iv: 'i', context: { tenant: 't' } };
    expect(redact({ before: { credential: sealed }, after: { credential: { ...sealed, iv: 'j' } } })).toEqual({ before: { credential: SECRET }, after: { credential: CHANGED } });
    expect(redact({ before: null, after: { list: [sealed] } }).after).toEqual({ list: [SECRET] });
    // Spelt in another way it is no sealed record of ours, and its text is secret all the same.
    expect(redact({ before: null, after: { cipher_text: 'c', Ciphertext: 'd', iv: 'i' } }).after).toEqual({ cipher_text: SECRET, Ciphertext: SECRET, iv: 'i' });
  });

  test('a marked place is that place, and no other of the same name', () => {
    const document = { a: { x: 1, y: 2 }, b: { x: 3 }, x: 4, list: [{ x: 5 }, { y: { x: 6 } }] };
    const after = (...paths: string[][]) => redact({ before: null, after: document }, paths).after;
    expect(after(['a', 'x'])).toEqual({ ...document, a: { x: SECRET, y: 2 } });
    expect(after(['x'])).toEqual({ ...document, x: SECRET });
    expect(after(['list', '*', 'x'])).toEqual({ ...document, list: [{ x: SECRET }, { y: { x: 6 } }] });
    expect(after(['list', '1', 'y', 'x'])).toEqual({ ...document, list: [{ x: 5 }, { y: { x: SECRET } }] });
    expect(after(['*', 'x'])).toEqual({ ...document, a: { x: SECRET, y: 2 }, b: { x: SECRET } });
    expect(after(['a'], ['b', 'x', 'deeper'], ['c'])).toEqual({ ...document, a: SECRET });
    expect(after()).toEqual(document);
  });

  test('no value is no secret: what is absent stays absent', () => {
    expect(redact({ before: { apiKey: undefined, token: null }, after: { apiKey: 'a', token: 'b' } })).toStrictEqual({ before: { apiKey: undefined, token: null }, after: { apiKey: SECRET, token: CHANGED } });
    expect(redact({ before: null, after: null })).toEqual({ before: null, after: null });
  });

  test('an entry without a name is compared with the one at its place, and with none where the others have names', () => {
    expect(redact({ before: { list: [{ apiKey: '1' }, { apiKey: '2' }] }, after: { list: [{ apiKey: '1' }, { apiKey: '3' }, { apiKey: '4' }] } }).after).toEqual({ list: [{ apiKey: SECRET }, { apiKey: CHANGED }, { apiKey: SECRET }] });
    expect(redact({ before: { list: [{ id: '', apiKey: '1' }] }, after: { list: [{ apiKey: '2' }] } }).after).toEqual({ list: [{ apiKey: SECRET }] });
    expect(redact({ before: { map: { a: { apiKey: '1' } } }, after: { map: { a: { apiKey: '2' }, toString: { apiKey: '3' } } } }).after).toEqual({ map: { a: { apiKey: CHANGED }, toString: { apiKey: SECRET } } });
    expect(redact({ before: { map: 'text' }, after: { map: { length: { apiKey: '1' } } } }).after).toEqual({ map: { length: { apiKey: SECRET } } });
  });

  test('entries of lists are compared by name, so that a reordered list does not read as changed secrets', () => {
    const [a, b] = [{ name: 'a', apiKey: '1' }, { name: 'b', apiKey: '2' }];
    expect(redact({ before: { credentials: [a, b] }, after: { credentials: [b, { ...a, apiKey: '3' }] } }).after).toEqual({ credentials: [{ name: 'b', apiKey: SECRET }, { name: 'a', apiKey: CHANGED }] });
  });
});

describe('differences', () => {
  test('equal documents leave nothing but the version; unequal ones leave something', () => {
    fc.assert(fc.property(documents, documents, (before, after) => {
      const same = difference({ before: { ...before, version: 1 }, after: { ...before, version: 1 } });
      expect(same).toEqual({ before: { version: 1 }, after: { version: 1 } });
      const { before: was, after: is } = difference({ before: { d: before }, after: { d: after } });
      const differs = JSON.stringify(canonical(before)) !== JSON.stringify(canonical(after));
      expect(JSON.stringify([was, is]) !== '[{},{}]').toBe(differs);
    }), { numRuns: full(5_000) });
  });

  test('only what differs is kept, named entries by their name', () => {
    const before = { version: 3, rules: [{ id: 'a', glob: 'x' }, { id: 'b', glob: 'y' }], auto: { dial: 50, mode: 'balanced' } };
    const after = { version: 4, rules: [{ id: 'a', glob: 'x' }, { id: 'b', glob: 'z' }, { id: 'c', glob: 'w' }], auto: { dial: 60, mode: 'balanced' } };
    expect(difference({ before, after })).toEqual({ before: { version: 3, rules: [{ id: 'b', glob: 'y' }], auto: { dial: 50 } }, after: { version: 4, rules: [{ id: 'b', glob: 'z' }, { id: 'c', glob: 'w' }], auto: { dial: 60 } } });
  });

  test('a view is never larger than its bound, whatever was changed', () => {
    fc.assert(fc.property(fc.array(fc.tuple(fc.string({ minLength: 1, maxLength: 8 }), fc.integer({ min: 0, max: 60_000 })), { maxLength: 8 }), (members) => {
      const { after } = difference({ before: null, after: Object.fromEntries(members.map(([name, length]) => [name, 'x'.repeat(length)])) });
      expect(Buffer.byteLength(JSON.stringify(after))).toBeLessThanOrEqual(MAX_VIEW_BYTES);
    }), { numRuns: full(300) });
    expect(Buffer.byteLength(JSON.stringify(difference({ before: null, after: Object.fromEntries(Array.from({ length: 20_000 }, (_unused, at) => [`member-${at}`, at])) })))).toBeLessThan(2 * MAX_VIEW_BYTES);
  });
});

describe('marks of a schema', () => {
  test('the places of marked fields, through wrappers, lists, records and unions', () => {
    const schema = z.strictObject({
      a: z.optional(secret(z.string())), list: z.array(z.object({ b: z.nullable(secret(z.string().check(z.minLength(1)))) })), map: z.record(z.string(), z.object({ c: secret(z.string()) })),
      either: z.union([z.object({ d: secret(z.string()) }), z.string()]), plain: z.string(),
    });
    expect(secretPaths(schema).map((path) => path.join('.')).toSorted()).toEqual(['a', 'either.d', 'list.*.b', 'map.*.c']);
  });

  test('a mark that could not be found again throws when it is declared, not when it leaks', () => {
    expect(() => secretPaths(secret(z.object({ a: z.string() })))).toThrow('mark its fields');
    expect(() => secretPaths(z.object({ a: z.lazy(() => secret(z.string())) }))).toThrow('/a');
    expect(() => secretPaths(z.record(secret(z.string()), z.string()))).toThrow('cannot be found again');
  });
});

/** Members in one order, as two equal documents may have them in different ones. */
function canonical(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(canonical);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([name, member]) => [name, canonical(member)]));
}
