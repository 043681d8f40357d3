import { framesOf } from '../adapters/observe/log.ts';
import { StoreError } from '../adapters/store/port.ts';
import { GatewayError } from '../core/errors.ts';
import { BridgeError, refusalAnswer, type Refusal } from './answer.ts';
import { authorize } from './authorize.ts';
import { callbackPage, callbackScript } from './callback-page.ts';
import { callback } from './callback.ts';
import { discovery, keySet } from './discovery.ts';
import type { BridgePorts, GatewayRequest, GatewayResponse } from './ports.ts';
import { token } from './token.ts';
import { userinfo } from './userinfo.ts';

type Handler = (request: GatewayRequest, ports: BridgePorts) => GatewayResponse | Promise<GatewayResponse>;

const ROUTES: Readonly<Record<string, Readonly<Record<string, Handler>>>> = {
  '/.well-known/openid-configuration': { GET: (_request, ports) => discovery(ports) },
  '/.well-known/jwks.json': { GET: (_request, ports) => keySet(ports) },
  '/authorize': { GET: authorize },
  '/callback': { GET: (_request, ports) => callbackPage(ports), POST: callback },
  '/callback.js': { GET: () => callbackScript() },
  '/token': { POST: token },
  '/userinfo': { GET: userinfo },
};

/**
 * The bridge: an OpenID provider with one client, in front of a sign-in page that returns tokens in a URL's fragment.
 * One request in, one answer out; what was refused is logged by its reason, never by its content. Never throws.
 */
export async function serveBridge(request: GatewayRequest, ports: BridgePorts): Promise<GatewayResponse> {
  const methods = Object.hasOwn(ROUTES, request.path) ? ROUTES[request.path] : undefined;
  try {
    const handler = methods !== undefined && Object.hasOwn(methods, request.method) ? methods[request.method] : undefined;
    if (handler === undefined) return refusalAnswer(missing(methods));
    return await handler(request, ports);
  } catch (error) {
    const refusal = refusalOf(error);
    const fields = { route: methods === undefined ? 'none' : request.path, status: refusal.status, code: refusal.kind };
    if (refusal.status < 500) ports.log.warn('sign-in refused', fields);
    else ports.log.error('sign-in failed', { ...fields, where: framesOf(error) });
    return refusalAnswer(refusal);
  }
}

function missing(methods: Readonly<Record<string, Handler>> | undefined): Refusal {
  if (methods === undefined) return { status: 404, error: 'not_found', kind: 'path', message: 'There is nothing at this path.' };
  const allow = Object.keys(methods).join(', ');
  return { status: 405, error: 'invalid_request', kind: 'method', message: `Use ${allow} for this path.`, headers: { allow } };
}

function refusalOf(error: unknown): Refusal {
  if (error instanceof BridgeError) return error.refusal;
  if (error instanceof GatewayError && error.failure.status === 413) return { status: 413, error: 'invalid_request', kind: 'size', message: 'The request is too large.' };
  if (error instanceof StoreError) return { status: 503, error: 'temporarily_unavailable', kind: 'unavailable', message: 'Signing in is not possible right now. Try again in a minute.', headers: { 'retry-after': '5' } };
  return { status: 500, error: 'server_error', kind: 'internal', message: 'The sign-in failed for a reason of our own. Try again in a minute.' };
}
