import { crc32 } from 'node:zlib';
import { fail } from '../../errors.ts';
import { asBuffer } from '../json-scan.ts';
import type { SseEvent } from '../sse.ts';

/**
 * Frames of `application/vnd.amazon.eventstream` (Smithy specification, "Amazon Event Stream"): total length, headers length
 * and CRC-32 of these eight bytes; headers; payload; CRC-32 of everything before it. All integers are big-endian.
 */
const PRELUDE_BYTES = 12;
const CHECKSUM_BYTES = 4;
const LEAST_BYTES = PRELUDE_BYTES + CHECKSUM_BYTES;
/** An upstream frame may not be larger than this. */
export const MAX_FRAME_BYTES = 16 * 1024 * 1024;
const MAX_HEADER_BYTES = 128 * 1024;
const FIRST_HOLD_BYTES = 4_096;
const NOTHING = new Uint8Array(0);

/**
 * Cuts a byte stream into frames by their lengths. Guarantees: the frames are the same however the bytes were chunked; a
 * frame that lies in one chunk is a view of it, not a copy; at most one unfinished frame is held, and no more memory than
 * twice its bytes that have come. A length is believed only with its own checksum. One that is wrong, or that breaks a bound, gives its
 * twelve bytes as the last block ever, which `readFrame` refuses: what came before it in the same chunk is not lost.
 */
export class FrameSplitter {
  /** The bytes of an unfinished frame that have come, and how many. */
  #held: Buffer = Buffer.alloc(0);
  #filled = 0;
  /** Length of the unfinished frame; 0 = its prelude is not complete. */
  #total = 0;
  #broken = false;

  push(chunk: Uint8Array): Uint8Array[] {
    const buffer = asBuffer(chunk);
    const blocks: Uint8Array[] = [];
    let at = this.#filled > 0 ? this.#goOn(buffer, blocks) : 0;
    while (!this.#broken && at < buffer.length) {
      const left = buffer.length - at;
      const total = left < PRELUDE_BYTES ? 0 : frameLength(buffer, at);
      if (total === undefined) this.#break(buffer.subarray(at, at + PRELUDE_BYTES), blocks);
      else if (total === 0 || left < total) {
        this.#total = total;
        this.#take(buffer, at, buffer.length);
        break;
      } else {
        blocks.push(buffer.subarray(at, at + total));
        at += total;
      }
    }
    return blocks;
  }

  /** Always empty: an unfinished frame says nothing, and that it is unfinished is seen by the missing end of the answer. */
  rest(): Uint8Array {
    this.#filled = 0;
    this.#total = 0;
    return NOTHING;
  }

