import type { ProviderKind } from '../../contract/index.ts';
import type { Clock } from '../../core/clock.ts';
import { fail } from '../../core/errors.ts';
import { roleCredentials } from '../aws/environment.ts';
import { anthropic } from './anthropic/provider.ts';
import { azure } from './azure/provider.ts';
import { bedrock } from './bedrock/provider.ts';
import { deepseek } from './deepseek/provider.ts';
import { google } from './google/provider.ts';
import { groq } from './groq/provider.ts';
import { mistral } from './mistral/provider.ts';
import { ollama } from './ollama/provider.ts';
import { openaiCompatible } from './openai-compatible/provider.ts';
import type { ProviderTools } from './openai-style.ts';
import { openai } from './openai/provider.ts';
import { openrouter } from './openrouter/provider.ts';
import type { Provider } from './provider.ts';

/** One line per kind; null = named by the contract, not built yet. */
const BUILDERS: Readonly<Record<ProviderKind, ((tools: ProviderTools) => Provider) | null>> = {
  openai,
  anthropic,
  google,
  bedrock,
  azure,
  mistral,
  groq,
  deepseek,
  openrouter,
  ollama,
  'openai-compatible': openaiCompatible,
};

export interface Providers {
  /** The provider of a kind. Throws `not_implemented` for one that this version does not have. */
  of(kind: ProviderKind): Provider;
  has(kind: ProviderKind): boolean;
}

/** The gateway's own version, as upstreams see it; the same as in package.json, which a test compares. */
export const GATEWAY_VERSION = '0.1.0';

/** All providers of this version, built once. */
export function openProviders(options: { readonly clock: Clock; readonly version?: string; readonly roleCredentials?: ProviderTools['roleCredentials'] }): Providers {
  const tools: ProviderTools = {
    clock: options.clock, ...(options.roleCredentials && { roleCredentials: options.roleCredentials }), userAgent: `bsgateway/${options.version ?? GATEWAY_VERSION}`,
  };
  const built = new Map<ProviderKind, Provider>();
  for (const build of Object.values(BUILDERS)) {
    const provider = build?.(tools);
    if (provider !== undefined) built.set(provider.kind, provider);
  }
  return {
    of: (kind) => built.get(kind) ?? fail('not_implemented', `Provider "${kind}" is not available in this version of the gateway.`, { retryable: true }),
    has: (kind) => built.has(kind),
  };
}

/** The role of the Lambda function that this process is. Elsewhere such variables are somebody's own and not the gateway's to use. */
export function functionRole(env: Readonly<Record<string, string | undefined>>): ReturnType<typeof roleCredentials> {
  return env['AWS_LAMBDA_FUNCTION_NAME'] === undefined ? undefined : roleCredentials(env);
}

const shared = openProviders({ clock: { now: () => Date.now(), elapsed: () => performance.now() }, roleCredentials: () => functionRole(process.env) });

/** The provider of a kind under the system's clock. Throws `not_implemented` for one that this version does not have. */
export function providerOf(kind: ProviderKind): Provider {
  return shared.of(kind);
}
