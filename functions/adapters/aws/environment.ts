import { TABLES, type Table } from '../store/port.ts';

/** What the stack tells a function. Endpoints, region and credentials are the SDK's own variables. */
export interface AwsEnvironment {
  readonly tableNames: Readonly<Record<Table, string>>;
  /** The symmetric key under which data keys of provider credentials are wrapped. */
  readonly vaultKeyId: string;
  /** The HMAC_256 key of the pepper. */
  readonly pepperKeyId: string;
  /** Tells this deployment from others in `via` headers: 1–64 characters of a host label. */
  readonly deploymentId: string;
  /** `HOST` or `HOST:PORT` of upstreams that may be private; none by default. */
  readonly allowUpstreams: readonly string[];
}

/** The variable that names a table: `BSG_TABLE_USAGE` and so on. */
export const tableVariable = (table: Table): string => `BSG_TABLE_${table.toUpperCase()}`;
export const VAULT_KEY_VARIABLE = 'BSG_VAULT_KEY_ID';
export const PEPPER_KEY_VARIABLE = 'BSG_PEPPER_KEY_ID';
export const DEPLOYMENT_VARIABLE = 'BSG_DEPLOYMENT_ID';
/** The bucket of the audit archive, for the one job that writes to it. */
export const ARCHIVE_VARIABLE = 'BSG_AUDIT_BUCKET';
/** Where the dashboard lies, and the folder with its files, for the one job that publishes it. */
export const SITE_BUCKET_VARIABLE = 'BSG_SITE_BUCKET';
export const SITE_FOLDER_VARIABLE = 'BSG_SITE_FOLDER';
/** Optional; a list separated by commas. */
export const UPSTREAMS_VARIABLE = 'ALLOW_UPSTREAMS';

type Env = Readonly<Record<string, string | undefined>>;

/** Throws an `Error` naming the first variable that is missing: a function that is set up wrong must not start. */
export function readAwsEnvironment(env: Env): AwsEnvironment {
  return {
    tableNames: readTableNames(env),
    vaultKeyId: variable(env, VAULT_KEY_VARIABLE),
    pepperKeyId: variable(env, PEPPER_KEY_VARIABLE),
    deploymentId: variable(env, DEPLOYMENT_VARIABLE),
    allowUpstreams: (env[UPSTREAMS_VARIABLE] ?? '').split(',').map((host) => host.trim()).filter((host) => host !== ''),
  };
}

/** The tables alone, for functions that touch no key. */
export function readTableNames(env: Env): Readonly<Record<Table, string>> {
  return Object.fromEntries(TABLES.map((table) => [table, variable(env, tableVariable(table))])) as Record<Table, string>;
}

/** A variable that must be set. */
export function variable(env: Env, name: string): string {
  const value = env[name];
  if (value === undefined || value === '') throw new Error(`The environment variable ${name} is not set.`);
  return value;
}

export interface StaticCredentials { readonly accessKeyId: string; readonly secretAccessKey: string; readonly sessionToken?: string }

/**
 * The role's credentials as Lambda sets them; they hold as long as the process. undefined where they come from an
 * endpoint and must be refreshed: the SDK's own chain knows how, at the price of loading it.
 */
export function roleCredentials(env: Env): StaticCredentials | undefined {
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey, AWS_SESSION_TOKEN: sessionToken } = env;
  if (accessKeyId === undefined || secretAccessKey === undefined) return undefined;
  return { accessKeyId, secretAccessKey, ...(sessionToken !== undefined && { sessionToken }) };
}
