// The configuration that BSGateway is measured with: one registered model per behaviour of the mock upstream, and a key
// whose limits exist (so that they are enforced and accounted on every request) but are never reached.
const MOCKS = ['mock-json', 'mock-sse-5x5', 'mock-sse-50x20', 'mock-sse-400x0', 'mock-sse-80x50', 'mock-sse-250x20', 'mock-big-256'];

/** Model name patterns for OpenAI in with an Anthropic upstream, and the other way round. */
export const ANTHROPIC_MODEL = 'anthropic/{}';
export const MESSAGES_MODEL = '{}';

const model = (provider, id, upstreamModel, baseUrl) => ({
  id, provider, upstreamModel, baseUrl, apiKeyEnv: 'BENCH_UPSTREAM_KEY', maxOutputTokens: 4096,
  price: { input: 0.25, cacheRead: 0.025, cacheWrite: 0.3125, output: 2 }, facts: { contextWindow: 1_000_000, tools: true },
});

export function benchConfig(baseUrl) {
  return {
    version: 1,
    models: [
      ...MOCKS.map((id) => model('openai-compatible', id, id, baseUrl)),
      ...MOCKS.map((id) => model('anthropic', ANTHROPIC_MODEL.replace('{}', id), id, baseUrl)),
    ],
    keys: [{ name: 'bench', keyEnv: 'BENCH_KEY', rpm: 100_000_000, tpm: 1_000_000_000_000 }],
  };
}
