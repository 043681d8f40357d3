import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { PROVIDERS, type ProviderKind } from '../../../functions/contract/index.ts';
import type { Dialect } from '../../../functions/core/conversation.ts';
import { GatewayError } from '../../../functions/core/errors.ts';
import type { RegisteredModel } from '../../../functions/core/routing/policy.ts';
import { Secret } from '../../../functions/core/secret.ts';
import { allowedBetas } from '../../../functions/adapters/providers/anthropic/betas.ts';
import type { Operation } from '../../../functions/adapters/providers/provider.ts';
import { GATEWAY_VERSION, openProviders, providerOf } from '../../../functions/adapters/providers/registry.ts';

const providers = openProviders({ clock: { now: () => 0, elapsed: () => 0 }, version: '9.8.7' });
const SECRET = 'sk-upstream-credential';
const secret = new Secret(SECRET);
const model = (provider: ProviderKind, more: Partial<RegisteredModel> = {}): RegisteredModel => ({
  id: 'm', provider, upstreamModel: 'up-1', enabled: true, price: null, facts: {}, credentials: [], ...more,
});
const COMMON = { 'content-type': 'application/json', accept: 'application/json', 'user-agent': 'bsgateway/9.8.7' };
const BEARER = { ...COMMON, authorization: `Bearer ${SECRET}` };
const KEYED = { ...COMMON, 'x-api-key': SECRET, 'anthropic-version': '2023-06-01' };

/** The failure that a call throws; fails the test when it throws none. */
function failureOf(call: () => unknown) {
  try {
    call();
  } catch (error) {
    if (error instanceof GatewayError) return error.failure;
    throw error;
  }
  throw new Error('nothing was thrown');
}

describe('address and headers of every call', () => {
  test.each<[ProviderKind, Dialect, Operation, Partial<RegisteredModel>, string, Record<string, string>]>([
    ['openai', 'openai-chat', 'generate', {}, 'https://api.openai.com/v1/chat/completions', BEARER],
    ['openai', 'openai-responses', 'generate', {}, 'https://api.openai.com/v1/responses', BEARER],
    ['openai', 'openai-chat', 'embed', {}, 'https://api.openai.com/v1/embeddings', BEARER],
    ['openai', 'openai-chat', 'generate', { baseUrl: 'http://127.0.0.1:9100/v1' }, 'http://127.0.0.1:9100/v1/chat/completions', BEARER],
    ['openai', 'openai-chat', 'generate', { baseUrl: 'http://127.0.0.1:9100/v1/' }, 'http://127.0.0.1:9100/v1/chat/completions', BEARER],
    ['anthropic', 'anthropic-messages', 'generate', {}, 'https://api.anthropic.com/v1/messages', KEYED],
    ['anthropic', 'anthropic-messages', 'count-tokens', {}, 'https://api.anthropic.com/v1/messages/count_tokens', KEYED],
    ['anthropic', 'anthropic-messages', 'generate', { baseUrl: 'http://127.0.0.1:9100/v1' }, 'http://127.0.0.1:9100/v1/messages', KEYED],
    ['openai-compatible', 'openai-chat', 'generate', { baseUrl: 'https://llm.example.com/api/v2' }, 'https://llm.example.com/api/v2/chat/completions', BEARER],
    ['openai-compatible', 'openai-chat', 'embed', { baseUrl: 'https://llm.example.com/v1' }, 'https://llm.example.com/v1/embeddings', BEARER],
    ['google', 'openai-chat', 'generate', {}, 'https://generativelanguage.googleapis.com/v1beta/openai/chat/completions', BEARER],
    ['mistral', 'openai-chat', 'generate', {}, 'https://api.mistral.ai/v1/chat/completions', BEARER],
    ['groq', 'openai-chat', 'generate', {}, 'https://api.groq.com/openai/v1/chat/completions', BEARER],
    ['deepseek', 'openai-chat', 'generate', {}, 'https://api.deepseek.com/v1/chat/completions', BEARER],
    ['openrouter', 'openai-chat', 'generate', {}, 'https://openrouter.ai/api/v1/chat/completions', BEARER],
    ['ollama', 'openai-chat', 'generate', {}, 'http://127.0.0.1:11434/v1/chat/completions', BEARER],
    ['azure', 'openai-chat', 'generate', { baseUrl: 'https://res.openai.azure.com/openai', apiVersion: '2024-10-21' },
      'https://res.openai.azure.com/openai/deployments/up-1/chat/completions?api-version=2024-10-21', { ...COMMON, 'api-key': SECRET }],
    ['azure', 'openai-chat', 'embed', { baseUrl: 'https://res.openai.azure.com/openai', apiVersion: '2024-10-21' },
      'https://res.openai.azure.com/openai/deployments/up-1/embeddings?api-version=2024-10-21', { ...COMMON, 'api-key': SECRET }],
    ['azure', 'openai-chat', 'generate', { baseUrl: 'https://res.openai.azure.com/openai', apiVersion: 'a&b', upstreamModel: 'a/b?c#d' },
      'https://res.openai.azure.com/openai/deployments/a%2Fb%3Fc%23d/chat/completions?api-version=a%26b', { ...COMMON, 'api-key': SECRET }],
  ])('%s %s %s %j → %s', (kind, dialect, operation, more, url, headers) => {
    expect(providers.of(kind).call(model(kind, more), dialect, operation, secret, {})).toEqual({ url, headers });
  });

  test('the upstream model name is part of no address but of a deployment and of a Bedrock model', () => {
    for (const kind of PROVIDERS.filter((kind) => providers.has(kind) && kind !== 'azure' && kind !== 'bedrock')) {
      const provider = providers.of(kind);
      const call = provider.call(model(kind, { upstreamModel: '../../evil', baseUrl: 'https://h.example/v1' }), provider.dialects[0] ?? 'openai-chat', 'generate', secret, {});
      expect(new URL(call.url).pathname.startsWith('/v1/')).toBe(true);
      expect(call.url).not.toContain('evil');
    }
  });
});

