import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { putModel } from '../../functions/adapters/store/models.ts';
import { getRouting } from '../../functions/adapters/store/routing.ts';
import { tempStore, type TempStore } from '../support/store.ts';
import { ask, type AdminAnswer } from './support.ts';

let temp: TempStore;
beforeEach(async () => {
  temp = await tempStore();
  const at = '2026-01-01T00:00:00.000Z';
  for (const id of ['cheap', 'strong']) await putModel(temp.store, { tenantId: 'default', id, provider: 'openai', upstreamModel: 'm', enabled: true, credentials: [], createdAt: at, updatedAt: at, version: 1 }, undefined);
});
afterEach(() => temp.cleanup());

const put = (document: unknown, version = 0): Promise<AdminAnswer> => ask(temp.store, '/admin/routing', { method: 'PUT', body: document, headers: { 'if-match': `"${version}"` } });
const rule = (more: object): object => ({ patterns: [{ id: 'r', priority: 1, glob: 'x', target: 'model:cheap', ...more }] });
const tiers = (more: object): object => ({ simple: ['cheap'], moderate: ['cheap'], complex: ['strong'], ...more });

describe('routing that is refused, with the field and the reason', () => {
  test.each<[name: string, document: object, field: string, reason: RegExp]>([
    ['a rule naming a missing model', rule({ target: 'model:gone' }), '/patterns/0/target', /no model "gone"/],
    ['a fallback naming a missing model', rule({ fallbacks: ['gone'] }), '/patterns/0/fallbacks/0', /no model "gone"/],
    ['an alias to an alias', { aliases: [{ name: 'a', target: 'auto' }, { name: 'b', target: 'model:a' }] }, '/aliases/1/target', /"a" is an alias/],
    ['a pattern over bounds: asterisks', rule({ glob: '*a'.repeat(9) }), '/patterns/0/glob', /at most 8 asterisks/],
    ['a pattern over bounds: length', rule({ glob: 'a'.repeat(129) }), '/patterns/0/glob', /128|long|big/i],
    ['a pattern over bounds: conditions', rule({ conditions: Array.from({ length: 11 }, (_, at) => ({ field: 'turns', op: 'gt', value: at })) }), '/patterns/0/conditions', /10|big/i],
    ['patterns over bounds: their number', { patterns: Array.from({ length: 101 }, (_, at) => ({ id: `r${at}`, priority: at, glob: 'x', target: 'auto' })) }, '/patterns', /100|big/i],
    ['overlapping tiers: boundaries the wrong way round', { auto: { tiers: tiers({}), boundaries: [65, 30] } }, '/auto/boundaries', /lower boundary/],
    ['overlapping tiers: boundaries that leave no tier between them', { auto: { tiers: tiers({}), boundaries: [30, 30] } }, '/auto/boundaries', /must differ/],
    ['a tier that names a model twice', { auto: { tiers: tiers({ simple: ['cheap', 'strong', 'cheap'] }) } }, '/auto/tiers/simple/2', /twice/],
  ])('%s', async (_, document, field, reason) => {
    const answer = await put(document);
    expect(answer).toMatchObject({ status: 400, json: { error: { code: 'invalid_request', field, message: expect.stringMatching(reason) } } });
    expect((await getRouting(temp.store, 'default')).version).toBe(0);
    // What is tried is held to the same.
    expect(await ask(temp.store, '/admin/route/explain', { method: 'POST', body: { dialect: 'openai-chat', request: { model: 'auto', messages: [{ role: 'user', content: 'Hello!' }] }, draft: document } }))
      .toMatchObject({ status: 400, json: { error: { code: 'invalid_request', field: `/draft${field}` } } });
  });

  test('a draft from an older version', async () => {
    expect((await put(rule({}))).status).toBe(200);
    expect((await put(rule({ priority: 2 }), 1)).status).toBe(200);
    const late = await put(rule({ priority: 3 }), 1);
    expect(late).toMatchObject({ status: 412, json: { error: { code: 'version_conflict', field: 'if-match', message: expect.stringContaining('since you read it') }, current: { version: 2 }, yours: { patterns: [{ priority: 3 }] } } });
    expect((await getRouting(temp.store, 'default')).document.patterns).toMatchObject([{ priority: 2 }]);
  });
});
