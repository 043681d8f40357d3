import type { Exchange } from './exchange.ts';
import type { GatewayResponse, Ports } from './ports.ts';
import { jsonResponse, requestIdHeaders } from './respond.ts';

/** Liveness: the process answers. */
export async function health(exchange: Exchange): Promise<GatewayResponse> {
  return jsonResponse(200, { status: 'ok' }, { ...requestIdHeaders(exchange.requestId), 'cache-control': 'no-store' });
}

/** Readiness: the store and the key service answer. No internals in the body. */
export async function ready(exchange: Exchange, ports: Ports): Promise<GatewayResponse> {
  const fit = await ports.readiness().catch(() => false);
  return jsonResponse(fit ? 200 : 503, { status: fit ? 'ready' : 'unavailable' }, { ...requestIdHeaders(exchange.requestId), 'cache-control': 'no-store' });
}