describe('credentials', () => {
  test('local and compatible servers are called without one when there is none', () => {
    for (const kind of ['ollama', 'openai-compatible'] as const) {
      expect(providers.of(kind).needsCredential).toBe(false);
      expect(providers.of(kind).call(model(kind, { baseUrl: 'http://h.example/v1' }), 'openai-chat', 'generate', undefined, {}).headers).toEqual(COMMON);
    }
  });

  test.each(PROVIDERS.filter((kind) => providers.has(kind) && !['ollama', 'openai-compatible', 'bedrock'].includes(kind)))('%s is never called without one', (kind) => {
    const provider = providers.of(kind);
    expect(provider.needsCredential).toBe(true);
    const call = () => provider.call(model(kind, { baseUrl: 'https://h.example/v1', apiVersion: '1' }), provider.dialects[0] ?? 'openai-chat', 'generate', undefined, {});
    expect(failureOf(call)).toMatchObject({ code: 'upstream_credentials_rejected', status: 502, retryable: true });
  });

  test.each(['', 'a b', 'a\r\nx-injected: 1', 'a\0', 'clé', ' padded'])('%j cannot stand in a header and is refused without being shown', (text) => {
    for (const kind of ['openai', 'anthropic', 'ollama'] as const) {
      const provider = providers.of(kind);
      const failed = failureOf(() => provider.call(model(kind), provider.dialects[0] ?? 'openai-chat', 'generate', new Secret(text), {}));
      expect(failed.code).toBe('upstream_credentials_rejected');
      expect(JSON.stringify(failed)).not.toContain('x-injected');
    }
  });
});

describe('Anthropic headers of the caller', () => {
  const headers = (options: { betas?: string; anthropicVersion?: string }) => providers.of('anthropic').call(model('anthropic'), 'anthropic-messages', 'generate', secret, options).headers;

  test('a well-formed version travels, anything else leaves the pinned one', () => {
    expect(headers({ anthropicVersion: '2025-01-01' })['anthropic-version']).toBe('2025-01-01');
    for (const anthropicVersion of ['', 'latest', '2025-01-01\r\nx: y', '2025-1-1', '2025-01-01,2023-06-01']) {
      expect(headers({ anthropicVersion })['anthropic-version']).toBe('2023-06-01');
    }
  });

  test('of the betas only those on the list travel, in their order', () => {
    expect(headers({ betas: 'claude-code-20250219, oauth-2025-04-20,interleaved-thinking-2025-05-14,files-api-2025-04-14,made-up-2025-01-01' })['anthropic-beta'])
      .toBe('claude-code-20250219,interleaved-thinking-2025-05-14');
    expect(headers({ betas: 'oauth-2025-04-20' })).toEqual(KEYED);
    expect(headers({ betas: '' })).toEqual(KEYED);
  });

  test.each(['skills-2025-10-02', 'message-batches-2024-09-24', 'managed-agents-2026-04-01', 'context-1m', 'context-1m-latest', 'context-1m-2025-08-07\r\nx: y', 'constructor-2025-01-01', `${'a'.repeat(2_000)}-2025-01-01`])('%s is dropped', (value) => {
    expect(allowedBetas(value)).toBeUndefined();
  });

  test('filtering what is already filtered changes nothing', () => {
    const once = allowedBetas('context-1m-2025-08-07, nope-2025-01-01 ,compact-2026-01-12');
    expect(once).toBe('context-1m-2025-08-07,compact-2026-01-12');
    expect(allowedBetas(once)).toBe(once);
  });
});

