import { codecs } from '../core/dialects/dialect.ts';
import { failure, type Failure } from '../core/errors.ts';
import type { Served, Undertaking } from './attempt.ts';
import { Pulse } from './late.ts';
import type { GatewayResponse } from './ports.ts';
import { brokenOff, StreamRelay } from './stream-relay.ts';

const HEARTBEAT_MS = 15_000;
const encoder = new TextEncoder();
const PADDING = encoder.encode(' ');

/**
 * The body of an answer that is there. Whatever happens (end, error, the client leaves), the account is settled before
 * the last byte is sent: a whole answer is settled first and goes out in one piece with its length, a stream closes its
 * account before it ends.
 */
export async function relay(served: Served, undertaking: Undertaking, settle: () => Promise<void>): Promise<GatewayResponse['body']> {
  const close = async (): Promise<void> => {
    finish(served, undertaking);
    await settle();
  };
  if (served.kind === 'json') {
    await close();
    return served.bytes;
  }
  const iterator = new StreamRelay(served, undertaking, close);
  return { [Symbol.asyncIterator]: () => iterator };
}

/**
 * Sends an answer that is still being fetched when headers can wait no longer: heartbeats (or JSON padding) until it
 * comes; fallback goes on meanwhile. A failure now is an in-band error under the 200 that was sent.
 */
export function relayLate(pending: Promise<Served>, undertaking: Undertaking, settle: () => Promise<void>): AsyncIterable<Uint8Array> {
  const close = async (): Promise<void> => {
    await pending.then((served) => finish(served, undertaking), (error: unknown) => {
      undertaking.trail.failure ??= undertaking.leash.reason === undefined ? brokenOff(error) : undertaking.leash.failure();
      undertaking.leash.dispose();
    });
    await settle();
  };
  undertaking.leash.signal.addEventListener('abort', () => void close(), { once: true });
  const iterator = closing(sendLate(pending, undertaking, close), close);
  return { [Symbol.asyncIterator]: () => iterator };
}

/** A generator that was never started runs no `finally`: this makes `return()` before the first `next()` close the account too. */
function closing(generator: AsyncGenerator<Uint8Array, void, undefined>, close: () => Promise<void>): AsyncIterator<Uint8Array, void, undefined> {
  let started = false;
  return {
    next() {
      started = true;
      return generator.next();
    },
    async return() {
      if (!started) await close();
      return generator.return();
    },
  };
}

async function* sendLate(pending: Promise<Served>, undertaking: Undertaking, close: () => Promise<void>): AsyncGenerator<Uint8Array, void, undefined> {
  const { exchange, asked } = undertaking.admitted.plan;
  const codec = codecs[exchange.dialect];
  const streaming = asked.conversation.stream;
  const beat = streaming ? encoder.encode(exchange.dialect === 'anthropic-messages' ? 'event: ping\ndata: {"type":"ping"}\n\n' : ': keepalive\n\n') : PADDING;
  const pulse = new Pulse(HEARTBEAT_MS);
  let answer: AsyncIterator<Uint8Array, void, undefined> | undefined;
  try {
    yield beat;
    let served = await pulse.race(pending);
    for (; served === Pulse.TICK; served = await pulse.race(pending)) yield beat;
    if (served.kind === 'json') {
      await close();
      yield served.bytes;
      return;
    }
    answer = new StreamRelay(served, undertaking, close);
    for (let step = await answer.next(); step.done !== true; step = await answer.next()) yield step.value;
  } catch (error) {
    const cause = brokenOff(error);
    undertaking.trail.failure ??= cause;
    yield encoder.encode(streaming ? codec.errorEvent(cause, exchange.requestId) : JSON.stringify(codec.errorBody(cause, exchange.requestId)));
  } finally {
    pulse.stop();
    await (answer === undefined ? close() : answer.return?.());
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
