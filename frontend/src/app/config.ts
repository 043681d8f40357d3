/** `/config.json`: read at run time, so that one build serves every deployment. */
export interface AppConfig {
  readonly edition: 'local' | 'aws';
  /** Before `/admin`; empty where the API has the page's own origin. */
  readonly apiBaseUrl: string;
  /** Before `/v1`; the page's own origin where it is absent. */
  readonly gatewayUrl?: string;
  readonly issuer: string;
  readonly clientId: string;
  readonly scope: string;
  readonly signInLabel: string;
  /** The provider that people come from, by its name in the user pool: its page is opened at once. Absent: the issuer's own page. */
  readonly identityProvider?: string;
  readonly version: string;
  readonly demo?: boolean;
}

let loaded: AppConfig | undefined;

/** Throws `ConfigError` that names what is missing, for whoever deploys. */
export async function loadConfig(): Promise<AppConfig> {
  // `theme.js` has asked already.
  const response = await ((globalThis as { bsgConfig?: Promise<Response | undefined> }).bsgConfig ?? fetch('/config.json', { cache: 'no-store' }).catch(() => undefined));
  if (response?.ok !== true) throw new ConfigError('config.json');
  const read = (await response.json().catch(() => { throw new ConfigError('config.json'); })) as Partial<AppConfig>;
  for (const name of ['issuer', 'clientId', 'scope'] as const) if (typeof read[name] !== 'string' || read[name] === '') throw new ConfigError(name);
  loaded = { edition: 'local', apiBaseUrl: '', signInLabel: '', version: '', ...read } as AppConfig;
  return loaded;
}

/** After `loadConfig`, which the program begins with. */
export function config(): AppConfig {
  if (loaded === undefined) throw new ConfigError('config.json');
  return loaded;
}

/** Where programs send requests, without a slash at the end: `${gatewayUrl()}/v1`. */
export const gatewayUrl = (): string => (config().gatewayUrl ?? location.origin).replace(/\/v1\/?$|\/$/, '');

export class ConfigError extends Error {
  readonly setting: string;
  constructor(setting: string) {
    super(`The setting ${setting} is missing.`);
    this.name = 'ConfigError';
    this.setting = setting;
  }
}
