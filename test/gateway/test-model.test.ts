import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import type { ModelTest } from '../../functions/admin/ports.ts';
import { openOutbound } from '../../functions/adapters/providers/outbound.ts';
import type { Outbound } from '../../functions/adapters/providers/outbound-port.ts';
import { credentialContext } from '../../functions/adapters/vault/context.ts';
import { localKeys } from '../../functions/adapters/vault/local-key.ts';
import { sealCredential } from '../../functions/adapters/vault/seal.ts';
import { testModel } from '../../functions/gateway/test-model.ts';
import { json, sayHello, scriptedUpstream, type ScriptedUpstream } from '../support/scripted-upstream.ts';

const keys = localKeys(new Uint8Array(32).fill(7));
const clock = { now: () => Date.now(), elapsed: () => performance.now() };
let upstream: ScriptedUpstream;
let outbound: Outbound;
beforeAll(async () => {
  upstream = await scriptedUpstream();
  outbound = openOutbound({ allowHosts: [], allowLoopback: true, via: 'test' });
});
beforeEach(() => {
  upstream.script(sayHello);
  upstream.received.length = 0;
});
afterAll(async () => {
  outbound.close();
  await upstream.close();
});
async function trial(change: Partial<ModelTest> = {}) {
  const credential = { credentialId: 'c1', sealed: await sealCredential(keys, credentialContext('default', 'c1'), 'sk-canary-key-0123456789') };
  return testModel({ keys, outbound, clock }, { tenantId: 'default', provider: 'openai-compatible', upstreamModel: 'm', baseUrl: upstream.baseUrl, credential, ...change });
}

test.each(['openai-compatible', 'anthropic', 'openai', 'mistral'])('%s: one small request with the opened credential', async (provider) => {
  expect(await trial({ provider })).toMatchObject({ ok: true, status: 200, hint: null });
  expect(upstream.received).toHaveLength(1);
  expect(JSON.stringify(upstream.received[0]?.headers)).toContain('sk-canary-key-0123456789');
  expect(Number(upstream.received[0]?.body['max_tokens'] ?? upstream.received[0]?.body['max_completion_tokens'])).toBeLessThanOrEqual(16);
});

test.each([[401, /does not accept/], [404, /upstream model name/], [429, /key works/], [500, null]])('a %s comes with what to do about it, and without the provider\'s words', async (status, hint) => {
  upstream.script((_received, response) => json(response, status, { error: { message: 'key sk-canary-key-0123456789 of org-secret is bad' } }));
  const result = await trial();
  expect(result).toMatchObject({ ok: false, status });
  if (hint === null) expect(result.hint).toBeNull();
  else expect(result.hint).toMatch(hint);
  expect(JSON.stringify(result)).not.toMatch(/canary|org-secret/);
});

test('an address where nothing listens, one that may not be called, and one that speaks something else', async () => {
  expect(await trial({ baseUrl: 'http://127.0.0.1:9/v1' })).toMatchObject({ ok: false, status: null, message: 'The provider could not be reached.' });
  expect(await trial({ baseUrl: 'http://10.0.0.1/v1' })).toMatchObject({ ok: false, status: null });
  upstream.script((_received, response) => { response.end('<html>hello</html>'); });
  expect(await trial()).toMatchObject({ ok: false, status: 200, hint: expect.stringContaining('base URL') });
});

test('a credential that was sealed for something else opens nothing', async () => {
  const sealed = await sealCredential(keys, credentialContext('other', 'c1'), 'sk-canary-key-0123456789');
  expect(await trial({ credential: { credentialId: 'c1', sealed } })).toMatchObject({ ok: false, status: null });
  expect(upstream.received).toEqual([]);
});
