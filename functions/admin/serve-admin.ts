import { readBody, readIfMatch } from './body.ts';
import { compressed } from './compress.ts';
import { AdminError } from './errors.ts';
import { once } from './idempotency.ts';
import { may, type AdminPorts, type Caller, type GatewayRequest, type GatewayResponse, type Identity, type Reply } from './ports.ts';
import { parseQuery } from './query.ts';
import { matchRoute, type Matched, type Route } from './routes.ts';

const encoder = new TextEncoder();

/**
 * The control plane: one request in, one JSON answer (or a streamed file) out. Nobody without a valid token learns which
 * paths exist; then the matched route, never the path's text, decides who may run it. Never throws.
 */
export async function serveAdmin(request: GatewayRequest, ports: AdminPorts): Promise<GatewayResponse> {
  const requestId = ports.newRequestId();
  const begun = ports.now();
  const response = await run(request, ports, requestId).catch((error: unknown) => refuse(errorOf(error), requestId));
  ports.access?.({ method: request.method, route: patternOf(request), status: response.status, ms: Math.max(0, ports.now() - begun), requestId });
  return readable(request, ports, await compressed(request, response));
}

/** For the access log: the path's own text never gets there. */
function patternOf({ method, path }: GatewayRequest): string {
  const matched = matchRoute(method, path);
  return 'route' in matched ? matched.route.path : 'none';
}

/** In AWS the dashboard has an origin of its own, and its pages may read what they asked for. */
function readable({ headers: { origin } }: GatewayRequest, ports: AdminPorts, response: GatewayResponse): GatewayResponse {
  if (origin === undefined || origin !== new URL(ports.dashboardUrl).origin) return response;
  return { ...response, headers: { ...response.headers, 'access-control-allow-origin': origin, 'access-control-expose-headers': EXPOSED, vary: 'origin, accept-encoding' } };
}

const EXPOSED = 'etag, retry-after, x-request-id, content-disposition';

async function run(request: GatewayRequest, ports: AdminPorts, requestId: string): Promise<GatewayResponse> {
  refuseForeignOrigin(request, ports);
  const matched = matchRoute(request.method, request.path);
  const isPublic = 'route' in matched && matched.route.role === 'public';
  const caller = isPublic ? NOBODY : callerOf(await identify(request, ports), request, matched);
  if ('allowed' in matched) {
    if (matched.allowed.length === 0) throw new AdminError('not_found', 'There is nothing at this path.');
    throw new AdminError('method_not_allowed', `Use ${matched.allowed.join(' or ')} for this path.`, { headers: { allow: matched.allowed.join(', ') } });
  }
  const { route, params } = matched;
  requireRole(caller, route.role);
  const shape = route.run;
  const call = {
    caller, ports, params, requestId, nowMs: ports.now(), sourceIp: request.sourceIp,
    query: parseQuery(shape.query, request.query),
    body: shape.body === undefined ? undefined : await readBody(request, shape.body),
    ifMatch: readIfMatch(request, shape.ifMatch),
  };
  const { status, reply } = await once(request, caller, ports, shape.status ?? 200, (claim) => shape.handle({ ...call, claim }));
  return answer(status, requestId, reply);
}

const NOBODY: Caller = { userId: '', name: '', via: 'system', tenantId: '', role: 'viewer', memberships: [] };
const BEARER = /^Bearer ([\x21-\x7e]{1,8192})$/i;

/** Missing, malformed, unknown and expired tokens get one and the same answer. */
async function identify(request: GatewayRequest, ports: AdminPorts): Promise<Identity> {
  const presented = BEARER.exec(request.headers['authorization'] ?? '')?.[1];
  const identity = presented === undefined ? undefined : await ports.identify(presented);
  if (identity === undefined) {
    throw new AdminError('unauthenticated', 'Sign in, or send an admin token as "authorization: Bearer …".', { headers: { 'www-authenticate': 'Bearer' } });
  }
  return identity;
}

/** The tenant is the one that was asked for, or the only one there is; another's answers as a missing one would. */
function callerOf({ memberships, ...who }: Identity, { headers }: GatewayRequest, matched: Matched | { allowed: readonly string[] }): Caller {
  const asked = headers['x-bsg-tenant'];
  const membership = asked === undefined && memberships.length === 1 ? memberships[0] : memberships.find(({ tenantId }) => tenantId === asked);
  if (membership !== undefined) return { ...who, memberships, tenantId: membership.tenantId, role: membership.role };
  if (asked !== undefined) throw new AdminError('not_found', 'There is no such tenant, or you do not belong to it.', { field: 'x-bsg-tenant' });
  if ('route' in matched && matched.route.role === 'person') return { ...who, memberships, tenantId: '', role: 'viewer' };
  throw memberships.length === 0
    ? new AdminError('forbidden', who.isMachine ? 'The tenant of this program has no owner yet: the owner must sign in to the dashboard first.' : 'You do not belong to a tenant yet; ask an owner for an invitation.')
    : new AdminError('invalid_request', 'You belong to several tenants; name one in the header x-bsg-tenant.', { field: 'x-bsg-tenant' });
}

function requireRole(caller: Caller, needed: Route['role']): void {
  if (needed === 'public' || needed === 'person') return;
  if (!may(caller.role, needed)) throw new AdminError('forbidden', `This needs the role ${needed}.`);
}

/** A page of another site has no business here, whatever token it may have got hold of. */
function refuseForeignOrigin({ headers }: GatewayRequest, { dashboardUrl }: AdminPorts): void {
  const { origin, host } = headers;
  if (origin === undefined || origin === new URL(dashboardUrl).origin) return;
  if (!URL.canParse(origin) || new URL(origin).host !== host?.toLowerCase()) throw new AdminError('forbidden', 'Requests from pages of other sites are refused.');
}

function errorOf(error: unknown): AdminError {
  if (error instanceof AdminError) return error;
  if (error instanceof Error && error.name === 'StoreError') return new AdminError('store_unavailable', 'The store cannot be reached right now. Please retry.', { headers: { 'retry-after': '2' } });
  return new AdminError('internal_error', 'The gateway failed to handle this request.');
}

function refuse(error: AdminError, requestId: string): GatewayResponse {
  const { code, message, field, details } = error;
  return json(error.status, requestId, { error: { code, message, ...(field !== undefined && { field }), requestId }, ...details }, error.headers);
}

function answer(status: number, requestId: string, reply: Reply): GatewayResponse {
  if ('stream' in reply) {
    return {
      status,
      headers: { ...COMMON, 'content-type': reply.contentType, 'content-disposition': `attachment; filename="${reply.filename}"`, 'x-request-id': requestId },
      body: reply.stream,
    };
  }
  if ('text' in reply) return whole(status, requestId, encoder.encode(reply.text), { 'content-type': reply.contentType });
  return json(status, requestId, reply.body, { ...(reply.etag !== undefined && { etag: `"${reply.etag}"` }), ...reply.headers });
}

const COMMON = { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff', vary: 'accept-encoding' } as const;

function json(status: number, requestId: string, body: object, headers: Readonly<Record<string, string>>): GatewayResponse {
  return whole(status, requestId, encoder.encode(JSON.stringify(body)), { 'content-type': 'application/json', ...headers });
}

function whole(status: number, requestId: string, body: Uint8Array, headers: Readonly<Record<string, string>>): GatewayResponse {
  return { status, headers: { ...COMMON, 'content-length': String(body.length), 'x-request-id': requestId, ...headers }, body };
}
