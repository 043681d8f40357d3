import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { call, chat, messages } from '../support/call.ts';
import { addTenant, testGateway, type TestGateway } from '../support/gateway.ts';
import { chatAnswer, json, scriptedUpstream, type ScriptedUpstream } from '../support/scripted-upstream.ts';
import { full } from '../support/full.ts';

let gateway: TestGateway;
let upstream: ScriptedUpstream;
beforeAll(async () => {
  upstream = await scriptedUpstream();
  gateway = await testGateway();
  await addTenant(gateway.edition, 'other');
  await gateway.addModel({ id: 'mine', baseUrl: upstream.baseUrl });
  await gateway.addModel({ id: 'theirs', baseUrl: upstream.baseUrl }, 'other');
  await gateway.route({ aliases: [{ name: 'their-alias', target: 'model:theirs' }] }, 'other');
});
afterAll(async () => {
  await gateway.close();
  await upstream.close();
});

/** The body with everything that names this very request or what was asked for masked. */
const masked = (text: string, name: string): string => text.replaceAll(/[0-9A-HJKMNP-TV-Z]{26}/g, '<id>').replaceAll(name, '<name>');

test("guarantee H1: another tenant's names answer exactly as missing ones", async () => {
  for (const [foreign, missing] of [['theirs', 'absent'], ['their-alias', 'their-absent']] as const) {
    for (const send of [
      (name: string) => call(gateway.origin, '/v1/chat/completions', { key: gateway.key, body: chat(name) }),
      (name: string) => call(gateway.origin, '/v1/messages', { key: gateway.key, body: messages(name) }),
      (name: string) => call(gateway.origin, '/v1/route', { key: gateway.key, body: chat(name) }),
      (name: string) => call(gateway.origin, `/v1/models/${name}`, { key: gateway.key }),
    ]) {
      const [there, nowhere] = [await send(foreign), await send(missing)];
      expect(there.status).toBe(404);
      expect(nowhere.status).toBe(404);
      expect(masked(there.text, foreign)).toBe(masked(nowhere.text, missing));
    }
  }
  expect(upstream.received).toEqual([]);
  expect((await call(gateway.origin, '/v1/models', { key: gateway.key })).text).not.toContain('their');
});

test('guarantee H2: answers of many tenants on one warm process never cross', async () => {
  const tenants = Array.from({ length: 20 }, (_, i) => `tenant-${i}`);
  const keys = new Map<string, string>();
  upstream.script((received, response) => json(response, 200, chatAnswer(`canary of ${String(received.body['model'])}`, String(received.body['model']))));
  for (const tenant of tenants) {
    await addTenant(gateway.edition, tenant);
    await gateway.addModel({ id: 'shared-name', baseUrl: upstream.baseUrl, upstreamModel: `up-${tenant}` }, tenant);
    keys.set(tenant, (await gateway.addKey({ rpm: null, tpm: null }, tenant)).key);
  }
  const rounds = full(10_000, 400);
  const crossings: string[] = [];
  for (let sent = 0; sent < rounds; sent += tenants.length) {
    await Promise.all(tenants.map(async (tenant) => {
      const answer = await call(gateway.origin, '/v1/chat/completions', { key: keys.get(tenant) ?? '', body: chat('shared-name') });
      const canaries = [...answer.text.matchAll(/canary of up-(tenant-\d+)/g)].map((match) => match[1]);
      if (canaries.length !== 1 || canaries[0] !== tenant) crossings.push(`${tenant}: ${answer.text}`);
    }));
  }
  expect(crossings).toEqual([]);
});
