import { fail } from '../core/errors.ts';
import { dryRun } from './dry-run.ts';
import { countTokens } from './count-tokens.ts';
import { EMBEDDINGS, type Exchange } from './exchange.ts';
import { feedback } from './feedback.ts';
import { health, ready } from './health.ts';
import { listModels, oneModel } from './models.ts';
import type { GatewayRequest, GatewayResponse, Ports } from './ports.ts';

export type Endpoint = (exchange: Exchange, ports: Ports) => Promise<GatewayResponse>;

/** Every path of the data plane and its method; anything else is a 404 or 405 in the caller's dialect. */
const ENDPOINTS: Readonly<Record<string, { method: string; run: Endpoint | 'generate' }>> = {
  '/v1/chat/completions': { method: 'POST', run: 'generate' },
  '/v1/responses': { method: 'POST', run: 'generate' },
  '/v1/messages': { method: 'POST', run: 'generate' },
  [EMBEDDINGS]: { method: 'POST', run: 'generate' },
  '/v1/messages/count_tokens': { method: 'POST', run: countTokens },
  '/v1/models': { method: 'GET', run: listModels },
  '/v1/route': { method: 'POST', run: dryRun },
  '/v1/feedback': { method: 'POST', run: feedback },
  '/health': { method: 'GET', run: health },
  '/health/ready': { method: 'GET', run: ready },
};

const SUPPORTED = Object.keys(ENDPOINTS).filter((path) => path.startsWith('/v1/')).join(', ');

/** Endpoints of the official APIs that are not served, with the sentence that says what to use. */
const NOT_SERVED = /^\/v1\/(?:responses\/.|completions|messages\/batches|batches|files|assistants|threads|images|audio|moderations|fine_tuning|realtime|vector_stores|uploads)(?:\/|$)/;

/** The pattern that a path matches, for the access log: callers' own text never gets there. */
export function routeOf(path: string): string {
  if (ENDPOINTS[path] !== undefined) return path;
  return path.startsWith('/v1/models/') ? '/v1/models/{id}' : 'none';
}

export function endpointOf(request: GatewayRequest): Endpoint | 'generate' {
  const endpoint = ENDPOINTS[request.path] ?? (request.path.startsWith('/v1/models/') ? { method: 'GET', run: oneModel } : undefined);
  if (endpoint === undefined) {
    if (NOT_SERVED.test(request.path)) return fail('not_implemented', `This gateway does not serve ${request.path}. Supported: ${SUPPORTED}.`);
    return fail('not_found', `There is nothing at this path. Supported: ${SUPPORTED}.`);
  }
  if (request.method !== endpoint.method && !(request.method === 'HEAD' && endpoint.method === 'GET')) {
    return fail('method_not_allowed', `Use ${endpoint.method} for this path.`, { internal: endpoint.method === 'GET' ? 'GET, HEAD' : endpoint.method });
  }
  return endpoint.run;
}
