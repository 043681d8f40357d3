import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import stored from '../../functions/core/routing/classifier/prior-artifact.json' with { type: 'json' };
import { call, chat, type Answer } from '../support/call.ts';
import { testGateway, type TestGateway } from '../support/gateway.ts';
import { chatAnswer, json, scriptedUpstream, type ScriptedUpstream } from '../support/scripted-upstream.ts';

/** Of this file's own copy of the module: one digit of the artifact has changed on its way here. */
stored.sha256 = stored.sha256.replace(/^./, (digit) => (digit === '0' ? '1' : '0'));

let gateway: TestGateway;
let upstream: ScriptedUpstream;
beforeAll(async () => {
  upstream = await scriptedUpstream(({ body }, response) => json(response, 200, chatAnswer('done', String(body['model']))));
});
afterAll(() => upstream.close());
beforeEach(async () => {
  gateway = await testGateway();
  for (const [id, usd] of [['cheap', 1], ['mid', 2], ['strong', 3]] as const) await gateway.addModel({ id, upstreamModel: id, baseUrl: upstream.baseUrl, price: { input: usd, output: usd * 4 } });
});
afterEach(() => gateway.close());
const ask = (text: string): Promise<Answer> => call(gateway.origin, '/v1/chat/completions', { key: gateway.key, body: chat('auto', { messages: [{ role: 'user', content: text }] }) });
const fallbacks = (reason: string): number => Number(new RegExp(`^bsgateway_routing_fallbacks_total\\{reason="${reason}"\\} (\\d+)$`, 'm').exec(gateway.edition.ports.metrics?.text('default') ?? '')?.[1] ?? 0);

describe('with a corrupt artifact', () => {
  test.each(['balanced', 'cautious', 'aggressive'])('mode %s serves the strongest, and the record, the header and a metric say why', async (mode) => {
    await gateway.route({ auto: { strategy: 'ml', mode, tiers: { simple: ['cheap'], moderate: ['mid'], complex: ['strong'] } } });
    const answer = await ask('Hello!');
    expect([answer.status, answer.headers.get('x-bsg-model'), answer.headers.get('x-bsg-reason')]).toEqual([200, 'strong', 'artifact_missing']);
    const { decision, features } = await gateway.ledger(answer.headers.get('x-request-id') ?? '');
    expect(decision).toMatchObject({ strategy: 'ml', reason: 'artifact_missing', artifact: null, tier: 'simple', route: ['strong'] });
    expect(features?.logits).toBeNull();
    expect(fallbacks('artifact_missing')).toBe(1);
    const dry = await call(gateway.origin, '/v1/route', { key: gateway.key, body: chat('auto', { messages: [{ role: 'user', content: 'Hello!' }] }) });
    expect(dry.json).toMatchObject({ reason: 'artifact_missing', route: ['strong'] });
  });
});
