import { createParser, type EventSourceMessage } from 'eventsource-parser';
import { fail } from '../errors.ts';
import { asBuffer } from './json-scan.ts';

/** One server-sent event. `data` joins several data lines with a line feed (WHATWG HTML, "event stream interpretation"). */
export interface SseEvent { readonly event?: string; readonly data: string }

/** An upstream event may not be larger than this. */
export const MAX_EVENT_BYTES = 1024 * 1024;
const LF = 10, CR = 13;

/**
 * Cuts a byte stream into events. Guarantees: the blocks joined, plus `rest()`, are exactly the bytes pushed, and the
 * blocks are the same however the bytes were chunked; each block ends in a blank line (LF, CRLF or CR, mixed freely).
 * A block that lies in one chunk is a view of it, not a copy. Throws `upstream_invalid_response` for an event of more
 * than 1 MiB, after which the splitter is of no further use.
 */
export class EventSplitter {
  #pending: Buffer[] = [];
  #pendingBytes = 0;
  /** No byte of the current line has been seen. */
  #lineEmpty = true;
  #afterCr = false;
  /** A blank line ended in CR: the event is over, but a following LF still belongs to it. */
  #ended = false;

  push(chunk: Uint8Array): Uint8Array[] {
    const buffer = asBuffer(chunk);
    const blocks: Uint8Array[] = [];
    const rest = this.#afterCr || buffer.indexOf(CR) >= 0 ? this.#walk(buffer, blocks) : this.#leap(buffer, blocks);
    if (rest < buffer.length) {
      this.#pending.push(rest === 0 ? buffer : buffer.subarray(rest));
      this.#pendingBytes += buffer.length - rest;
      if (this.#pendingBytes > MAX_EVENT_BYTES) tooLarge();
    }
    return blocks;
  }

  /** What came after the last complete event, and forgets it. */
  rest(): Uint8Array {
    const rest = Buffer.concat(this.#pending);
    this.#pending = [];
    this.#pendingBytes = 0;
    this.#lineEmpty = true;
    this.#afterCr = false;
    this.#ended = false;
    return rest;
  }

  /** The common case, no CR around: from line feed to line feed. Returns where the unfinished event starts. */
  #leap(buffer: Buffer, blocks: Uint8Array[]): number {
    let start = 0;
    let line = 0;
    for (;;) {
      const feed = buffer.indexOf(LF, line);
      if (feed < 0) {
        if (line < buffer.length) this.#lineEmpty = false;
        return start;
      }
      if (feed === line && this.#lineEmpty) {
        blocks.push(this.#take(buffer, start, feed + 1));
        start = feed + 1;
      }
      this.#lineEmpty = true;
      line = feed + 1;
    }
  }

  #walk(buffer: Buffer, blocks: Uint8Array[]): number {
    let start = 0;
    for (let at = 0; at < buffer.length; at += 1) {
      const byte = buffer[at];
      if (this.#ended) {
        this.#ended = false;
        const end = byte === LF ? at + 1 : at;
        blocks.push(this.#take(buffer, start, end));
        start = end;
        if (byte === LF) {
          this.#afterCr = false;
          continue;
        }
      } else if (this.#afterCr && byte === LF) {
        this.#afterCr = false;
        continue;
      }
      this.#afterCr = byte === CR;
      if (byte === CR) {
        this.#ended = this.#lineEmpty;
        this.#lineEmpty = true;
      } else if (byte !== LF) this.#lineEmpty = false;
      else if (this.#lineEmpty) {
        blocks.push(this.#take(buffer, start, at + 1));
        start = at + 1;
      } else this.#lineEmpty = true;
    }
    return start;
  }

  #take(buffer: Buffer, start: number, end: number): Uint8Array {
    const block = buffer.subarray(start, end);
    if (this.#pending.length === 0) return block.length > MAX_EVENT_BYTES ? tooLarge() : block;
    if (this.#pendingBytes + block.length > MAX_EVENT_BYTES) tooLarge();
    this.#pending.push(block);
    const whole = Buffer.concat(this.#pending, this.#pendingBytes + block.length);
    this.#pending = [];
    this.#pendingBytes = 0;
    return whole;
  }
}

function tooLarge(): never {
  return fail('upstream_invalid_response', 'The upstream sent an event larger than the gateway accepts.', { retryable: true });
}

/** Where the shared parser below leaves its event; empty again after every call, so no request sees another's. */
let parsed: EventSourceMessage | undefined;
const parser = createParser({
  onEvent(message) {
    parsed ??= message;
  },
});

/**
 * Reads one block of `EventSplitter`, or an unfinished last one. Undefined for comments, blank lines and events without
 * data. Bytes that are not UTF-8 become U+FFFD. Never throws.
 */
export function parseEvent(block: Uint8Array): SseEvent | undefined {
  const text = asBuffer(block).toString('utf8');
  parser.feed(text.charCodeAt(0) === 0xfeff ? text.slice(1) : text);
  // Ends an unfinished event; after a finished one these are two blank lines, which mean nothing.
  parser.feed('\n\n');
  parser.reset();
  const message = parsed;
  parsed = undefined;
  if (message === undefined) return undefined;
  return message.event === undefined ? { data: message.data } : { event: message.event, data: message.data };
}
