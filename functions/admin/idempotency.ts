import { hash } from 'node:crypto';
import { beginOnce, endOnce, forgetOnce, type Claim, type Scope } from '../adapters/store/idempotency.ts';
import { AdminError } from './errors.ts';
import type { AdminPorts, Caller, GatewayRequest, Reply } from './ports.ts';

export interface Replayable { readonly status: number; readonly reply: Reply }

const KEY = /^[\x21-\x7e]{1,255}$/;

/**
 * Runs `execute` at most once for an `idempotency-key` (24 h, per tenant and user): the same request again gets the first
 * answer, without a secret that was shown once; the same key with another request is refused (422), and one that is still
 * running, too (409). What fails may be sent again, but for what was written although its answer got lost: that is told (409
 * with `done`). `execute` gets the claim to be written together with what it changes. Without the header, or for methods that may be repeated anyway, it just runs.
 */
export async function once(request: GatewayRequest, caller: Caller, ports: AdminPorts, status: number, execute: (claim?: Claim) => Promise<Reply>): Promise<Replayable> {
  const key = request.headers['idempotency-key'];
  if (key === undefined || request.method !== 'POST') return { status, reply: await execute() };
  if (!KEY.test(key)) throw new AdminError('invalid_request', 'An idempotency key has 1 to 255 visible ASCII characters.', { field: 'idempotency-key' });
  const scope: Scope = { tenantId: caller.tenantId, userId: caller.userId, key };
  const begun = await beginOnce(ports.store, scope, await hashOf(request), ports.now(), ports.newRequestId());
  if (begun.kind === 'mismatch') throw new AdminError('idempotency_mismatch', 'This idempotency key was used for another request.', { field: 'idempotency-key' });
  if (begun.kind === 'running') throw new AdminError('conflict', 'The first request with this idempotency key is still running.', { field: 'idempotency-key', headers: { 'retry-after': '1' } });
  if (begun.kind === 'done') throw new AdminError('conflict', 'The first request with this idempotency key was carried out, at least in part, but its answer was lost. Look at what it made; for another attempt use another key.', { field: 'idempotency-key', details: { done: begun.what } });
  if (begun.kind === 'answered') {
    const { answer } = begun;
    return { status: answer.status, reply: { body: JSON.parse(answer.body) as object, ...(answer.etag !== null && { etag: answer.etag }), headers: { 'idempotent-replayed': 'true' } } };
  }
  return remembered(begun.claim, ports, status, execute);
}

async function remembered(claim: Claim, ports: AdminPorts, status: number, execute: (claim: Claim) => Promise<Reply>): Promise<Replayable> {
  let reply: Reply;
  try {
    reply = await execute(claim);
  } catch (error) {
    await forgetOnce(ports.store, claim).catch(() => { /* taken over some minutes later */ });
    throw error;
  }
  if ('body' in reply) {
    const kept = { status, body: JSON.stringify(reply.replay ?? reply.body), etag: reply.etag ?? null };
    // The change is made: failing now would only invite a second one.
    await endOnce(ports.store, claim, kept).catch(() => {});
  }
  return { status, reply };
}

async function hashOf(request: GatewayRequest): Promise<string> {
  return hash('sha256', Buffer.concat([Buffer.from(`${request.method} ${request.path}\n`), await request.body()]));
}
