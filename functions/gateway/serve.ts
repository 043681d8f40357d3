import { fail, GatewayError } from '../core/errors.ts';
import { admit, type Admitted, TOTAL_DEADLINE_MS } from './admit.ts';
import { attempt, type Served, type Undertaking } from './attempt.ts';
import { preflight, readable } from './cross-origin.ts';
import { dialectOf, openExchange, type Exchange } from './exchange.ts';
import { endpointOf, routeOf } from './endpoints.ts';
import { identify } from './identify.ts';
import { judge } from './judge/judge.ts';
import { Leash } from './leash.ts';
import type { GatewayRequest, GatewayResponse, Ports } from './ports.ts';
import { read } from './read.ts';
import { relay, relayLate } from './relay.ts';
import { failureOf } from './failure-of.ts';
import { answerHeaders, errorResponse } from './respond.ts';
import { route, type Plan } from './route.ts';
import { lessons } from './shadow/lessons.ts';
import { newTrail, settlement, type Trail } from './settle.ts';

/** Headers wait this long for the first output part (stream) or the whole answer (JSON); then 200 and heartbeats. */
const HOLD_STREAM_MS = 15_000;
const HOLD_JSON_MS = 60_000;
/** Time kept free before the host ends the invocation, to end the stream ourselves and settle. */
const HOST_MARGIN_MS = 10_000;

/** The data plane: one request in, one answer out, in the caller's dialect whatever happens. Never throws. */
export async function serve(request: GatewayRequest, ports: Ports): Promise<GatewayResponse> {
  const exchange = openExchange(request, dialectOf(request.path, request.headers), ports);
  const asked = request.method === 'OPTIONS' ? await preflight(request, ports) : undefined;
  const response = noted(exchange, asked ?? (await answer(exchange, ports)), ports);
  return request.headers['origin'] === undefined ? response : readable(exchange, response, ports);
}

async function answer(exchange: Exchange, ports: Ports): Promise<GatewayResponse> {
  try {
    const endpoint = endpointOf(exchange.request);
    return endpoint === 'generate' ? await generate(exchange, ports) : await endpoint(exchange, ports);
  } catch (error) {
    return refuse(exchange, error, ports);
  }
}

/** A whole answer ends here; one that is still to be sent is noted when its account is closed. */
function noted(exchange: Exchange, response: GatewayResponse, ports: Ports): GatewayResponse {
  if (response.body instanceof Uint8Array) note(exchange, response.status, ports);
  return response;
}

function note({ request, requestId, startedAt }: Exchange, status: number, ports: Ports): void {
  ports.access?.({ method: request.method, route: routeOf(request.path), status, ms: Math.round(ports.clock.elapsed() - startedAt), requestId });
}

/** Identify, route, admit, judge, attempt, relay, settle, learn. */
async function generate(exchange: Exchange, ports: Ports): Promise<GatewayResponse> {
  refuseLoops(exchange, ports);
  const key = await identify(exchange, ports);
  const policy = await ports.policies.of(key.tenantId);
  if (policy.paused) return fail('gateway_paused', 'This gateway is paused by its operator.', { retryAfterSeconds: 60 });
  const asked = await read(exchange);
  const plan = await route(exchange, key, asked, policy, ports);
  let held: Admitted;
  try {
    held = await admit(plan, ports);
  } catch (error) {
    return refuse(exchange, error, ports, plan);
  }
  const trail = newTrail();
  const leash = new Leash(exchange.request, Math.min(TOTAL_DEADLINE_MS, exchange.request.remainingMs() - HOST_MARGIN_MS));
  // From here on the request holds a lease, which whatever happens must give back.
  let admitted = held;
  let settle = settlement(held, trail, ports);
  let learn = (): void => {};
  try {
    admitted = await judge(held, trail, leash, ports);
    settle = settlement(admitted, trail, ports);
    const undertaking: Undertaking = { admitted, trail, leash, ports };
    learn = lessons(undertaking);
    const pending = attempt(undertaking);
    const served = await within(pending, (asked.conversation.stream ? HOLD_STREAM_MS : HOLD_JSON_MS) - (exchange.timing.judge ?? 0));
    let closing: Promise<void> | undefined;
    const close = (): Promise<void> => {
      if (closing === undefined && served?.kind !== 'json') note(exchange, 200, ports);
      return (closing ??= settle().then(learn));
    };
    const body = served === undefined ? relayLate(pending, undertaking, close) : await relay(served, undertaking, close);
    return { status: 200, headers: answerHeaders(undertaking, served), body };
  } catch (error) {
    leash.dispose();
    trail.failure = failureOf(error);
    await settle();
    learn();
    return refuse(exchange, error, ports, admitted.plan, trail);
  }
}

/** A model whose base URL leads back here would multiply one request without end. */
function refuseLoops(exchange: Exchange, ports: Ports): void {
  if (exchange.request.headers['via']?.includes(`bsgateway/${ports.deploymentId}`)) {
    fail('loop_detected', 'This request has already passed through this gateway: a model points back at it.');
  }
}

/** The promise's value if it comes within `holdMs`, else undefined; a rejection within that time is thrown. */
function within(pending: Promise<Served>, holdMs: number): Promise<Served | undefined> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, holdMs, undefined);
    pending.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

/** Under the key that the request named, whether or not its secret was right: whoever owns the key is to see that. */
function countRefusal({ request, requestId, atMs, dialect, seen: { key, model } }: Exchange, code: string, status: number, ports: Ports): void {
  ports.metrics?.refused(key?.tenantId, code);
  ports.refusals?.note({ ...(key && { tenantId: key.tenantId, keyId: key.keyId }), requestId, atMs, code, status, route: routeOf(request.path), dialect, requestedModel: model });
}

function refuse(exchange: Exchange, error: unknown, ports: Ports, plan?: Plan, trail?: Trail): GatewayResponse {
  const response = errorResponse(exchange, error, plan, trail);
  // What was admitted is counted where it is settled.
  if (trail === undefined) countRefusal(exchange, failureOf(error).code, response.status, ports);
  if (!(error instanceof GatewayError)) {
    ports.log.error('request failed', { requestId: exchange.requestId, status: response.status, kind: error instanceof Error ? error.name : 'unknown' });
  }
  return response;
}
