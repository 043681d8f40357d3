import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LLMock } from '@copilotkit/aimock';
import type { LedgerEntry } from '../../functions/contract/ledger.ts';
import { formatKey } from '../../functions/core/keys/virtual-key.ts';
import { startServer, type ServerProcess } from '../support/server-process.ts';

/** The one-machine edition as a process, and an independent mock of both providers behind it. */
export interface ClientWorld {
  /** `http://127.0.0.1:PORT`; the OpenAI clients append `/v1`. */
  readonly origin: string;
  readonly key: string;
  readonly mock: LLMock;
  /** Paths that the mock was asked for since the last call. */
  asked(): string[];
  /** The entries of the ledger, newest first, as soon as `count` more requests are settled than at the last call. */
  settled(count: number): Promise<readonly LedgerEntry[]>;
  close(): Promise<void>;
}

/** Every client is tried with a model of each provider: the one that speaks its dialect and the one that does not. */
export const MODELS = ['gpt', 'claude'] as const;

export const WEATHER = { city: 'Seoul' };
export const FORECAST = 'It is 7 degrees in Seoul.';
/** In the words of both providers. */
const USAGE = { prompt_tokens: 11, completion_tokens: 6, input_tokens: 11, output_tokens: 6 };
export const RECIPE = { dish: 'bibimbap', minutes: 20 };

/**
 * The mock says "Hello from the mock." to hello; asked for the weather it calls `get_weather` for Seoul and, once it has the
 * result, says the forecast; asked for a recipe it answers with JSON.
 */
export async function openWorld(): Promise<ClientWorld> {
  const mock = new LLMock({ port: 0, host: '127.0.0.1' });
  mock.on({ userMessage: 'weather', hasToolResult: false }, { toolCalls: [{ name: 'get_weather', arguments: JSON.stringify(WEATHER) }], usage: USAGE });
  mock.on({ userMessage: 'weather', hasToolResult: true }, { content: FORECAST, usage: USAGE });
  mock.on({ userMessage: 'recipe' }, { content: JSON.stringify(RECIPE), usage: USAGE });
  mock.on({ userMessage: 'hello' }, { content: 'Hello from the mock.', usage: USAGE });
  mock.onEmbedding(/./, { embedding: [0.5, -0.25, 1] });
  await mock.start();
  const dir = await mkdtemp(join(tmpdir(), 'bsg-clients-'));
  const key = formatKey({ env: 'test', keyId: 'AAAAAAAAAAAA', secretBytes: new Uint8Array(32).fill(9) });
  const baseUrl = `${mock.url}/v1`;
  const server: ServerProcess = await startServer({
    dataDir: join(dir, 'data'),
    env: { UP: 'sk-upstream', BSG_KEY: key },
    config: {
      version: 1,
      models: [
        { id: 'gpt', provider: 'openai', upstreamModel: 'gpt-5-mini', baseUrl, apiKeyEnv: 'UP' },
        { id: 'claude', provider: 'anthropic', upstreamModel: 'claude-sonnet-4-5', baseUrl, apiKeyEnv: 'UP' },
        { id: 'chat-only', provider: 'openai-compatible', upstreamModel: 'llama-4', baseUrl, apiKeyEnv: 'UP' },
        { id: 'vectors', provider: 'openai', upstreamModel: 'text-embedding-3-small', baseUrl, apiKeyEnv: 'UP' },
      ],
      routing: { aliases: [], patterns: [{ id: 'claude-code', priority: 100, glob: 'claude-*', target: 'auto' }], auto: { strategy: 'static', tiers: { simple: ['gpt'], moderate: ['gpt'], complex: ['claude'] } } },
      keys: [{ name: 'clients', keyEnv: 'BSG_KEY', rpm: null, tpm: null }],
    },
  });
  const token = (await readFile(server.ready.adminTokenFile, 'utf8')).trim();
  let seen = 0;
  let known = 0;
  return {
    origin: server.origin, key, mock,
    asked() {
      const paths = mock.getRequests().slice(seen).map(({ path }) => path);
      seen += paths.length;
      return paths;
    },
    async settled(count) {
      const deadline = Date.now() + 10_000;
      for (;;) {
        const answer = await fetch(`${server.origin}/admin/requests?limit=200`, { headers: { authorization: `Bearer ${token}` } });
        const { items } = (await answer.json()) as { items: LedgerEntry[] };
        const fresh = items.slice(0, items.length - known);
        if (fresh.length >= count || Date.now() > deadline) {
          known = items.length;
          return fresh;
        }
        await new Promise((resolve) => { setTimeout(resolve, 50); });
      }
    },
    async close() {
      await server.stop();
      await mock.stop();
      await rm(dir, { recursive: true, force: true });
    },
  };
}
