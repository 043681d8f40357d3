import { crc32 } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { frameEvent, FrameSplitter, MAX_FRAME_BYTES, readFrame } from '../../../functions/core/dialects/bedrock-converse/event-stream.ts';
import { GatewayError } from '../../../functions/core/errors.ts';
import { corrupted, event, exception, frame, rechunked } from '../../support/event-stream.ts';
import { full } from '../../support/full.ts';

const codeOf = (read: () => unknown): string | undefined => {
  try {
    read();
    return undefined;
  } catch (error) {
    return error instanceof GatewayError ? error.failure.code : String(error);
  }
};

/** The frames of a byte stream, and whether it ended in one that cannot be read. */
function framesOf(chunks: readonly Uint8Array[]): string[] {
  const splitter = new FrameSplitter();
  const frames: string[] = [];
  for (const chunk of chunks) for (const block of splitter.push(chunk)) frames.push(codeOf(() => readFrame(block)) ?? Buffer.from(block).toString('hex'));
  expect(splitter.rest()).toHaveLength(0);
  return frames;
}

describe('the published frames of the event stream specification', () => {
  const bytes = (hex: string): Buffer => Buffer.from(hex.replaceAll(' ', ''), 'hex');
  const BODY = "{'foo':'bar'}";

  test.each([
    ['an empty message', '00000010 00000000 05c248eb 7d98c8ff', {}, ''],
    ['a payload without headers', '0000001d 00000000 fd528c5a 7b27666f6f273a27626172277d c3653936', {}, BODY],
    ['an integer header', '0000002d 00000010 41c424b8 0a 6576656e742d74797065 04 0000a00c 7b27666f6f273a27626172277d 36f480a0', { 'event-type': 40_972 }, BODY],
    ['a string header', '0000003d 00000020 07fd8396 0c 636f6e74656e742d74797065 07 0010 6170706c69636174696f6e2f6a736f6e 7b27666f6f273a27626172277d 8d9c08b1', { 'content-type': 'application/json' }, BODY],
    ['every type of header', '000000cc 000000af 0fae64ca 0a 6576656e742d74797065 04 0000a00c 0c 636f6e74656e742d74797065 07 0010 6170706c69636174696f6e2f6a736f6e 0a 626f6f6c2066616c7365 01 '
      + '09 626f6f6c2074727565 00 04 62797465 02 cf 08 6279746520627566 06 0014 49276d2061206c6974746c6520746561706f7421 09 74696d657374616d70 08 0000000000845fed '
      + '05 696e743136 03 002a 05 696e743634 05 00000000028757b2 04 75756964 09 0102030405060708090a0b0c0d0e0f10 7b27666f6f273a27626172277d aba5f10c', {
      'event-type': 40_972, 'content-type': 'application/json', 'bool false': false, 'bool true': true, byte: -49, 'byte buf': Buffer.from("I'm a little teapot!"),
      timestamp: 8_675_309n, int16: 42, int64: 42_424_242n, uuid: '01020304-0506-0708-090a-0b0c0d0e0f10',
    }, BODY],
  ])('%s is read as published', (_name, hex, headers, body) => {
    const [block, ...more] = new FrameSplitter().push(bytes(hex));
    expect(more).toEqual([]);
    const read = readFrame(block ?? Buffer.alloc(0));
    expect(Object.fromEntries(read.headers)).toEqual(headers);
    expect(Buffer.from(read.payload).toString()).toBe(body);
  });

  test.each([
    ['headers', '0000003d 00000020 07fd8396 0c 636f6e74656e742d74797065 07 0010 6170706c69636174696f6e2f6a736f6e 7b61666f6f273a27626172277d 8d9c08b1'],
    ['length of headers', '0000003d 00000021 07fd8396 0c 636f6e74656e742d74797065 07 0010 6170706c69636174696f6e2f6a736f6e 7b27666f6f273a27626172277d 8d9c08b1'],
    ['length', '0000003e 00000020 07fd8396 0c 636f6e74656e742d74797065 07 0010 6170706c69636174696f6e2f6a736f6e 7b27666f6f273a27626172277d 8d9c08b1'],
    ['payload', '0000001d 00000000 fd528c5a 5b27666f6f273a27626172277d c3653936'],
  ])('corrupted %s: an upstream fault, in the splitter’s words and in the reader’s', (_name, hex) => {
    expect(framesOf([bytes(hex)])).toEqual(['upstream_invalid_response']);
    expect(codeOf(() => readFrame(bytes(hex)))).toBe('upstream_invalid_response');
  });
});