  /** Adds to the unfinished frame; returns where the next one starts. */
  #goOn(buffer: Buffer, blocks: Uint8Array[]): number {
    let at = 0;
    if (this.#total === 0) {
      at = Math.min(buffer.length, PRELUDE_BYTES - this.#filled);
      this.#take(buffer, 0, at);
      if (this.#filled < PRELUDE_BYTES) return at;
      const total = frameLength(this.#held, 0);
      if (total === undefined) {
        this.#break(this.#held.subarray(0, PRELUDE_BYTES), blocks);
        return buffer.length;
      }
      this.#total = total;
    }
    const end = Math.min(buffer.length, at + this.#total - this.#filled);
    this.#take(buffer, at, end);
    if (this.#filled === this.#total) {
      blocks.push(this.#held.subarray(0, this.#total));
      this.#held = Buffer.alloc(0);
      this.rest();
    }
    return end;
  }

  #take(buffer: Buffer, start: number, end: number): void {
    const needed = this.#filled + end - start;
    if (needed > this.#held.length) {
      const grown = Buffer.allocUnsafe(Math.max(needed, Math.min(this.#total, Math.max(FIRST_HOLD_BYTES, 2 * this.#held.length))));
      this.#held.copy(grown, 0, 0, this.#filled);
      this.#held = grown;
    }
    buffer.copy(this.#held, this.#filled, start, end);
    this.#filled = needed;
  }

  #break(prelude: Uint8Array, blocks: Uint8Array[]): void {
    this.#broken = true;
    this.#filled = 0;
    blocks.push(prelude);
  }
}

/** The length that a prelude states; undefined when its checksum is wrong or a bound is broken. */
function frameLength(buffer: Buffer, at: number): number | undefined {
  const total = buffer.readUInt32BE(at);
  const headers = buffer.readUInt32BE(at + 4);
  if (crc32(buffer.subarray(at, at + 8)) !== buffer.readUInt32BE(at + 8)) return undefined;
  return total > MAX_FRAME_BYTES || headers > MAX_HEADER_BYTES || headers + LEAST_BYTES > total ? undefined : total;
}

/** Longs are bigint, timestamps milliseconds since 1970 as bigint, UUIDs their usual text. */
export type HeaderValue = boolean | number | bigint | string | Uint8Array;

export interface Frame {
  readonly headers: ReadonlyMap<string, HeaderValue>;
  /** A view of the frame's bytes. */
  readonly payload: Uint8Array;
}

/** Reads one whole frame. Throws `upstream_invalid_response` for wrong lengths, either wrong checksum, or headers that cannot be read. */
export function readFrame(block: Uint8Array): Frame {
  const buffer = asBuffer(block);
  if (buffer.length < LEAST_BYTES || frameLength(buffer, 0) !== buffer.length) return unreadableFrame('prelude');
  const end = buffer.length - CHECKSUM_BYTES;
  if (crc32(buffer.subarray(0, end)) !== buffer.readUInt32BE(end)) return unreadableFrame('checksum');
  const payloadStart = PRELUDE_BYTES + buffer.readUInt32BE(4);
  return { headers: readHeaders(buffer.subarray(PRELUDE_BYTES, payloadStart)), payload: buffer.subarray(payloadStart, end) };
}

function unreadableFrame(what: string): never {
  return fail('upstream_invalid_response', 'The upstream sent a stream that could not be read.', { retryable: true, internal: `event stream: bad ${what}` });
}

/** Header = name length (1 byte), name, type (1 byte), value; strings and bytes carry a length of 2 bytes. */
function readHeaders(buffer: Buffer): Map<string, HeaderValue> {
  const headers = new Map<string, HeaderValue>();
  try {
    for (let at = 0; at < buffer.length;) {
      const nameEnd = at + 1 + buffer.readUInt8(at);
      const type = buffer.readUInt8(nameEnd);
      const [value, next] = readValue(buffer, type, nameEnd + 1);
      headers.set(buffer.toString('utf8', at + 1, nameEnd), value);
      at = next;
    }
  } catch {
    // Reads past the end throw a RangeError.
    return unreadableFrame('headers');
  }
  return headers;
}

/** The value and where the next header starts. */
function readValue(buffer: Buffer, type: number, at: number): [HeaderValue, number] {
  switch (type) {
    case 0:
    case 1:
      return [type === 0, at];
    case 2:
      return [buffer.readInt8(at), at + 1];
    case 3:
      return [buffer.readInt16BE(at), at + 2];
    case 4:
      return [buffer.readInt32BE(at), at + 4];
    case 5:
    case 8:
      return [buffer.readBigInt64BE(at), at + 8];
    case 6:
    case 7: {
      const bytes = slice(buffer, at + 2, buffer.readUInt16BE(at));
      return [type === 6 ? bytes : bytes.toString('utf8'), at + 2 + bytes.length];
    }
    case 9: {
      const hex = slice(buffer, at, 16).toString('hex');
      return [[hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-'), at + 16];
    }
    default:
      throw new RangeError('unknown header type');
  }
}

function slice(buffer: Buffer, start: number, length: number): Buffer {
  if (start + length > buffer.length) throw new RangeError('past the end');
  return buffer.subarray(start, start + length);
}

export const EXCEPTION = 'exception:';
export const ERROR = 'error:';

/**
 * One block of `FrameSplitter` as an event for the stream reader: the event's type and its JSON. An exception is named
 * `exception:<type>`, an unmodelled error `error:<code>`, so that neither can be taken for an event. Throws as `readFrame`;
 * undefined for a frame that says what it is in no way.
 */
export function frameEvent(block: Uint8Array): SseEvent | undefined {
  const { headers, payload } = readFrame(block);
  switch (headers.get(':message-type')) {
    case 'event':
      return { event: text(headers, ':event-type'), data: asBuffer(payload).toString('utf8') };
    case 'exception':
      return { event: `${EXCEPTION}${text(headers, ':exception-type')}`, data: asBuffer(payload).toString('utf8') };
    case 'error':
      return { event: `${ERROR}${text(headers, ':error-code')}`, data: JSON.stringify({ message: text(headers, ':error-message') }) };
    default:
      return undefined;
  }
}

function text(headers: Frame['headers'], name: string): string {
  const value = headers.get(name);
  return typeof value === 'string' ? value : '';
}
