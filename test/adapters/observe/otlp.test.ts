import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { openOtlp, type TraceOutcome } from '../../../functions/adapters/observe/otlp.ts';
import { otlpSettings } from '../../../functions/adapters/observe/otlp-settings.ts';
import { spansOf, type TracedRequest } from '../../../functions/adapters/observe/traces.ts';
import { entryAt, NOW } from '../../admin/support.ts';
import { otlpReceiver, type OtlpReceiver } from '../../support/otlp-receiver.ts';

let collector: OtlpReceiver;
const before = { ...process.env };
beforeEach(async () => {
  collector = await otlpReceiver();
  process.env['OTEL_EXPORTER_OTLP_ENDPOINT'] = collector.endpoint;
  process.env['OTEL_EXPORTER_OTLP_TIMEOUT'] = '300';
});
afterEach(async () => {
  process.env = { ...before };
  await collector.close();
});

const request = (change: Partial<TracedRequest> = {}): TracedRequest => ({
  tenantId: 't', entry: entryAt(NOW, { attempts: [{ model: 'cheap', status: 200, ms: 5 }] }), method: 'POST', route: '/v1/messages', stream: false, traceparent: undefined,
  calls: [{ beganMs: 1, url: 'https://api.anthropic.com/v1/messages', provider: 'anthropic', upstreamModel: 'claude' }], ...change,
});

function open() {
  const counted: Record<TraceOutcome, number> = { sent: 0, dropped: 0, failed: 0 };
  const { settings } = otlpSettings(process.env);
  if (settings === undefined) throw new Error('no settings');
  const traces = openOtlp({ settings, version: '1', instanceId: 'i', log: { info() {}, warn() {}, error() {} }, count: (outcome, n) => { counted[outcome] += n; } });
  return { traces, counted };
}

test('at most 2,048 requests wait for a collector that hangs; the others are dropped and counted, and every one is counted once', async () => {
  const { traces, counted } = open();
  collector.answer = 'hang';
  for (let i = 0; i < 5_000; i += 1) traces.ended(request());
  expect(counted).toEqual({ sent: 0, dropped: 5_000 - 2_048, failed: 0 });
  await traces.close();
  expect(counted.sent).toBe(0);
  expect(counted.dropped + counted.failed).toBeGreaterThanOrEqual(5_000 - 64);
  expect(counted.dropped + counted.failed).toBeLessThanOrEqual(5_000);
});

test('many requests go in batches, one at a time, and all arrive', async () => {
  const { traces, counted } = open();
  for (let i = 0; i < 1_000; i += 1) traces.ended(request());
  await traces.close();
  expect(counted).toEqual({ sent: 1_000, dropped: 0, failed: 0 });
  expect(collector.spans).toHaveLength(2_000);
  expect(collector.requests.length).toBe(Math.ceil(1_000 / 64));
  expect(new Set(collector.spans.map(({ spanId }) => spanId)).size).toBe(2_000);
});

test('a collector that is busy for a moment gets the batch again', async () => {
  const { traces, counted } = open();
  process.env['OTEL_EXPORTER_OTLP_TIMEOUT'] = '5000';
  collector.answer = 503;
  traces.ended(request());
  const closed = traces.close();
  while (collector.requests.length === 0) await new Promise((resolve) => { setTimeout(resolve, 5); });
  collector.answer = 200;
  await closed;
  expect(counted).toEqual({ sent: 1, dropped: 0, failed: 0 });
});

const ids = (bytes: number): string => 'ab'.repeat(bytes);

test('input tokens are all of them, caches included; unknown counts are left out, never 0', () => {
  const entry = entryAt(NOW, { attempts: [{ model: 'cheap', status: 200, ms: 5 }], tokens: { input: 100, cacheRead: 40, cacheWrite5m: 10, output: 7, reasoning: 3 } });
  expect(spansOf(request({ entry }), ids)[1]?.attributes).toMatchObject({
    'gen_ai.usage.input_tokens': 150, 'gen_ai.usage.cache_read.input_tokens': 40, 'gen_ai.usage.cache_creation.input_tokens': 10, 'gen_ai.usage.output_tokens': 7, 'gen_ai.usage.reasoning.output_tokens': 3,
    'gen_ai.provider.name': 'anthropic', 'server.address': 'api.anthropic.com', 'server.port': 443,
  });
  const bare = spansOf(request({ entry: { ...entry, tokens: {} } }), ids)[1]?.attributes ?? {};
  expect(Object.keys(bare).filter((name) => name.startsWith('gen_ai.usage'))).toEqual([]);
});

test('providers have the names of the conventions where these have one', () => {
  const nameOf = (provider: string) => spansOf(request({ calls: [{ beganMs: 0, url: undefined, provider, upstreamModel: 'm' }] }), ids)[1]?.attributes['gen_ai.provider.name'];
  expect(['openai', 'anthropic', 'bedrock', 'azure', 'google', 'mistral', 'groq', 'deepseek', 'openrouter'].map(nameOf)).toEqual(['openai', 'anthropic', 'aws.bedrock', 'azure.ai.openai', 'gcp.gemini', 'mistral_ai', 'groq', 'deepseek', 'openrouter']);
});

test.each([
  ['00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01', true],
  ['00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00', true],
  ['00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01', false],
  ['00-00000000000000000000000000000000-b7ad6b7169203331-01', false],
  ['00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01', false],
  ['00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more', false],
  ['ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01', false],
  [`00-${'a'.repeat(10_000)}`, false],
])('the parent %s is followed: %s', (traceparent, isFollowed) => {
  const [root] = spansOf(request({ traceparent }), ids);
  expect([root?.traceId === '0af7651916cd43dd8448eb211c80319c', root?.parentSpanId === 'b7ad6b7169203331', root?.parentIsRemote]).toEqual([isFollowed, isFollowed, isFollowed]);
});
