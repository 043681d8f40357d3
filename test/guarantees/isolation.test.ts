import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { call, chat, messages } from '../support/call.ts';
import { addTenant, testGateway, type TestGateway } from '../support/gateway.ts';
import { chatAnswer, chatEvents, json, scriptedUpstream, sse, type ScriptedUpstream } from '../support/scripted-upstream.ts';
import { figure } from '../support/figure.ts';
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
  figure('H1', 'data plane: 2 names x 4 endpoints byte-equal');
});

test('guarantee H2: answers of many tenants on one warm process never cross', async () => {
  const tenants = Array.from({ length: 20 }, (_, i) => `tenant-${i}`);
  const keys = new Map<string, string>();
  // The upstream says whose model and whose credential it was asked with, and repeats the prompt.
  upstream.script(async (received, response) => {
    const { model, messages: asked, stream } = received.body as { model: string; messages: { content: string }[]; stream?: boolean };
    const words = `canary of ${model} with ${received.headers.authorization} for ${asked.at(-1)?.content}`;
    await (stream === true ? sse(response, chatEvents(words.split(/(?<= )/), { model })) : json(response, 200, chatAnswer(words, model)));
  });
  for (const tenant of tenants) {
    await addTenant(gateway.edition, tenant);
    await gateway.addModel({ id: 'shared-name', baseUrl: upstream.baseUrl, upstreamModel: `up-${tenant}` }, tenant, `sk-of-${tenant}`);
    keys.set(tenant, (await gateway.addKey({ rpm: null, tpm: null }, tenant)).key);
  }
  const rounds = full(10_000, 400);
  const crossings: string[] = [];
  for (let sent = 0; sent < rounds; sent += tenants.length) {
    await Promise.all(tenants.map(async (tenant) => {
      const [prompt, stream] = [`prompt-${sent}-${tenant}`, sent % 40 === 0];
      const answer = await call(gateway.origin, '/v1/chat/completions', { key: keys.get(tenant) ?? '', body: chat('shared-name', { stream, messages: [{ role: 'user', content: prompt }] }) });
      const text = stream ? [...answer.text.matchAll(/"content":"([^"]*)"/g)].map((match) => match[1]).join('') : String((answer.json as { choices?: { message: { content: string } }[] }).choices?.[0]?.message.content);
      if (text !== `canary of up-${tenant} with Bearer sk-of-${tenant} for ${prompt}`) crossings.push(`${tenant}: ${answer.text}`);
    }));
  }
  expect(crossings).toEqual([]);
  figure('H2', `${rounds.toLocaleString('en')} requests of ${tenants.length} tenants, every second round streamed: prompt, model and credential never cross`);
});
