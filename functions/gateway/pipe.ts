import type { Dialect } from '../core/conversation.ts';
import { createMeter, type Meter } from '../core/dialects/meter.ts';
import { EventSplitter, parseEvent } from '../core/dialects/sse.ts';
import type { BlockSplitter, DialectCodec, Framing, StreamReader, StreamWriter, UpstreamCodec } from '../core/dialects/dialect.ts';
import { failure, GatewayError, type Failure } from '../core/errors.ts';
import { mergeUsage } from '../core/money/usage.ts';
import { isOutput, type StreamPart } from '../core/stream-part.ts';
import { scrub } from '../adapters/providers/scrub.ts';
import type { Trail } from './settle.ts';

/** Upstream bytes in, the caller's bytes out, with everything the ledger needs noted on the way. */
export interface Pipe {
  /** True once the first output part was seen: from there on no other model may answer. */
  readonly committed: boolean;
  /** True once the upstream's answer is complete: what breaks afterwards is no matter of the caller's. */
  readonly finished: boolean;
  /** True after the terminal part: nothing may follow. */
  readonly done: boolean;
  /** Set when the stream ended in an error part. */
  readonly failure: Failure | undefined;
  push(chunk: Uint8Array): Uint8Array[];
  /** The upstream ended: closes the answer, with an in-band error unless a real finish was seen. */
  end(): Uint8Array[];
  /** Ends the answer with an in-band error in the caller's dialect; one that is complete just ends. */
  abort(failure: Failure): Uint8Array[];
  heartbeat(): Uint8Array;
}

const encoder = new TextEncoder();

/** Keeps the trail of one stream: usage, finish, first output. Shared by both pipes. */
class Notes {
  readonly #trail: Trail;
  readonly #elapsedMs: () => number;
  committed = false;
  finished = false;
  failure: Failure | undefined;

  constructor(trail: Trail, elapsedMs: () => number) {
    this.#trail = trail;
    this.#elapsedMs = elapsedMs;
  }

  note(part: StreamPart): void {
    this.#trail.watch?.note(part);
    if (!this.committed && isOutput(part)) {
      this.committed = true;
      this.#trail.ttftMs = this.#elapsedMs();
    }
    if (part.type === 'text' || part.type === 'reasoning') this.#trail.outputChars += part.text.length;
    else if (part.type === 'tool-delta') this.#trail.outputChars += part.json.length;
    else if (part.type === 'usage') {
      this.#trail.usage = mergeUsage(this.#trail.usage, part.usage);
      this.#trail.tier = part.tier ?? this.#trail.tier;
    } else if (part.type === 'finish') {
      this.#trail.finish = { unified: part.reason, raw: part.raw ?? null };
      this.finished = true;
    } else if (part.type === 'error') this.failure ??= { ...part.failure, message: scrub(part.failure.message) };
  }
}

/** A frame that breaks the bounds of SSE is an upstream fault, never an exception of ours. */
function asFailure(error: unknown): Failure {
  return error instanceof GatewayError ? error.failure : failure('upstream_invalid_response', 'The upstream sent a stream that could not be read.', { retryable: true });
}

abstract class SplittingPipe implements Pipe {
  protected readonly notes: Notes;
  readonly #splitter: BlockSplitter;
  readonly #codec: DialectCodec;
  readonly #requestId: string;
  done = false;

  constructor(codec: DialectCodec, requestId: string, trail: Trail, elapsedMs: () => number, splitter: BlockSplitter = new EventSplitter()) {
    this.#splitter = splitter;
    this.#codec = codec;
    this.#requestId = requestId;
    this.notes = new Notes(trail, elapsedMs);
  }

  get committed(): boolean {
    return this.notes.committed;
  }
  get finished(): boolean {
    return this.notes.finished;
  }
  get failure(): Failure | undefined {
    return this.notes.failure;
  }

  push(chunk: Uint8Array): Uint8Array[] {
    const out: Uint8Array[] = [];
    try {
      for (const block of this.#splitter.push(chunk)) {
        if (this.done) break;
        this.take(block, out);
        if (this.notes.failure !== undefined) return [...out, ...this.abort(this.notes.failure)];
      }
    } catch (error) {
      return [...out, ...this.abort(asFailure(error))];
    }
    return out;
  }

