import type { Config, KeyConfig, ModelConfig } from '../../functions/contract/index.ts';
import { RESERVED_NAMES } from '../../functions/contract/vocabulary.ts';
import { parseKey, type ParsedKey } from '../../functions/core/keys/virtual-key.ts';
import { parseUpstreamUrl } from '../../functions/core/safe-url.ts';
import { Secret } from '../../functions/core/secret.ts';
import { openProviders, type Providers } from '../../functions/adapters/providers/registry.ts';
import { isTimezone } from '../../functions/admin/query.ts';
import { wrongConfig, type ConfigPath } from './read-config.ts';

/** `last4` is what may be shown of it; empty when the secret is too short to show any. */
export interface DeclaredCredential { readonly name: string; readonly secret: Secret; readonly last4: string }
/** `credentials` undefined = the file names none, which leaves those in the store alone. */
export interface DeclaredModel { readonly config: ModelConfig; readonly credentials: readonly DeclaredCredential[] | undefined }
export interface DeclaredKey { readonly config: KeyConfig; readonly parsed: ParsedKey }

/** The config file with its environment variables resolved. Secrets are wrapped and never part of a message. */
export interface Declared {
  readonly config: Config;
  readonly models: readonly DeclaredModel[];
  readonly keys: readonly DeclaredKey[];
}

export interface World {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** `--allow-upstream`: hosts that may be private and that fixed providers may be pointed at. */
  readonly allowHosts: readonly string[];
}

/** Everything about the file that can be judged without the store. Throws `StartError` with the first wrong pointer. */
export function checkConfig(config: Config, world: World): Declared {
  if (config.tenant !== undefined && !isTimezone(config.tenant.timezone)) wrongConfig(['tenant', 'timezone'], 'This is not the name of a time zone, such as Europe/Berlin.');
  const providers = openProviders({ clock: { now: () => 0, elapsed: () => 0 } });
  refuseTwice(config.models.map(({ id }) => id), (index) => ['models', index, 'id'], 'Another model of this file has the same id.');
  const models = config.models.map((model, index) => checkModel(model, ['models', index], world, providers));
  refuseTwice(config.keys.map(({ name }) => name), (index) => ['keys', index, 'name'], 'Another key of this file has the same name.');
  const keys = config.keys.map((key, index) => ({ config: key, parsed: keyOf(key, ['keys', index, 'keyEnv'], world) }));
  refuseTwice(keys.map(({ parsed }) => parsed.keyId), (index) => ['keys', index, 'keyEnv'], 'Another key of this file holds the same key.');
  return { config, models, keys };
}

function refuseTwice(values: readonly string[], pathOf: (index: number) => ConfigPath, sentence: string): void {
  const seen = new Set<string>();
  for (const [index, value] of values.entries()) {
    if (seen.has(value)) wrongConfig(pathOf(index), sentence);
    seen.add(value);
  }
}

function checkModel(model: ModelConfig, path: ConfigPath, world: World, providers: Providers): DeclaredModel {
  const { id, provider, upstreamModel } = model;
  if ((RESERVED_NAMES as readonly string[]).includes(id)) wrongConfig([...path, 'id'], `"${id}" is a word with a meaning of its own; choose another id.`);
  if (id.endsWith('*') && !id.endsWith('/*')) wrongConfig([...path, 'id'], 'The * of a wildcard model stands alone after a slash, as in "openrouter/*".');
  if (upstreamModel.includes('*') && (upstreamModel !== '*' || !id.endsWith('/*'))) wrongConfig([...path, 'upstreamModel'], 'Only a wildcard model may have "*" here, and nothing beside it.');
  if (!providers.has(provider)) wrongConfig([...path, 'provider'], `The provider "${provider}" is not available in this version.`);
  checkAddress(model, path, world, providers.of(provider).defaultBaseUrl);
  return { config: model, credentials: credentialsOf(model, path, world) };
}

const LABEL = /^[a-z0-9][a-z0-9-]{0,62}$/;

