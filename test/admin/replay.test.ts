import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { routing, type RoutingDocument } from '../../functions/contract/index.ts';
import { putModel } from '../../functions/adapters/store/models.ts';
import { saveRouting } from '../../functions/adapters/store/routing.ts';
import { runReplay } from '../../functions/admin/routing/run-replay.ts';
import { factsOf } from '../../functions/core/routing/request-facts.ts';
import { resolve } from '../../functions/core/routing/resolve.ts';
import { loadPolicy } from '../../functions/gateway/caches.ts';
import { ask as conversation, PROMPTS } from '../core/routing/routing-world.ts';
import { tempStore, type TempStore } from '../support/store.ts';
import { ask, entryAt, NOW, putEntries, type AdminAnswer } from './support.ts';

let temp: TempStore;
const AT = '2026-01-01T00:00:00.000Z';
const documentOf = (change: Partial<RoutingDocument['auto']> = {}): RoutingDocument => routing.parse({ auto: { strategy: 'static', tiers: { simple: ['cheap'], moderate: ['mid'], complex: ['strong'] }, agentFloor: null, ...change } });
const PRICE = { cheap: 0.1, mid: 1, strong: 10 };

beforeEach(async () => {
  temp = await tempStore();
  for (const [id, input] of Object.entries(PRICE)) await putModel(temp.store, { tenantId: 'default', id, provider: 'openai-compatible', upstreamModel: id, baseUrl: 'https://x.example/v1', enabled: true, price: { input, output: input * 4 }, credentials: [], createdAt: AT, updatedAt: AT, version: 1 }, undefined);
  await saveRouting(temp.store, 'default', documentOf(), 0, { at: AT, author: 'test' });
  const keyId = String((await ask(temp.store, '/admin/keys', { method: 'POST', body: { name: 'ci' } })).json['id']);
  const policy = await loadPolicy(temp.store, 'default');
  const entries = Object.values(PROMPTS).flatMap((prompt, kind) => Array.from({ length: 4 }, (_unused, at) => {
    const atMs = NOW - 3_600_000 + (kind * 4 + at) * 1000;
    const facts = factsOf(conversation(prompt), {});
    const { decision } = resolve({ policy, facts, requestedModel: 'auto', dialect: 'openai-chat', key: { id: 'k', name: 'k', allowedModels: null }, spend: { todayPct: null, monthPct: null }, breakerOpen: new Set(), nowMs: atMs, templateSalt: 'default' });
    const served = (decision?.route[0] ?? 'cheap') as keyof typeof PRICE;
    return entryAt(atMs, { keyId, decision, servedModel: served, tokens: { input: 1000, output: 100 }, costMicros: Math.round(PRICE[served] * (1000 + 400)) });
  }));
  await putEntries(temp.store, [...entries, entryAt(NOW - 1000, { decision: null })]);
});
afterEach(() => temp.cleanup());

const PERIOD = { from: new Date(NOW - 86_400_000).toISOString(), to: new Date(NOW).toISOString() };
const what = (draft: object, more: object = {}, path = '/admin/routing/what-if'): Promise<AdminAnswer> => ask(temp.store, path, { method: 'POST', body: { draft, ...PERIOD, ...more } });

describe('what-if', () => {
  test('the live document flips nothing and costs what was paid', async () => {
    const { json } = await what(documentOf());
    expect(json).toMatchObject({ requests: 13, undecidable: 1, reasons: { no_decision: 1 }, flips: 0, refused: 0, compared: 12, complete: true });
    const paid = 4 * Math.round(1400 * 0.1) + 4 * Math.round(1400) + 4 * Math.round(14_000);
    expect(json['costMicros']).toEqual({ live: paid, draft: paid });
    expect(json['tiers']).toEqual({ simple: { live: 4, draft: 4 }, moderate: { live: 4, draft: 4 }, complex: { live: 4, draft: 4 } });
  });

  test('everything to the cheap model: two thirds flip, at the cheap price', async () => {
    const { json } = await what(documentOf({ tiers: { simple: ['cheap'], moderate: ['cheap'], complex: ['cheap'] } }));
    expect(json).toMatchObject({ flips: 8, refused: 0, costMicros: { draft: 12 * 140 } });
    const examples = json['examples'] as { requestId: string; at: string; live: string; draft: string }[];
    expect(examples).toHaveLength(5);
    expect(examples.map(({ at }) => at)).toEqual(examples.map(({ at }) => at).toSorted().toReversed());
    for (const { requestId, live, draft } of examples) expect([requestId.length, draft, ['mid', 'strong'].includes(live)]).toEqual([26, 'cheap', true]);
  });

  test('both paths answer alike, and only the period counts', async () => {
    expect((await what(documentOf(), {}, '/admin/replay')).json).toEqual((await what(documentOf())).json);
    expect((await what(documentOf(), { to: new Date(NOW - 7_200_000).toISOString() })).json).toMatchObject({ requests: 0, complete: true });
  });

  test('a draft that could not be saved is refused with its place; so is a period that is none', async () => {
    expect((await what({ aliases: [{ name: 'x', target: 'model:none' }] })).json).toMatchObject({ error: { code: 'invalid_request', field: '/draft/aliases/0/target' } });
    expect((await what({ nonsense: 1 })).json).toMatchObject({ error: { field: '/draft/nonsense' } });
    expect((await what({}, { from: PERIOD.to, to: PERIOD.from })).json).toMatchObject({ error: { field: '/to' } });
    expect((await what({}, { from: '2025-01-01T00:00:00Z' })).json).toMatchObject({ error: { field: '/from' } });
    expect((await what({}, { from: 'yesterday' })).status).toBe(400);
  });

  test('of too many requests the first are looked at, and the answer says so', async () => {
    expect(await runReplay(temp.store, 'default', { draft: documentOf(), ...PERIOD }, 5)).toMatchObject({ requests: 5, complete: false });
    expect((await runReplay(temp.store, 'default', { draft: documentOf(), ...PERIOD }, 5)).tiers.simple.live).toBe(4);
  });

  test('nothing is written', async () => {
    const { version } = (await ask(temp.store, '/admin/routing')).json;
    await what(documentOf({ dial: 0 }));
    expect((await ask(temp.store, '/admin/routing')).json['version']).toBe(version);
  });
});

test('a version says what it changed, against the one before it or any other', async () => {
  const save = (document: object, version: number) => ask(temp.store, '/admin/routing', { method: 'PUT', body: document, headers: { 'if-match': `"${version}"` } });
  await save(documentOf({ dial: 20 }), 1);
  await save({ ...documentOf({ dial: 20 }), aliases: [{ name: 'fast', target: 'model:cheap' }] }, 2);
  const diff = async (path: string): Promise<unknown> => (await ask(temp.store, path)).json['diff'];
  expect(await diff('/admin/routing/versions/2')).toEqual({ against: 1, complete: true, differences: [{ path: '/auto/dial', before: null, after: 20 }] });
  expect(await diff('/admin/routing/versions/3')).toMatchObject({ against: 2, differences: [{ path: '/aliases/0', after: { name: 'fast' } }] });
  expect((await diff('/admin/routing/versions/3?against=1') as { differences: unknown[] }).differences.length).toBe(2);
  expect((await ask(temp.store, '/admin/routing/versions/3?against=9')).status).toBe(404);
  expect((await ask(temp.store, '/admin/routing/versions/3?against=x')).status).toBe(400);
});
