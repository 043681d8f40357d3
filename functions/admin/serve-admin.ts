import { AdminError } from './errors.ts';
import { ROLES, type AdminPorts, type Caller, type GatewayRequest, type GatewayResponse, type Role } from './ports.ts';
import { matchRoute } from './routes.ts';

const encoder = new TextEncoder();

/**
 * The control plane: one request in, one JSON answer out. Nobody without a valid token learns which paths exist; then
 * the matched route, never the path's text, decides who may run it. Never throws.
 */
export async function serveAdmin(request: GatewayRequest, ports: AdminPorts): Promise<GatewayResponse> {
  const requestId = ports.newRequestId();
  try {
    return respond(200, requestId, await run(request, ports, requestId));
  } catch (error) {
    return refuse(errorOf(error), requestId);
  }
}

async function run(request: GatewayRequest, ports: AdminPorts, requestId: string): Promise<object> {
  refuseForeignOrigin(request);
  const caller = identify(request, ports);
  const matched = matchRoute(request.method, request.path);
  if ('allowed' in matched) {
    if (matched.allowed.length === 0) throw new AdminError('not_found', 'There is nothing at this path.');
    throw new AdminError('method_not_allowed', `Use ${matched.allowed.join(' or ')} for this path.`, { headers: { allow: matched.allowed.join(', ') } });
  }
  if (!may(caller.role, matched.route.role)) throw new AdminError('forbidden', `This needs the role ${matched.route.role}.`);
  return matched.route.run({ caller, ports, query: request.query, params: matched.params, requestId, nowMs: ports.now() });
}

/** Whether `role` includes `needed`. */
export const may = (role: Role, needed: Role): boolean => ROLES.indexOf(role) >= ROLES.indexOf(needed);

const LOCAL_TENANT = 'default';
const BEARER = /^Bearer ([\x21-\x7e]{1,512})$/i;

/** The machine's admin token is the owner of its tenant. Missing, malformed and wrong tokens get one and the same answer. */
function identify(request: GatewayRequest, ports: AdminPorts): Caller {
  const presented = BEARER.exec(request.headers['authorization'] ?? '')?.[1];
  if (presented === undefined || !ports.isAdmin(presented)) {
    throw new AdminError('unauthenticated', 'Send the admin token as "authorization: Bearer …".', { headers: { 'www-authenticate': 'Bearer' } });
  }
  const tenantId = request.headers['x-bsg-tenant'] ?? LOCAL_TENANT;
  if (tenantId !== LOCAL_TENANT) throw new AdminError('not_found', 'There is no such tenant, or this token does not belong to it.');
  return { userId: 'local-operator', name: 'Operator of this machine', tenantId, role: 'owner' };
}

/** A page of another site has no business here, whatever token it may have got hold of. */
function refuseForeignOrigin({ headers }: GatewayRequest): void {
  const { origin, host } = headers;
  if (origin === undefined) return;
  if (!URL.canParse(origin) || new URL(origin).host !== host?.toLowerCase()) throw new AdminError('forbidden', 'Requests from pages of other sites are refused.');
}

function errorOf(error: unknown): AdminError {
  if (error instanceof AdminError) return error;
  if (error instanceof Error && error.name === 'StoreError') return new AdminError('store_unavailable', 'The store cannot be reached right now. Please retry.', { headers: { 'retry-after': '2' } });
  return new AdminError('internal_error', 'The gateway failed to handle this request.');
}

function refuse(error: AdminError, requestId: string): GatewayResponse {
  const { code, message, field } = error;
  return respond(error.status, requestId, { error: { code, message, ...(field !== undefined && { field }), requestId } }, error.headers);
}

function respond(status: number, requestId: string, body: object, headers: Readonly<Record<string, string>> = {}): GatewayResponse {
  const bytes = encoder.encode(JSON.stringify(body));
  return {
    status,
    headers: {
      'content-type': 'application/json', 'content-length': String(bytes.length), 'cache-control': 'no-store',
      'x-content-type-options': 'nosniff', 'x-request-id': requestId, ...headers,
    },
    body: bytes,
  };
}
