import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { EventSplitter, MAX_EVENT_BYTES, parseEvent } from '../../../functions/core/dialects/sse.ts';
import { GatewayError } from '../../../functions/core/errors.ts';
import { full } from '../../support/full.ts';

const texts = (blocks: readonly Uint8Array[]): string[] => blocks.map((block) => Buffer.from(block).toString('latin1'));

/** The rule itself, said the slow way: lines end in CRLF, LF or CR; a block ends after an empty line. */
function reference(text: string): { blocks: string[]; rest: string } {
  const blocks: string[] = [];
  let rest = '';
  let line = '';
  for (const token of text.match(/\r\n|\r|\n|[^\r\n]+/g) ?? []) {
    rest += token;
    if (!/^[\r\n]/.test(token)) line += token;
    else {
      if (line === '') {
        blocks.push(rest);
        rest = '';
      }
      line = '';
    }
  }
  return { blocks, rest };
}

describe('EventSplitter', () => {
  test('any chunking gives the blocks that the rule gives, and no byte is lost', () => {
    const text = fc.array(fc.constantFrom('\r', '\n', '\r\n', '\n\n', 'data: x', ':', 'a', 'é'), { maxLength: 30 }).map((tokens) => tokens.join(''));
    fc.assert(fc.property(text, fc.array(fc.nat(6), { minLength: 1, maxLength: 8 }), (whole, sizes) => {
      const bytes = Buffer.from(whole, 'latin1');
      const splitter = new EventSplitter();
      const blocks: Uint8Array[] = [];
      for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
        const size = (sizes[turn % sizes.length] ?? 0) + 1;
        blocks.push(...splitter.push(bytes.subarray(at, at + size)));
        at += size;
      }
      const got = texts(blocks);
      const rest = Buffer.from(splitter.rest()).toString('latin1');
      const expected = reference(whole);
      // A block that ends in CR at the very end is held until it is known that no LF follows.
      expect([...got, ...(rest === '' ? [] : [rest])]).toEqual([...expected.blocks, ...(expected.rest === '' ? [] : [expected.rest])]);
    }), { numRuns: full(5000) });
  });

  test('an event inside one chunk is a view of the chunk, not a copy', () => {
    const chunk = Buffer.from('data: 1\n\ndata: 2\n\n');
    const blocks = new EventSplitter().push(chunk);
    expect(texts(blocks)).toEqual(['data: 1\n\n', 'data: 2\n\n']);
    expect(blocks.every((block) => block.buffer === chunk.buffer)).toBe(true);
  });

  test('an event of up to 1 MiB passes, a larger one is an upstream fault, in one chunk or many', () => {
    const event = (size: number): Buffer => Buffer.from(`data: ${'x'.repeat(size - 8)}\n\n`);
    const run = (bytes: Buffer, chunkSize: number): string => {
      const splitter = new EventSplitter();
      try {
        let blocks = 0;
        for (let at = 0; at < bytes.length; at += chunkSize) blocks += splitter.push(bytes.subarray(at, at + chunkSize)).length;
        return `${blocks} block`;
      } catch (error) {
        return error instanceof GatewayError ? error.failure.code : 'threw';
      }
    };
    for (const chunkSize of [16_384, MAX_EVENT_BYTES * 4]) {
      expect(run(event(MAX_EVENT_BYTES), chunkSize)).toBe('1 block');
      expect(run(event(MAX_EVENT_BYTES + 1), chunkSize)).toBe('upstream_invalid_response');
    }
    expect(run(Buffer.alloc(MAX_EVENT_BYTES * 2, 'x'), 16_384)).toBe('upstream_invalid_response');
  });
});

describe('parseEvent', () => {
  test.each([
    ['data: {"a":1}\n\n', { data: '{"a":1}' }],
    ['event: ping\ndata: {}\n\n', { event: 'ping', data: '{}' }],
    ['data:no space\n\n', { data: 'no space' }],
    ['data: one\ndata: two\n\n', { data: 'one\ntwo' }],
    ['id: 1\r\nevent: e\r\nretry: 5\r\ndata: x\r\n\r\n', { event: 'e', data: 'x' }],
    ['data: x\r\r', { data: 'x' }],
    ['data: unfinished', { data: 'unfinished' }],
    ['\uFEFFdata: x\n\n', { data: 'x' }],
    [': comment\n\n', undefined],
    ['event: nothing\n\n', undefined],
    ['\n', undefined],
    ['', undefined],
  ])('%j', (text, expected) => {
    expect(parseEvent(Buffer.from(text))).toEqual(expected);
  });

  test('bytes that are no UTF-8 do not throw, and one event leaves nothing behind for the next', () => {
    expect(parseEvent(Buffer.from([0x64, 0x61, 0x74, 0x61, 0x3a, 0xff, 0xfe, 0x0a, 0x0a]))?.data).toBe('\uFFFD\uFFFD');
    expect(parseEvent(Buffer.from('event: left\ndata: a'))).toEqual({ event: 'left', data: 'a' });
    expect(parseEvent(Buffer.from('data: b\n\n'))).toEqual({ data: 'b' });
  });
});
