import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { newKey } from '../../../functions/core/keys/virtual-key.ts';
import { call, chat, messages } from '../../support/call.ts';
import { otlpReceiver, type OtlpReceiver, type ReceivedSpan } from '../../support/otlp-receiver.ts';
import { chatEvents, json, sayHello, scriptedUpstream, sse, type ScriptedUpstream } from '../../support/scripted-upstream.ts';
import { startServer, type ServerProcess } from '../../support/server-process.ts';

const { key, keyId } = newKey('test', randomBytes);
const CREDENTIAL = 'sk-canary-of-the-credential';
const HEADER = 'canary-of-the-collector';
let dir: string;
let upstream: ScriptedUpstream;
let collector: OtlpReceiver;
let server: ServerProcess | undefined;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'bsg-otlp-'));
  [upstream, collector] = await Promise.all([scriptedUpstream(), otlpReceiver()]);
});
afterEach(async () => {
  await server?.stop();
  server = undefined;
  await Promise.all([upstream.close(), collector.close()]);
  await rm(dir, { recursive: true, force: true });
});

const model = (id: string, more: object = {}): object => ({ id, provider: 'openai-compatible', upstreamModel: `up-${id}`, baseUrl: upstream.baseUrl, apiKeyEnv: 'UP', price: { input: 1, output: 2 }, ...more });

async function start(env: Record<string, string> = {}): Promise<ServerProcess> {
  server = await startServer({
    dataDir: join(dir, 'data'),
    env: { UP: CREDENTIAL, BSG_KEY: key, OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint, OTEL_EXPORTER_OTLP_HEADERS: `authorization=Bearer%20${HEADER}`, ...env },
    config: {
      version: 1, models: [model('cheap'), model('strong')], keys: [{ name: 'k', keyEnv: 'BSG_KEY', rpm: null, tpm: null }],
      routing: { patterns: [{ id: 'both', priority: 1, glob: 'both/*', target: 'model:cheap', fallbacks: ['strong'] }], auto: { strategy: 'static', tiers: { simple: ['cheap'], moderate: ['cheap'], complex: ['strong'] } } },
    },
  });
  return server;
}

const ofRequest = (spans: readonly ReceivedSpan[], requestId: string | null): ReceivedSpan[] => {
  const root = spans.find(({ attributes }) => attributes['bsgateway.request.id'] === requestId);
  return spans.filter(({ traceId }) => traceId === root?.traceId).toSorted((a, b) => a.kind - b.kind || a.startMs - b.startMs);
};

async function traced(origin: string, outcome: string): Promise<number> {
  const token = (await readFile(join(dir, 'data', 'admin-token'), 'utf8')).trim();
  const { text } = await call(origin, '/metrics', { headers: { authorization: `Bearer ${token}` } });
  return Number(new RegExp(`^bsgateway_traced_requests_total\\{outcome="${outcome}"\\} (\\d+)$`, 'm').exec(text)?.[1] ?? 0);
}

