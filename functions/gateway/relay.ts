import { failure, GatewayError, type Failure } from '../core/errors.ts';
import type { LiveAnswer, Served, Undertaking } from './attempt.ts';
import { codecFor } from './read.ts';
import { Pulse } from './late.ts';

const HEARTBEAT_MS = 15_000;
/** Silence of the upstream after the first part that ends the stream, in heartbeats (60 s). */
const IDLE_BEATS = 4;
const encoder = new TextEncoder();
const PADDING = encoder.encode(' ');

/** Sends an answer that is there. Whatever happens (end, error, the client leaves), the account is settled in the `finally`. */
export function relay(served: Served, undertaking: Undertaking, settle: () => Promise<void>): AsyncIterable<Uint8Array> {
  return closing(sendNow(served, undertaking, settle), async () => {
    finish(served, undertaking);
    await settle();
  });
}

async function* sendNow(served: Served, undertaking: Undertaking, settle: () => Promise<void>): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    if (served.kind === 'json') yield served.bytes;
    else yield* stream(served, undertaking);
  } finally {
    finish(served, undertaking);
    await settle();
  }
}

/**
 * Sends an answer that is still being fetched when headers can wait no longer: heartbeats (or JSON padding) until it
 * comes; fallback goes on meanwhile. A failure now is an in-band error under the 200 that was sent.
 */
export function relayLate(pending: Promise<Served>, undertaking: Undertaking, settle: () => Promise<void>): AsyncIterable<Uint8Array> {
  return closing(sendLate(pending, undertaking, settle), async () => {
    await pending.then((served) => finish(served, undertaking), () => undertaking.leash.dispose());
    await settle();
  });
}

/** A generator that was never started runs no `finally`: this makes `return()` before the first `next()` close the account too. */
function closing(generator: AsyncGenerator<Uint8Array, void, undefined>, close: () => Promise<void>): AsyncIterable<Uint8Array> {
  let started = false;
  const iterator: AsyncIterator<Uint8Array, void, undefined> = {
    next() {
      started = true;
      return generator.next();
    },
    async return() {
      if (!started) await close();
      return generator.return();
    },
  };
  return { [Symbol.asyncIterator]: () => iterator };
}

async function* sendLate(pending: Promise<Served>, undertaking: Undertaking, settle: () => Promise<void>): AsyncGenerator<Uint8Array, void, undefined> {
  const { exchange, asked } = undertaking.admitted.plan;
  const codec = codecFor(exchange.dialect);
  const streaming = asked.conversation.stream;
  const beat = streaming ? encoder.encode(exchange.dialect === 'anthropic-messages' ? 'event: ping\ndata: {"type":"ping"}\n\n' : ': keepalive\n\n') : PADDING;
  const pulse = new Pulse(HEARTBEAT_MS);
  let served: Served | undefined;
  try {
    yield beat;
    for (;;) {
      const got = await pulse.race(pending);
      if (got !== Pulse.TICK) {
        served = got;
        break;
      }
      yield beat;
    }
    if (served.kind === 'json') yield served.bytes;
    else yield* stream(served, undertaking);
  } catch (error) {
    const cause = failureOf(error);
    undertaking.trail.failure ??= cause;
    yield encoder.encode(streaming ? codec.errorEvent(cause, exchange.requestId) : JSON.stringify(codec.errorBody(cause, exchange.requestId)));
  } finally {
    pulse.stop();
    if (served !== undefined) finish(served, undertaking);
    else undertaking.leash.dispose();
    await settle();
  }
}

async function* stream(live: LiveAnswer, { leash, trail }: Undertaking): AsyncGenerator<Uint8Array, void, undefined> {
  const { pipe, rest } = live;
  const abort = (): void => live.response.abort();
  leash.signal.addEventListener('abort', abort, { once: true });
  const pulse = new Pulse(HEARTBEAT_MS);
  try {
    const first = joined(live.held);
    if (first !== undefined) yield first;
    let next = pipe.done ? undefined : rest.next();
    for (let silent = 0; next !== undefined;) {
      const got = await pulse.race(next);
      if (got === Pulse.TICK) {
        silent += 1;
        if (silent >= IDLE_BEATS) throw new GatewayError(failure('upstream_timeout', 'The upstream stopped sending.'));
        yield pipe.heartbeat();
        continue;
      }
      silent = 0;
      const bytes = joined(got.done ? pipe.end() : pipe.push(got.value));
      next = got.done || pipe.done ? undefined : rest.next();
      if (bytes !== undefined) yield bytes;
    }
  } catch (error) {
    const cause = leash.reason === undefined ? failureOf(error) : leash.failure();
    trail.failure ??= cause;
    const bytes = joined(pipe.abort(cause));
    if (bytes !== undefined) yield bytes;
  } finally {
    pulse.stop();
    leash.signal.removeEventListener('abort', abort);
  }
}

/** After the last byte, or after the client left: drop the upstream and note how it ended. */
function finish(served: Served, { leash, trail }: Undertaking): void {
  if (served.kind === 'stream') {
    served.response.abort();
    trail.failure ??= served.pipe.failure;
    if (!served.pipe.done && trail.finish === undefined) trail.failure ??= leash.reason === 'deadline' ? leash.failure() : CLIENT_LEFT;
    if (trail.failure !== undefined) trail.finish = { unified: unifiedOf(trail.failure), raw: null };
  }
  leash.dispose();
}

const CLIENT_LEFT: Failure = failure('upstream_error', 'The client closed the connection.', { status: 499, internal: 'client left' });

function unifiedOf(cause: Failure): 'cancelled' | 'upstream_truncated' | 'error' {
  if (cause.status === 499) return 'cancelled';
  return cause.code === 'upstream_truncated' ? 'upstream_truncated' : 'error';
}

/** What a thrown thing means for the caller after the commit point: a broken connection is a truncated answer. */
function failureOf(error: unknown): Failure {
  if (error instanceof GatewayError) return error.failure;
  return failure('upstream_truncated', 'The upstream closed the connection before the answer was complete.');
}

function joined(chunks: readonly Uint8Array[]): Uint8Array | undefined {
  return chunks.length < 2 ? chunks[0] : Buffer.concat(chunks);
}