describe('what a provider does not do', () => {
  test.each<[ProviderKind, Dialect, Operation]>([
    ['openai', 'openai-chat', 'count-tokens'],
    ['openai', 'anthropic-messages', 'generate'],
    ['groq', 'openai-responses', 'generate'],
    ['anthropic', 'anthropic-messages', 'embed'],
    ['anthropic', 'openai-chat', 'generate'],
    ['azure', 'openai-responses', 'generate'],
  ])('%s: %s %s is a clear 501', (kind, dialect, operation) => {
    const failed = failureOf(() => providers.of(kind).call(model(kind, { baseUrl: 'https://h.example/v1', apiVersion: '1' }), dialect, operation, secret, {}));
    expect(failed).toMatchObject({ code: 'not_implemented', status: 501 });
    expect(failed.message).toContain(kind);
  });

  test('a model without the base URL or version that its provider needs is a failure of ours, not of the caller', () => {
    expect(failureOf(() => providers.of('openai-compatible').call(model('openai-compatible'), 'openai-chat', 'generate', secret, {}))).toMatchObject({ code: 'upstream_error', status: 502, retryable: true });
    expect(failureOf(() => providers.of('azure').call(model('azure', { baseUrl: 'https://r.openai.azure.com/openai' }), 'openai-chat', 'generate', secret, {}))).toMatchObject({ code: 'upstream_error', internal: 'azure model has no apiVersion' });
  });

  test.each(['', '.', '..'])('the deployment name %j cannot walk out of its path', (upstreamModel) => {
    const call = () => providers.of('azure').call(model('azure', { baseUrl: 'https://r.openai.azure.com/openai', apiVersion: '1', upstreamModel }), 'openai-chat', 'generate', secret, {});
    expect(failureOf(call).code).toBe('invalid_request');
  });
});

describe('the registry', () => {
  test('has every provider of the contract', () => {
    for (const kind of PROVIDERS) {
      expect(providers.has(kind)).toBe(true);
      expect(providers.of(kind).kind).toBe(kind);
    }
  });

  test('an unknown kind, even one that objects inherit, is refused alike', () => {
    for (const kind of ['constructor', '__proto__', 'nope']) expect(failureOf(() => providerOf(kind as ProviderKind)).code).toBe('not_implemented');
  });

  test('tells upstreams the version of package.json', () => {
    const { version } = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')) as { version: string };
    expect(GATEWAY_VERSION).toBe(version);
    expect(providerOf('openai').call(model('openai'), 'openai-chat', 'generate', secret, {}).headers['user-agent']).toBe(`bsgateway/${version}`);
  });
});

describe('translation', () => {
  test.each(PROVIDERS.filter((kind) => kind !== 'anthropic'))('translation D41 (whole, streamed): %s gets no Anthropic header, whatever the caller sent', (kind) => {
    const provider = providers.of(kind);
    const own = kind === 'bedrock' ? { region: 'eu-west-1' } : { baseUrl: 'https://h.example/v1', apiVersion: '1' };
    const credential = kind === 'bedrock' ? new Secret(JSON.stringify({ accessKeyId: 'AKIAEXAMPLE', secretAccessKey: 's' })) : secret;
    for (const stream of [false, true]) {
      const { headers } = provider.call(model(kind, own), provider.dialects[0] ?? 'openai-chat', 'generate', credential, { stream, betas: 'context-1m-2025-08-07', anthropicVersion: '2025-01-01' });
      expect(Object.keys(headers).filter((name) => name.startsWith('anthropic'))).toEqual([]);
    }
  });
});
