import type { Exchange } from './exchange.ts';
import type { GatewayRequest, GatewayResponse, Ports } from './ports.ts';

/** How long a browser may go on without asking again; Chromium's own limit is two hours. */
const MAX_AGE_SECONDS = 600;
/** Names of headers as the Fetch standard has browsers list them. */
const HEADER_NAMES = /^[a-z0-9!#$%&'*+.^_`|~-]+(?:,\s?[a-z0-9!#$%&'*+.^_`|~-]+)*$/i;
const MAX_NAMES_LENGTH = 2_048;

/**
 * The answer to a browser's question whether a page may call (Fetch standard, CORS preflight): yes where any tenant lists
 * its origin, since the question carries no key. undefined for what is no such question, or not to be allowed.
 */
export async function preflight({ method, path, headers }: GatewayRequest, ports: Ports): Promise<GatewayResponse | undefined> {
  const { origin, 'access-control-request-method': wanted, 'access-control-request-headers': names } = headers;
  if (method !== 'OPTIONS' || origin === undefined || wanted === undefined || !path.startsWith('/v1/')) return undefined;
  if ((await tenantsOf(origin, ports)).size === 0) return undefined;
  return {
    status: 204,
    headers: {
      'access-control-allow-origin': origin, 'access-control-allow-methods': 'GET, POST', 'access-control-max-age': String(MAX_AGE_SECONDS), 'vary': 'origin, access-control-request-headers',
      ...(names !== undefined && names.length <= MAX_NAMES_LENGTH && HEADER_NAMES.test(names) && { 'access-control-allow-headers': names }),
      // A public page may then reach a gateway of a private network (Private Network Access).
      ...(headers['access-control-request-private-network'] === 'true' && { 'access-control-allow-private-network': 'true' }),
    },
    body: new Uint8Array(),
  };
}

/**
 * Lets a page read an answer, errors included, where the key's own tenant lists the page's origin. Not that of a request
 * whose key did not hold: it would tell which key ids there are.
 */
export async function readable({ request: { path, headers: { origin } }, seen: { key } }: Exchange, response: GatewayResponse, ports: Ports): Promise<GatewayResponse> {
  if (origin === undefined || key === undefined || response.status === 401 || !path.startsWith('/v1/')) return response;
  if (!(await tenantsOf(origin, ports)).has(key.tenantId)) return response;
  return { ...response, headers: { ...response.headers, 'access-control-allow-origin': origin, 'access-control-expose-headers': '*', 'vary': 'origin' } };
}

/** Nobody while the store cannot say: a page then sees no answer, and whoever is no page is served as ever. */
async function tenantsOf(origin: string, ports: Ports): Promise<ReadonlySet<string>> {
  try {
    return await ports.origins.tenantsOf(origin);
  } catch {
    return new Set();
  }
}
