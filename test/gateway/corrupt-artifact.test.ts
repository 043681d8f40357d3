import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import stored from '../../functions/core/routing/classifier/prior-artifact.json' with { type: 'json' };
import { call, chat } from '../support/call.ts';
import { chatAnswer, json, scriptedUpstream, type ScriptedUpstream } from '../support/scripted-upstream.ts';
import { threeTiers, type ThreeTiers } from '../support/three-tiers.ts';

/** Of this file's own copy of the module: one digit of the artifact has changed on its way here. */
stored.sha256 = stored.sha256.replace(/^./, (digit) => (digit === '0' ? '1' : '0'));

let gateway: ThreeTiers;
let upstream: ScriptedUpstream;
beforeAll(async () => {
  upstream = await scriptedUpstream(({ body }, response) => json(response, 200, chatAnswer('done', String(body['model']))));
});
afterAll(() => upstream.close());
beforeEach(async () => {
  gateway = await threeTiers(upstream.baseUrl);
});
afterEach(() => gateway.close());

describe('with a corrupt artifact', () => {
  test.each(['balanced', 'cautious', 'aggressive'])('mode %s serves the strongest, and the record, the header and a metric say why', async (mode) => {
    await gateway.route({ auto: { strategy: 'ml', mode, tiers: { simple: ['cheap'], moderate: ['mid'], complex: ['strong'] } } });
    const answer = await gateway.ask('Hello!');
    expect([answer.status, answer.headers.get('x-bsg-model'), answer.headers.get('x-bsg-reason')]).toEqual([200, 'strong', 'artifact_missing']);
    const { decision, features } = await gateway.ledger(answer.headers.get('x-request-id') ?? '');
    expect(decision).toMatchObject({ strategy: 'ml', reason: 'artifact_missing', artifact: null, tier: 'simple', route: ['strong'] });
    expect(features?.logits).toBeNull();
    expect(gateway.fallbacks('artifact_missing')).toBe(1);
    const dry = await call(gateway.origin, '/v1/route', { key: gateway.key, body: chat('auto', { messages: [{ role: 'user', content: 'Hello!' }] }) });
    expect(dry.json).toMatchObject({ reason: 'artifact_missing', route: ['strong'] });
  });
});
