import type { ProviderKind } from '../../contract/index.ts';
import { RESERVED_NAMES } from '../../contract/words.ts';
import { parseUpstreamUrl, type UpstreamUrlOptions } from '../safe-url.ts';

/** What is wrong with a field, in a sentence for whoever wrote it. */
export interface Problem { readonly field: string; readonly message: string }

export interface ModelAddress {
  readonly id: string;
  readonly provider: ProviderKind;
  readonly upstreamModel: string;
  readonly baseUrl?: string | undefined;
  readonly apiVersion?: string | undefined;
  readonly region?: string | undefined;
}

/** Providers whose address is known; the adapters of these providers use the same ones, and a test compares them. */
export const KNOWN_BASE_URLS: Readonly<Partial<Record<ProviderKind, string>>> = {
  openai: 'https://api.openai.com/v1',
  anthropic: 'https://api.anthropic.com/v1',
  google: 'https://generativelanguage.googleapis.com/v1beta/openai',
  mistral: 'https://api.mistral.ai/v1',
  groq: 'https://api.groq.com/openai/v1',
  deepseek: 'https://api.deepseek.com/v1',
  openrouter: 'https://openrouter.ai/api/v1',
  ollama: 'http://127.0.0.1:11434/v1',
};

const LABEL = /^[a-z0-9][a-z0-9-]{0,62}$/;

/** The first thing wrong with a model's name or address, or undefined. Providers with a fixed host go elsewhere only to loopback and to hosts that the operator named. */
export function modelProblem(model: ModelAddress, policy: UpstreamUrlOptions): Problem | undefined {
  const { id, upstreamModel } = model;
  if ((RESERVED_NAMES as readonly string[]).includes(id)) return { field: 'id', message: `"${id}" is a word with a meaning of its own; choose another id.` };
  if (id.endsWith('*') && !id.endsWith('/*')) return { field: 'id', message: 'The * of a wildcard model stands alone after a slash, as in "openrouter/*".' };
  if (upstreamModel.includes('*') && (upstreamModel !== '*' || !id.endsWith('/*'))) return { field: 'upstreamModel', message: 'Only a wildcard model may have "*" here, and nothing beside it.' };
  return addressProblem(model, policy);
}

function addressProblem({ provider, baseUrl, apiVersion, region }: ModelAddress, policy: UpstreamUrlOptions): Problem | undefined {
  const known = KNOWN_BASE_URLS[provider];
  if (provider === 'azure' && apiVersion === undefined && !/\/openai\/v1\/?$/.test(baseUrl ?? '')) return { field: 'apiVersion', message: 'Azure needs the version of its API, such as "2024-10-21".' };
  if (provider === 'bedrock' && region === undefined) return { field: 'region', message: 'Bedrock needs a region, such as "eu-central-1".' };
  if (region !== undefined && !LABEL.test(region)) return { field: 'region', message: 'This is not the name of a region.' };
  if (baseUrl === undefined) {
    return known === undefined && provider !== 'bedrock' ? { field: 'baseUrl', message: `The provider "${provider}" needs a base URL, version segment included.` } : undefined;
  }
  const parsed = parseUpstreamUrl(baseUrl, policy);
  if (!parsed.ok) return { field: 'baseUrl', message: parsed.reason };
  if (parsed.url.path.includes('?')) return { field: 'baseUrl', message: 'The URL must not contain a ? query.' };
  const isFixed = provider === 'bedrock' || (known !== undefined && provider !== 'ollama');
  if (!isFixed || parsed.url.reach !== 'public' || (known !== undefined && new URL(known).origin === parsed.url.origin)) return undefined;
  return { field: 'baseUrl', message: `The provider "${provider}" has a fixed address; another host must be allowed with --allow-upstream (or by the stack's options), or use "openai-compatible".` };
}

/** Of a shorter secret four characters would give too much away. */
const MIN_LENGTH_SHOWN = 12;

/** The last four characters under which a credential is shown, or what is wrong with it. Never quotes it. */
export function credentialTail(provider: ProviderKind, value: string): { readonly last4: string } | { readonly message: string } {
  if (provider === 'bedrock') {
    const accessKeyId = accessKeyIdOf(value);
    return accessKeyId === undefined ? { message: 'This must be JSON with accessKeyId, secretAccessKey and, if there is one, sessionToken.' } : { last4: accessKeyId.slice(-4) };
  }
  if (!/^[\x21-\x7e]+$/.test(value)) return { message: 'This holds blanks or characters that cannot stand in an HTTP header.' };
  return { last4: value.length < MIN_LENGTH_SHOWN ? '' : value.slice(-4) };
}

/** The access key id of a complete AWS credential; undefined for anything else. */
function accessKeyIdOf(text: string): string | undefined {
  try {
    const value = JSON.parse(text) as Record<string, unknown> | null;
    const known = ['accessKeyId', 'secretAccessKey', 'sessionToken'];
    if (value === null || typeof value['secretAccessKey'] !== 'string' || typeof value['accessKeyId'] !== 'string') return undefined;
    return Object.entries(value).every(([name, part]) => known.includes(name) && typeof part === 'string') ? value['accessKeyId'] : undefined;
  } catch {
    return undefined;
  }
}
