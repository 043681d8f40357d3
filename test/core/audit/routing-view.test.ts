import { createHash } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { documentSha256, routingViews, savedRouting } from '../../../functions/core/audit/routing-view.ts';

const alias = (name: string, target = 'model:m'): object => ({ name, target, enabled: true });
const many = (count: number, target: string, name = 'alias'): object[] => Array.from({ length: count }, (_, at) => alias(`${name}-${at}-${'x'.repeat(60)}`, target));

test('the hash is that of the canonical JSON: the order of members does not matter, a value does', () => {
  expect(documentSha256({ b: 1, a: [2] })).toBe(createHash('sha256').update('{"a":[2],"b":1}').digest('hex'));
  expect(documentSha256({ a: [2], b: 1 })).toBe(documentSha256({ b: 1, a: [2] }));
  expect(documentSha256({ a: [2], b: 2 })).not.toBe(documentSha256({ a: [2], b: 1 }));
});

test('a small change is recorded as what differs, with both versions and hashes', () => {
  const [was, is] = [{ aliases: [alias('fast')], auto: { dial: 50 } }, { aliases: [alias('fast', 'model:other')], auto: { dial: 50 } }];
  const { before, after } = routingViews({ version: 3, document: was }, { version: 4, document: is, rollout: { percent: 10 } });
  expect(before).toMatchObject({ version: 3, documentSha256: documentSha256(was), document: { aliases: [{ target: 'model:m' }] } });
  expect(after).toMatchObject({ version: 4, documentSha256: documentSha256(is), rollout: { percent: 10 }, document: { aliases: [{ target: 'model:other' }] } });
  expect(before).not.toHaveProperty('rollout');
  expect(JSON.stringify([before, after])).not.toContain('dial');
  expect(before).not.toHaveProperty('counts');
});

test('a large change is recorded as counts and places, at most a hundred of at most 200 characters', () => {
  const [was, is] = [{ aliases: many(400, 'model:a'), patterns: [{ id: 'p' }] }, { aliases: many(400, 'model:b'), patterns: 'none' }];
  const { before, after } = routingViews({ version: 1, document: was }, { version: 2, document: is }) as { before: Record<string, unknown>; after: Record<string, unknown> };
  expect(before).toEqual({ version: 1, documentSha256: documentSha256(was), counts: { aliases: 400, patterns: 1 } });
  expect(after).toMatchObject({ version: 2, documentSha256: documentSha256(is), counts: { aliases: 400, patterns: 0 }, complete: false });
  const changed = after['changed'] as string[];
  expect(changed).toHaveLength(100);
  expect(Math.max(...changed.map((path) => path.length))).toBeLessThanOrEqual(200);
  expect(Buffer.byteLength(JSON.stringify(after))).toBeLessThan(36_000);
});

test('either side alone makes a change large, and places that are all told are complete', () => {
  const empty = { aliases: [], patterns: [] };
  for (const [was, is] of [[empty, { ...empty, patterns: [{ id: 'p', name: 'x'.repeat(16_500) }] }], [{ ...empty, patterns: [{ id: 'p', name: 'x'.repeat(16_500) }] }, empty]] as const) {
    const { after } = routingViews({ version: 1, document: was }, { version: 2, document: is });
    expect(after).toMatchObject({ complete: true, changed: [expect.any(String)] });
  }
  const { after } = routingViews({ version: 1, document: empty }, { version: 2, document: { ...empty, patterns: [{ id: 'p', name: 'x'.repeat(15_000) }] } });
  expect(after).not.toHaveProperty('counts');
});

test('what an event says was saved: of the routing itself, of a document or of an import; nothing where either part is missing', () => {
  const saved = { version: 7, documentSha256: 'ab' };
  for (const after of [{ ...saved, more: 1 }, { 'routing document': saved }, { routing: saved }]) expect(savedRouting({ after } as never)).toEqual(saved);
  for (const after of [null, undefined, 'text', {}, { version: 7 }, { documentSha256: 'ab' }, { version: '7', documentSha256: 'ab' }, { version: 7, documentSha256: 1 }, { routing: null }]) expect(savedRouting({ after } as never)).toBeUndefined();
  expect(savedRouting({ after: Object.create(saved) } as never)).toBeUndefined();
});
