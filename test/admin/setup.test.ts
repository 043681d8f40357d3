import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { SetupAnswer } from '../../functions/contract/admin/setup.ts';
import { routing } from '../../functions/contract/routing.ts';
import { putKey } from '../../functions/adapters/store/keys.ts';
import { putModel } from '../../functions/adapters/store/models.ts';
import { saveRouting } from '../../functions/adapters/store/routing.ts';
import { rollUpTenant } from '../../functions/jobs/roll-up/roll-up.ts';
import { testKey } from '../support/accounts.ts';
import { rollUpPorts } from '../support/roll-up.ts';
import { tempStore, type TempStore } from '../support/store.ts';
import { ask, entryAt, NOW, putEntries } from './support.ts';

const DAY_MS = 86_400_000;
const at = (daysAgo: number): string => new Date(NOW - daysAgo * DAY_MS).toISOString();
let temp: TempStore;
beforeEach(async () => { temp = await tempStore(); });
afterEach(() => temp.cleanup());

async function setup(): Promise<SetupAnswer> {
  const { status, json } = await ask(temp.store, '/admin/setup');
  expect(status).toBe(200);
  return json as unknown as SetupAnswer;
}
const model = (id: string, usd: number | undefined, change: { enabled?: boolean; createdAt?: string } = {}) => putModel(temp.store, {
  tenantId: 'default', id, provider: 'openai-compatible', upstreamModel: `own-${id}`, baseUrl: 'http://127.0.0.1:1/v1', enabled: true, ...(usd !== undefined && { price: { input: usd, output: 4 * usd } }), credentials: [], createdAt: at(1), updatedAt: at(1), version: 1, ...change,
}, undefined);
const route = (document: object, savedAt = at(0)) => saveRouting(temp.store, 'default', routing.parse(document), 0, { at: savedAt, author: 'a' });
const kinds = ({ attention }: SetupAnswer): string[] => attention.map(({ kind, id }) => `${kind} ${id}`);

describe('the way to a first saving', () => {
  test('an empty gateway has done nothing, and nothing needs attention', async () => {
    expect(await setup()).toMatchObject({ models: { enabled: 0, cheapest: null, strongest: null, alike: false }, keys: 0, rules: { active: 0, matchedToday: 0 }, autoRouted: { count: 0, needed: 20 }, attention: [], firstRequestAt: null });
  });

  test('the strongest model is the dearest of the strongest tier, the cheapest the cheapest that is enabled', async () => {
    await model('mini', 0.2);
    await model('off', 0.01, { enabled: false });
    await model('mid', 1);
    await model('opus', 15);
    await model('giant', 90);
    await route({ auto: { tiers: { simple: ['mini'], moderate: ['mid'], complex: ['mid', 'opus'] } }, aliases: [{ name: 'fast', target: 'auto' }], patterns: [{ id: 'p', priority: 1, glob: 'x*', target: 'auto' }, { id: 'q', priority: 2, glob: 'y*', target: 'auto', enabled: false }] });
    expect(await setup()).toMatchObject({ models: { enabled: 4, cheapest: 'mini', strongest: 'opus', alike: false }, rules: { active: 2 } });
  });

  test('two models of about the same price are told', async () => {
    await model('one', 1);
    expect((await setup()).models).toEqual({ enabled: 1, cheapest: 'one', strongest: 'one', alike: false });
    await model('two', 1.5);
    expect((await setup()).models).toEqual({ enabled: 2, cheapest: 'one', strongest: 'two', alike: true });
  });

  test('automatic requests count up to the twenty that a saving needs; direct ones do not', async () => {
    await putEntries(temp.store, Array.from({ length: 7 }, (_, i) => entryAt(NOW - 1000 * (i + 1))));
    await putEntries(temp.store, Array.from({ length: 9 }, (_, i) => entryAt(NOW - 1000 * (i + 1), {}, { stage: 'passthrough' })));
    expect((await setup()).autoRouted).toEqual({ count: 7, needed: 20 });
    await putEntries(temp.store, Array.from({ length: 30 }, (_, i) => entryAt(NOW - 2000 * (i + 1))));
    expect((await setup()).autoRouted).toEqual({ count: 20, needed: 20 });
  });

  test('rules that matched since midnight are counted once each', async () => {
    await putEntries(temp.store, [entryAt(NOW - 1000, {}, { ruleId: 'a' }), entryAt(NOW - 2000, {}, { ruleId: 'a' }), entryAt(NOW - 3000, {}, { ruleId: 'b' }), entryAt(NOW - DAY_MS, {}, { ruleId: 'yesterday' })]);
    expect((await setup()).rules.matchedToday).toBe(2);
  });
});