  end(): Uint8Array[] {
    if (this.done) return [];
    const out: Uint8Array[] = [];
    const rest = this.#splitter.rest();
    try {
      if (rest.length > 0) this.take(rest, out);
      this.finish(out);
    } catch (error) {
      return [...out, ...this.abort(asFailure(error))];
    }
    if (this.notes.failure !== undefined) return [...out, ...this.abort(this.notes.failure)];
    this.done = true;
    return out;
  }

  abort(cause: Failure): Uint8Array[] {
    if (this.done) return [];
    this.done = true;
    if (this.notes.finished) return this.#closing();
    this.notes.note({ type: 'error', failure: cause });
    return [encoder.encode(this.#codec.errorEvent(this.notes.failure ?? cause, this.#requestId))];
  }

  #closing(): Uint8Array[] {
    const out: Uint8Array[] = [];
    this.finish(out);
    return out;
  }

  abstract heartbeat(): Uint8Array;
  protected abstract take(block: Uint8Array, out: Uint8Array[]): void;
  protected abstract finish(out: Uint8Array[]): void;
}

/** Same dialect on both sides: bytes pass, a side reader meters them. */
export class PassthroughPipe extends SplittingPipe {
  readonly #meter: Meter;
  readonly #beat: Uint8Array;

  constructor(options: { codec: DialectCodec; dialect: Dialect; servedModel: string; includeUsage: boolean; requestId: string; trail: Trail; elapsedMs: () => number }) {
    super(options.codec, options.requestId, options.trail, options.elapsedMs);
    this.#meter = createMeter(options.dialect, { servedModel: options.servedModel, includeUsage: options.includeUsage });
    this.#beat = encoder.encode(options.dialect === 'anthropic-messages' ? 'event: ping\ndata: {"type":"ping"}\n\n' : ': keepalive\n\n');
  }

  heartbeat(): Uint8Array {
    return this.#beat;
  }

  protected take(block: Uint8Array, out: Uint8Array[]): void {
    const { forward, parts } = this.#meter.inspect(block);
    for (const part of parts) this.notes.note(part);
    if (forward !== null && this.notes.failure === undefined) out.push(forward);
  }

  protected finish(): void {
    for (const part of this.#meter.end()) this.notes.note(part);
  }
}

/** Two dialects: events are read into neutral parts and written again. */
export class TranslatingPipe extends SplittingPipe {
  readonly #parse: Framing['parse'];
  readonly #reader: StreamReader;
  readonly #writer: StreamWriter;
  readonly #originalNames: ReadonlyMap<string, string> | undefined;

  constructor(options: { upstream: UpstreamCodec; caller: DialectCodec; writer: StreamWriter; originalNames: ReadonlyMap<string, string> | undefined; requestId: string; trail: Trail; elapsedMs: () => number }) {
    super(options.caller, options.requestId, options.trail, options.elapsedMs, options.upstream.framing?.splitter());
    this.#parse = options.upstream.framing?.parse ?? parseEvent;
    this.#reader = options.upstream.readStream();
    this.#writer = options.writer;
    this.#originalNames = options.originalNames;
  }

  heartbeat(): Uint8Array {
    return encoder.encode(this.#writer.heartbeat());
  }

  protected take(block: Uint8Array, out: Uint8Array[]): void {
    // Garbage after the end is no part of the answer.
    if (this.notes.finished) return;
    const event = this.#parse(block);
    if (event === undefined) return;
    this.#write(this.#reader.push(event), out);
    // An upstream's sign of life is passed on as the caller's kind of it, never as data (D82).
    if (event.event === 'ping' && this.committed) out.push(this.heartbeat());
  }

  protected finish(out: Uint8Array[]): void {
    this.#write(this.#reader.end(), out);
    if (this.notes.failure !== undefined) return;
    const text = this.#writer.end();
    if (text !== '') out.push(encoder.encode(text));
  }

  #write(parts: readonly StreamPart[], out: Uint8Array[]): void {
    let text = '';
    for (const part of parts) {
      // Noted once written: a finish that the writer refuses, because a call cannot be run, is none.
      if (part.type !== 'error') text += this.#writer.write(renamed(part, this.#originalNames));
      this.notes.note(part);
      if (part.type === 'error') break;
    }
    if (text !== '') out.push(encoder.encode(text));
  }
}

/** Gives a tool its caller's name back when it had to be shortened for the upstream. */
export function renamed(part: StreamPart, originalNames: ReadonlyMap<string, string> | undefined): StreamPart {
  if (part.type !== 'tool-start' || originalNames === undefined) return part;
  return { ...part, name: originalNames.get(part.name) ?? part.name };
}