/** Where the model lives. Providers with a fixed host go elsewhere only to loopback and to hosts that the operator named. */
function checkAddress(model: ModelConfig, path: ConfigPath, { allowHosts }: World, defaultBaseUrl: string | undefined): void {
  const { provider, baseUrl, apiVersion, region } = model;
  if (provider === 'azure' && apiVersion === undefined) wrongConfig([...path, 'apiVersion'], 'Azure needs the version of its API, such as "2024-10-21".');
  if (provider === 'bedrock' && region === undefined) wrongConfig([...path, 'region'], 'Bedrock needs a region, such as "eu-central-1".');
  if (region !== undefined && !LABEL.test(region)) wrongConfig([...path, 'region'], 'This is not the name of a region.');
  if (baseUrl === undefined) {
    if (defaultBaseUrl === undefined && provider !== 'bedrock') wrongConfig([...path, 'baseUrl'], `The provider "${provider}" needs a base URL, version segment included.`);
    return;
  }
  const parsed = parseUpstreamUrl(baseUrl, { allowHosts, allowLoopback: true });
  if (!parsed.ok) return wrongConfig([...path, 'baseUrl'], parsed.reason);
  if (parsed.url.path.includes('?')) wrongConfig([...path, 'baseUrl'], 'The URL must not contain a ? query.');
  const isFixed = provider === 'bedrock' || (defaultBaseUrl !== undefined && provider !== 'ollama');
  if (!isFixed || parsed.url.reach !== 'public') return;
  if (defaultBaseUrl !== undefined && new URL(defaultBaseUrl).origin === parsed.url.origin) return;
  wrongConfig([...path, 'baseUrl'], `The provider "${provider}" has a fixed address; another host must be allowed with --allow-upstream, or use "openai-compatible".`);
}

function credentialsOf(model: ModelConfig, path: ConfigPath, world: World): DeclaredCredential[] | undefined {
  const { apiKeyEnv, credentials } = model;
  if (apiKeyEnv !== undefined && credentials !== undefined) wrongConfig([...path, 'credentials'], 'A model has either apiKeyEnv or credentials.');
  if (apiKeyEnv !== undefined) return [{ name: 'default', ...credentialOf(model, apiKeyEnv, [...path, 'apiKeyEnv'], world) }];
  if (credentials === undefined) return undefined;
  refuseTwice(credentials.map(({ name }) => name), (index) => [...path, 'credentials', index, 'name'], 'Another credential of this model has the same name.');
  return credentials.map((credential, index) => ({ name: credential.name, ...credentialOf(model, credential.apiKeyEnv, [...path, 'credentials', index, 'apiKeyEnv'], world) }));
}

function credentialOf(model: ModelConfig, name: string, path: ConfigPath, world: World): Omit<DeclaredCredential, 'name'> {
  const value = variable(name, path, world);
  if (model.provider === 'bedrock') {
    const accessKeyId = accessKeyIdOf(value) ?? wrongConfig(path, 'The variable must hold JSON with accessKeyId, secretAccessKey and, if there is one, sessionToken.');
    return { secret: new Secret(value), last4: accessKeyId.slice(-4) };
  }
  if (!/^[\x21-\x7e]+$/.test(value)) wrongConfig(path, 'The variable holds blanks or characters that cannot stand in an HTTP header.');
  return { secret: new Secret(value), last4: value.length < MIN_LENGTH_SHOWN ? '' : value.slice(-4) };
}

/** Of a shorter secret four characters would give too much away. */
const MIN_LENGTH_SHOWN = 12;

/** The access key id of a complete AWS credential; undefined for anything else. */
function accessKeyIdOf(text: string): string | undefined {
  try {
    const value = JSON.parse(text) as Record<string, unknown> | null;
    const known = ['accessKeyId', 'secretAccessKey', 'sessionToken'];
    if (value === null || typeof value['secretAccessKey'] !== 'string') return undefined;
    if (!Object.entries(value).every(([name, part]) => known.includes(name) && typeof part === 'string')) return undefined;
    return value['accessKeyId'] as string | undefined;
  } catch {
    return undefined;
  }
}

function keyOf(key: KeyConfig, path: ConfigPath, world: World): ParsedKey {
  return parseKey(variable(key.keyEnv, path, world))
    ?? wrongConfig(path, 'The variable does not hold a valid key; "npm run -s keygen" prints one.');
}

/** The value of an environment variable. Its name is shown only where it cannot be a secret put in the wrong place. */
function variable(name: string, path: ConfigPath, { env }: World): string {
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) wrongConfig(path, 'This must be the name of an environment variable.');
  const value = env[name];
  if (value !== undefined && value !== '') return value;
  return wrongConfig(path, /^[A-Z][A-Z0-9_]{0,63}$/.test(name) ? `The environment variable ${name} is not set.` : 'The environment variable named here is not set.');
}