describe('what needs attention', () => {
  test('a model that fails more than one request in twenty within a quarter of an hour', async () => {
    const calls = (servedModel: string, failed: number, total: number, agoMs: number) => putEntries(temp.store, Array.from({ length: total }, (_, i) => entryAt(NOW - agoMs - i, { servedModel, status: i < failed ? 502 : 200 })));
    await calls('shaky', 2, 20, 60_000);
    await calls('fine', 1, 20, 60_000);
    await calls('few', 3, 3, 60_000);
    await calls('earlier', 20, 20, 20 * 60_000);
    const answer = await setup();
    expect(kinds(answer)).toEqual(['model_failing shaky']);
    expect(answer.attention[0]).toMatchObject({ value: 0.1, limit: 0.05 });
  });

  test('keys that expire within a week or have spent four fifths of a limit', async () => {
    await putKey(temp.store, testKey({ keyId: 'AAAAAAAAAAAA', name: 'soon', expiresAt: at(-6) }), undefined);
    await putKey(temp.store, testKey({ keyId: 'BBBBBBBBBBBB', name: 'later', expiresAt: at(-8) }), undefined);
    await putKey(temp.store, testKey({ keyId: 'CCCCCCCCCCCC', name: 'over', expiresAt: at(1) }), undefined);
    await putKey(temp.store, testKey({ keyId: 'DDDDDDDDDDDD', name: 'near', monthlyUsd: 1 }), undefined);
    await putKey(temp.store, testKey({ keyId: 'EEEEEEEEEEEE', name: 'far', monthlyUsd: 1, dailyUsd: null }), undefined);
    await putKey(temp.store, testKey({ keyId: 'FFFFFFFFFFFF', name: 'today', dailyUsd: 1, monthlyUsd: 100 }), undefined);
    // The first is of another day of the same month: NOW is the 20th.
    await putEntries(temp.store, [entryAt(NOW - 3 * DAY_MS, { keyId: 'DDDDDDDDDDDD', costMicros: 800_000 }), entryAt(NOW - 1000, { keyId: 'EEEEEEEEEEEE', costMicros: 790_000 }), entryAt(NOW - 1000, { keyId: 'FFFFFFFFFFFF', costMicros: 900_000 })]);
    const answer = await setup();
    expect(kinds(answer).toSorted()).toEqual(['key_expiring AAAAAAAAAAAA', 'key_near_limit DDDDDDDDDDDD', 'key_near_limit FFFFFFFFFFFF']);
    expect(answer.attention.find(({ id }) => id === 'DDDDDDDDDDDD')).toMatchObject({ name: 'near', value: 800_000, limit: 1_000_000 });
  });

  test('a key that was rotated is near its limit by what all of its predecessors have spent', async () => {
    const limits = { monthlyUsd: 1, limitId: 'AAAAAAAAAAAA' };
    await putKey(temp.store, testKey({ ...limits, keyId: 'AAAAAAAAAAAA', name: 'ci', revokedAt: at(2) }), undefined);
    await putKey(temp.store, testKey({ ...limits, keyId: 'BBBBBBBBBBBB', name: 'ci', revokedAt: at(-1) }), undefined);
    await putKey(temp.store, testKey({ ...limits, keyId: 'CCCCCCCCCCCC', name: 'ci' }), undefined);
    await putEntries(temp.store, ['AAAAAAAAAAAA', 'BBBBBBBBBBBB', 'CCCCCCCCCCCC'].map((keyId) => entryAt(NOW - 1000, { keyId, costMicros: 300_000 })));
    const answer = await setup();
    expect(kinds(answer)).toEqual(['key_near_limit CCCCCCCCCCCC']);
    expect(answer.attention[0]).toMatchObject({ value: 900_000, limit: 1_000_000 });
  });

  test('unpriced traffic, and a tier whose models are all off', async () => {
    await model('mini', 1);
    await model('off', 9, { enabled: false });
    await route({ auto: { tiers: { simple: ['mini'], moderate: [], complex: ['off'] } } });
    await putEntries(temp.store, [entryAt(NOW - 1000, { servedModel: 'mystery', costMicros: null, savedMicros: null }), entryAt(NOW - 2000, { servedModel: 'mini' })]);
    expect(kinds(await setup())).toEqual(['tier_empty complex', 'model_unpriced mystery']);
  });

  test.each([['for five days', 5, []], ['for longer', 45, ['rule_never_matched never', 'model_unused idle']]] as const)('rules and models without a request in thirty days, where there was traffic %s', async (_words, days, expected) => {
    await model('used', 1, { createdAt: at(60) });
    await model('idle', 1, { createdAt: at(60) });
    await model('new', 1, { createdAt: at(5) });
    await route({ patterns: [{ id: 'used', priority: 1, glob: 'a', target: 'auto' }, { id: 'never', name: 'Old rule', priority: 2, glob: 'b', target: 'auto' }] }, at(40));
    await putEntries(temp.store, [entryAt(NOW - days * DAY_MS, { servedModel: 'used' }), entryAt(NOW - DAY_MS, { servedModel: 'used' }, { ruleId: 'used' })]);
    // The roll-ups know since when there is traffic.
    await rollUpTenant(rollUpPorts(temp.store, () => NOW), 'default', 'UTC');
    const answer = await setup();
    expect(kinds(answer)).toEqual(expected);
    expect(answer.attention.map(({ name }) => name)).toEqual(expected.length === 0 ? [] : ['Old rule', 'idle']);
  });
});