describe('traces over OTLP', () => {
  test('a request is one span under the caller\'s own, each attempt one below it, by the conventions for generative AI; and nothing of what was said', async () => {
    const { origin } = await start({ OTEL_SERVICE_NAME: 'my-gateway', OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=test,service.name=not-this' });
    upstream.script(({ body }, response) => (body['model'] === 'up-cheap' ? json(response, 500, {}) : sse(response, chatEvents(['secret-canary-answer', 'x', 'y']), { gapMs: 20 })));
    const [trace, parent] = ['0af7651916cd43dd8448eb211c80319c', 'b7ad6b7169203331'];
    const answer = await call(origin, '/v1/chat/completions', {
      key, body: { ...chat('both/x', { stream: true, user: 'person-canary' }), messages: [{ role: 'user', content: 'prompt-canary' }] }, headers: { traceparent: `00-${trace}-${parent}-00`, tracestate: 'vendor=canary-state' },
    });
    expect([answer.status, answer.headers.get('x-bsg-model')]).toEqual([200, 'strong']);
    const spans = ofRequest(await collector.waitFor(3), answer.headers.get('x-request-id'));
    const [root, failed, served] = spans;
    expect(spans.map(({ traceId }) => traceId)).toEqual([trace, trace, trace]);
    expect(root).toMatchObject({
      name: 'POST /v1/chat/completions', kind: 2, parentSpanId: parent, status: 0,
      attributes: { 'http.request.method': 'POST', 'http.route': '/v1/chat/completions', 'http.response.status_code': 200, 'bsgateway.key.id': keyId, 'bsgateway.tenant.id': 'default', 'bsgateway.requested_model': 'both/x', 'bsgateway.served_model': 'strong', 'bsgateway.rule.id': 'both', 'bsgateway.stage': 'pattern', 'bsgateway.attempts': 2 },
      resource: { 'service.name': 'my-gateway', 'deployment.environment.name': 'test', 'service.version': expect.any(String), 'service.instance.id': expect.any(String) },
    });
    expect(failed).toMatchObject({ name: 'chat up-cheap', kind: 3, parentSpanId: root?.spanId, status: 2, attributes: { 'gen_ai.request.model': 'up-cheap', 'error.type': 'upstream_error', 'server.address': '127.0.0.1', 'server.port': upstream.port } });
    expect(failed?.attributes['gen_ai.usage.output_tokens']).toBeUndefined();
    expect(served).toMatchObject({
      name: 'chat up-strong', kind: 3, parentSpanId: root?.spanId, status: 0,
      attributes: {
        'gen_ai.operation.name': 'chat', 'gen_ai.provider.name': 'openai-compatible', 'gen_ai.request.model': 'up-strong', 'gen_ai.response.model': 'up-strong', 'gen_ai.request.stream': true,
        'gen_ai.usage.input_tokens': 10, 'gen_ai.usage.output_tokens': 3, 'gen_ai.response.finish_reasons': ['stop'], 'gen_ai.response.time_to_first_chunk': expect.any(Number),
      },
    });
    // The served attempt begins after the failed one, and ends with the last byte.
    expect(served?.startMs).toBeGreaterThanOrEqual((failed?.startMs ?? 0));
    expect(served?.endMs).toBe(root?.endMs);
    expect((served?.endMs ?? 0) - (served?.startMs ?? 0)).toBeGreaterThanOrEqual(60);
    const [request] = collector.requests;
    expect(request).toMatchObject({ path: '/v1/traces', headers: { 'content-type': 'application/json', 'authorization': `Bearer ${HEADER}` } });
    for (const text of ['prompt-canary', 'secret-canary-answer', 'person-canary', 'canary-state', CREDENTIAL, key]) expect(request?.bytes.includes(text)).toBe(false);
    expect(server?.output()).not.toContain(HEADER);
    expect(await traced(origin, 'sent')).toBe(1);
  });

  test('whole answers, translated ones, embeddings and failed requests are told too; refused ones and malformed parents are not followed', async () => {
    const { origin } = await start();
    const ids: (string | null)[] = [];
    const send = async (path: string, body: object, headers: Record<string, string> = {}): Promise<void> => { ids.push((await call(origin, path, { key, body, headers })).headers.get('x-request-id')); };
    await send('/v1/chat/completions', chat('cheap'), { traceparent: '00-00000000000000000000000000000000-b7ad6b7169203331-01' });
    await send('/v1/messages', messages('strong'), { traceparent: 'garbage' });
    upstream.script((_received, response) => json(response, 200, { object: 'list', data: [{ object: 'embedding', index: 0, embedding: [0.5] }], model: 'e', usage: { prompt_tokens: 4, total_tokens: 4 } }));
    await send('/v1/embeddings', { model: 'cheap', input: 'hello' });
    upstream.script((_received, response) => json(response, 400, { error: { message: 'no' } }));
    await send('/v1/chat/completions', chat('cheap'));
    upstream.script((_received, response) => json(response, 503, {}));
    await send('/v1/chat/completions', chat('strong'));
    await send('/v1/chat/completions', chat('nobody'));
    const spans = await collector.waitFor(10);
    const names = ids.map((id) => ofRequest(spans, id).map(({ name, status, parentSpanId }) => [name, status, parentSpanId === undefined]));
    expect(names).toEqual([
      [['POST /v1/chat/completions', 0, true], ['chat up-cheap', 0, false]],
      [['POST /v1/messages', 0, true], ['chat up-strong', 0, false]],
      [['POST /v1/embeddings', 0, true], ['embeddings up-cheap', 0, false]],
      [['POST /v1/chat/completions', 0, true], ['chat up-cheap', 2, false]],
      [['POST /v1/chat/completions', 2, true], ['chat up-strong', 2, false]],
      [],
    ]);
    expect(new Set(spans.map(({ traceId }) => traceId)).size).toBe(5);
  });

  test('a collector that never answers, or refuses, delays no request and no stop; what it did not take is counted and told without its words', async () => {
    const { origin } = await start({ OTEL_EXPORTER_OTLP_TIMEOUT: '500' });
    collector.answer = 400;
    expect((await call(origin, '/v1/chat/completions', { key, body: chat('cheap') })).status).toBe(200);
    const until = Date.now() + 20_000;
    while (await traced(origin, 'failed') === 0 && Date.now() < until) await new Promise((resolve) => { setTimeout(resolve, 100); });
    expect(await traced(origin, 'failed')).toBe(1);
    collector.answer = 'hang';
    const asked = collector.requests.length;
    for (let i = 0; i < 5; i += 1) expect((await call(origin, '/v1/chat/completions', { key, body: chat('cheap') })).status).toBe(200);
    while (collector.requests.length === asked && Date.now() < until) await new Promise((resolve) => { setTimeout(resolve, 20); });
    upstream.script(sayHello);
    expect((await call(origin, '/v1/chat/completions', { key, body: chat('cheap') })).status).toBe(200);
    expect(await server?.stop()).toBe(0);
    const lines = server?.output().split('\n').filter((line) => line.includes('traces not delivered')) ?? [];
    expect(lines.map((line) => JSON.parse(line) as object)).toEqual([{ at: expect.any(String), level: 'warn', event: 'traces not delivered', count: 1, kind: '400' }]);
  });

  test('spans that wait when the server is stopped are sent', async () => {
    const { origin } = await start();
    const { headers } = await call(origin, '/v1/chat/completions', { key, body: chat('cheap') });
    expect(await server?.stop()).toBe(0);
    expect(ofRequest(collector.spans, headers.get('x-request-id'))).toHaveLength(2);
  });

  test.each([
    [{ OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' }, /grpc.*none are sent/],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'user:password-canary@collector' }, /not an http or https address/],
    [{ OTEL_SDK_DISABLED: 'true' }, undefined],
    [{ OTEL_TRACES_EXPORTER: 'none' }, undefined],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: '' }, undefined],
  ] as const)('%j sends nothing and starts all the same', async (env, words) => {
    const { origin } = await start(env);
    expect((await call(origin, '/v1/chat/completions', { key, body: chat('cheap') })).status).toBe(200);
    expect(await server?.stop()).toBe(0);
    expect(collector.requests).toEqual([]);
    if (words !== undefined) expect(server?.output()).toMatch(words);
    expect(server?.output()).not.toContain('password-canary');
  });
});
