import { failure, GatewayError, type Failure } from '../core/errors.ts';
import type { LiveAnswer, Undertaking } from './attempt.ts';

const HEARTBEAT_MS = 15_000;
/** Silence of the upstream after the first part that ends the stream, in heartbeats (60 s). */
const IDLE_BEATS = 4;

/**
 * A live answer as the door pulls it: what was held back first, then part after part, heartbeats in between while the
 * upstream is silent, an in-band error when it breaks. A deadline that passes while nobody reads ends it too. Written by hand instead of as generators because it is the
 * hottest loop there is: one promise and one timer refresh a part. `close` is called exactly once, after the last byte
 * was taken, when the door returns early, or at the deadline, and is waited for.
 */
export class StreamRelay implements AsyncIterator<Uint8Array, void, undefined> {
  readonly #live: LiveAnswer;
  readonly #undertaking: Undertaking;
  readonly #close: () => Promise<void>;
  readonly #timer: NodeJS.Timeout;
  readonly #abort: () => void;
  /** Bytes that came while nobody waited for them. */
  #ready: Uint8Array | undefined;
  #waiting: ((step: IteratorResult<Uint8Array, void>) => void) | undefined;
  #reading = false;
  #ended: boolean;
  #closing: Promise<void> | undefined;
  #silentBeats = 0;

  constructor(live: LiveAnswer, undertaking: Undertaking, close: () => Promise<void>) {
    this.#live = live;
    this.#undertaking = undertaking;
    this.#close = close;
    this.#ready = joined(live.held);
    this.#ended = live.pipe.done;
    this.#abort = () => this.#pulled();
    this.#timer = setInterval(() => this.#beat(), HEARTBEAT_MS);
    undertaking.leash.signal.addEventListener('abort', this.#abort, { once: true });
  }

  next(): Promise<IteratorResult<Uint8Array, void>> {
    const { promise, resolve } = Promise.withResolvers<IteratorResult<Uint8Array, void>>();
    this.#waiting = resolve;
    this.#serve();
    return promise;
  }

  /** Also ends a `next()` that is still waiting: the door calls this the moment its client leaves. */
  async return(): Promise<IteratorResult<Uint8Array, void>> {
    this.#ended = true;
    const waiting = this.#waiting;
    this.#waiting = undefined;
    await this.#finish();
    waiting?.({ done: true, value: undefined });
    return { done: true, value: undefined };
  }

  /** Gives what there is to whoever waits, or reads on. */
  #serve(): void {
    const waiting = this.#waiting;
    if (waiting === undefined) return;
    if (this.#ready !== undefined) {
      const value = this.#ready;
      this.#ready = undefined;
      this.#waiting = undefined;
      waiting({ done: false, value });
    } else if (this.#ended) {
      this.#waiting = undefined;
      void this.#finish().then(() => waiting({ done: true, value: undefined }));
    } else if (!this.#reading) {
      this.#reading = true;
      this.#live.rest.next().then(this.#arrived, this.#broke);
    }
  }

  readonly #arrived = (step: IteratorResult<Uint8Array>): void => {
    this.#reading = false;
    this.#silentBeats = 0;
    if (this.#ended) return;
    const { pipe } = this.#live;
    this.#ready = joined(step.done === true ? pipe.end() : pipe.push(step.value));
    // What the upstream says without saying anything to the caller (comments, hidden parts) is silence to the caller.
    if (this.#ready !== undefined) this.#timer.refresh();
    if (step.done === true || pipe.done) this.#ended = true;
    this.#serve();
  };

  /** The connection or a deadline broke the answer: the caller is told in-band, and nothing more is read. */
  readonly #broke = (error: unknown): void => {
    this.#reading = false;
    if (this.#ended) return;
    const { leash, trail } = this.#undertaking;
    const cause = leash.reason === undefined ? brokenOff(error) : leash.failure();
    if (!this.#live.pipe.finished) trail.failure ??= cause;
    this.#ready = joined(this.#live.pipe.abort(cause));
    this.#ended = true;
    this.#serve();
  };

  /** The leash was pulled. Who reads is told by the broken connection; who paused must not keep the account open until he comes back. */
  #pulled(): void {
    this.#live.response.abort();
    if (this.#waiting !== undefined) return;
    const unread = this.#ready;
    this.#broke(undefined);
    if (unread !== undefined && unread !== this.#ready) this.#ready = joined([unread, ...(this.#ready === undefined ? [] : [this.#ready])]);
    void this.#finish();
  }

  #beat(): void {
    if (this.#waiting === undefined || this.#ended) return;
    this.#silentBeats += 1;
    if (this.#silentBeats >= IDLE_BEATS) this.#broke(new GatewayError(failure('upstream_timeout', 'The upstream stopped sending.')));
    else {
      this.#ready = this.#live.pipe.heartbeat();
      this.#serve();
    }
  }

  #finish(): Promise<void> {
    clearInterval(this.#timer);
    this.#undertaking.leash.signal.removeEventListener('abort', this.#abort);
    return (this.#closing ??= this.#close());
  }
}

/** What a thrown thing means after the commit point: a broken connection is a truncated answer. */
export function brokenOff(error: unknown): Failure {
  if (error instanceof GatewayError) return error.failure;
  return failure('upstream_truncated', 'The upstream closed the connection before the answer was complete.');
}

function joined(chunks: readonly Uint8Array[]): Uint8Array | undefined {
  return chunks.length < 2 ? chunks[0] : Buffer.concat(chunks);
}
