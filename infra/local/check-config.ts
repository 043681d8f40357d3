import type { Config, KeyConfig, ModelConfig } from '../../functions/contract/index.ts';
import { parseKey, type ParsedKey } from '../../functions/core/keys/virtual-key.ts';
import { credentialTail, modelProblem } from '../../functions/core/models/check-model.ts';
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
  if (!providers.has(model.provider)) wrongConfig([...path, 'provider'], `The provider "${model.provider}" is not available in this version.`);
  const problem = modelProblem(model, { allowHosts: world.allowHosts, allowLoopback: true });
  if (problem !== undefined) wrongConfig([...path, problem.field], problem.message);
  return { config: model, credentials: credentialsOf(model, path, world) };
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
  const tail = credentialTail(model.provider, value);
  return 'message' in tail ? wrongConfig(path, `The variable is of no use here. ${tail.message}`) : { secret: new Secret(value), last4: tail.last4 };
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