describe('FrameSplitter', () => {
  const good = [event('messageStart', { role: 'assistant' }), frame({}, ''), event('contentBlockDelta', { contentBlockIndex: 0, delta: { text: 'é'.repeat(3_000) } }), exception('x', {})];
  const sizes = fc.array(fc.oneof(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 5_000 })), { minLength: 1, maxLength: 8 });

  test('any chunking gives the same frames, byte for byte', () => {
    const expected = good.map((bytes) => bytes.toString('hex'));
    fc.assert(fc.property(sizes, (cuts) => {
      expect(framesOf(rechunked(Buffer.concat(good), cuts))).toEqual(expected);
    }), { numRuns: full(1_000) });
  });

  test('any chunking of a stream with one flipped bit gives the frames before it, then one fault or none at its end, never a changed frame', () => {
    const whole = Buffer.concat(good);
    fc.assert(fc.property(sizes, fc.nat(whole.length - 1), (cuts, at) => {
      const flipped = corrupted(whole, at);
      const frames = framesOf(rechunked(flipped, cuts));
      expect(frames).toEqual(framesOf([flipped]));
      let start = 0;
      const hit = good.findIndex((bytes) => (start += bytes.length) > at);
      expect(frames.slice(0, hit)).toEqual(good.slice(0, hit).map((bytes) => bytes.toString('hex')));
      expect(frames[hit]).toBe('upstream_invalid_response');
    }), { numRuns: full(1_000) });
  });

  test('a frame inside one chunk is a view of it, not a copy', () => {
    const chunk = Buffer.concat(good);
    expect(new FrameSplitter().push(chunk).every((block) => block.buffer === chunk.buffer)).toBe(true);
  });

  test('nothing is read after a length that is wrong', () => {
    const splitter = new FrameSplitter();
    const [bad = Buffer.alloc(0), ...more] = splitter.push(Buffer.concat([corrupted(good[0] ?? Buffer.alloc(0), 1), ...good]));
    expect([codeOf(() => readFrame(bad)), more]).toEqual(['upstream_invalid_response', []]);
    for (const bytes of good) expect(splitter.push(bytes)).toEqual([]);
  });

  const prelude = (total: number, headers: number): Buffer => {
    const bytes = Buffer.alloc(12);
    bytes.writeUInt32BE(total, 0);
    bytes.writeUInt32BE(headers, 4);
    bytes.writeUInt32BE(crc32(bytes.subarray(0, 8)), 8);
    return bytes;
  };

  test.each([[MAX_FRAME_BYTES + 1, 0], [0xffffffff, 0], [15, 0], [0, 0], [100, 85], [200_000, 131_073]])('a frame of %i bytes with %i of headers is refused by its prelude, before its bytes come', (total, headers) => {
    expect(framesOf([prelude(total, headers)])).toEqual(['upstream_invalid_response']);
    expect(framesOf(rechunked(prelude(total, headers), [1]))).toEqual(['upstream_invalid_response']);
  });

  test('a frame of 16 MiB passes', () => {
    const large = frame({}, Buffer.alloc(MAX_FRAME_BYTES - 16, 0x61));
    expect(new FrameSplitter().push(large)).toHaveLength(1);
    const splitter = new FrameSplitter();
    const [block, ...more] = rechunked(large, [1_000_003]).flatMap((chunk) => splitter.push(chunk));
    expect([more.length, Buffer.compare(block ?? Buffer.alloc(0), large)]).toEqual([0, 0]);
  });

  test('a promise of much, of which little comes, holds little memory', () => {
    const before = process.memoryUsage().arrayBuffers;
    const splitters = Array.from({ length: 100 }, () => new FrameSplitter());
    for (const splitter of splitters) splitter.push(prelude(MAX_FRAME_BYTES, 0));
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(100 * 64 * 1024);
    for (const splitter of splitters) expect(splitter.rest()).toHaveLength(0);
  });
});

describe('frameEvent', () => {
  test('names events, exceptions and errors so that none can be taken for another', () => {
    expect(frameEvent(event('throttlingException', {}))?.event).toBe('throttlingException');
    expect(frameEvent(exception('throttlingException', { message: 'm' }))).toEqual({ event: 'exception:throttlingException', data: '{"message":"m"}' });
    expect(frameEvent(frame({ ':message-type': 'error', ':error-code': 'InternalError', ':error-message': 'm' }, ''))).toEqual({ event: 'error:InternalError', data: '{"message":"m"}' });
    expect(frameEvent(frame({ ':message-type': 'novel' }, '{}'))).toBeUndefined();
  });

  test.each<[string, Buffer]>([
    ['a name past the end', longName()],
    ['an unknown type', frame({ a: { type: 10, value: Buffer.alloc(4) } }, '')],
    ['a string past the end', frame({ a: { type: 7, value: Buffer.from([0xff, 0xff, 0x61]) } }, '')],
    ['an integer past the end', frame({ a: { type: 4, value: Buffer.from([1]) } }, '')],
    ['a UUID past the end', frame({ a: { type: 9, value: Buffer.from([1]) } }, '')],
  ])('headers with %s are an upstream fault', (_name, bytes) => {
    expect(codeOf(() => frameEvent(bytes))).toBe('upstream_invalid_response');
  });

  test('bytes that no server meant never throw anything but an upstream fault', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 80 }), (head) => {
      const bytes = Buffer.concat([Buffer.alloc(12), head, Buffer.alloc(4)]);
      bytes.writeUInt32BE(bytes.length, 0);
      bytes.writeUInt32BE(head.length, 4);
      bytes.writeUInt32BE(crc32(bytes.subarray(0, 8)), 8);
      bytes.writeUInt32BE(crc32(bytes.subarray(0, -4)), bytes.length - 4);
      expect([undefined, 'upstream_invalid_response']).toContain(codeOf(() => frameEvent(bytes)));
      expect([undefined, 'upstream_invalid_response']).toContain(codeOf(() => frameEvent(head)));
    }), { numRuns: full(5_000) });
  });
});

/** A header that says its name is longer than all headers together. */
function longName(): Buffer {
  const bytes = Buffer.from(frame({ a: { type: 0, value: Buffer.alloc(0) } }, ''));
  bytes.writeUInt8(200, 12);
  bytes.writeUInt32BE(crc32(bytes.subarray(0, -4)), bytes.length - 4);
  return bytes;
}
