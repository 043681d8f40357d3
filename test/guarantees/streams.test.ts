import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { codecs } from '../../functions/core/dialects/dialect.ts';
import { GatewayError } from '../../functions/core/errors.ts';
import { isTerminal, type StreamPart } from '../../functions/core/stream-part.ts';
import { figure } from '../support/figure.ts';
import { full } from '../support/full.ts';
import { ALL_FIXTURES, blocksOf, DIALECTS, eventsOf, fixture, meteredOf, partsOf, written } from '../support/stream-grammar.ts';

const chunksAt = (bytes: Buffer, cuts: readonly number[]): Buffer[] => {
  const at = [0, ...cuts.toSorted((a, b) => a - b), bytes.length];
  return at.slice(1).map((end, index) => bytes.subarray(at[index], end));
};
/** What only a good end of each dialect holds, and where a fixture's begins. */
const CLEAN = { 'openai-chat': /\[DONE\]/, 'openai-responses': /event: response\.(?:completed|incomplete)/, 'anthropic-messages': /message_stop/ } as const;
const FINISHED = { ...CLEAN, 'openai-chat': /"finish_reason":"/ } as const;
const FINISH = { 'openai-chat': '"finish_reason":"stop"', 'openai-responses': '"response.completed"', 'anthropic-messages': '"message_stop"' } as const;
const terminals = (parts: readonly StreamPart[]): number => parts.filter(isTerminal).length;

describe('guarantee E1', () => {
  test.each(ALL_FIXTURES)('guarantee E1: %s/%s cut at any byte gives the same parts and the same forwarded bytes', (dialect, name) => {
    const bytes = fixture(dialect, name);
    const whole = { parts: partsOf(dialect, [bytes]), metered: meteredOf(dialect, [bytes]) };
    const step = full(1, 7);
    for (let cut = 1; cut < bytes.length; cut += step) {
      const chunks = chunksAt(bytes, [cut]);
      expect(partsOf(dialect, chunks)).toEqual(whole.parts);
      expect(meteredOf(dialect, chunks)).toEqual(whole.metered);
    }
  });

  test.each(ALL_FIXTURES)('guarantee E1: %s/%s in random pieces, down to single bytes, too', (dialect, name) => {
    const bytes = fixture(dialect, name);
    const whole = { parts: partsOf(dialect, [bytes]), metered: meteredOf(dialect, [bytes]) };
    expect(partsOf(dialect, Array.from(bytes, (_, at) => bytes.subarray(at, at + 1)))).toEqual(whole.parts);
    fc.assert(fc.property(fc.array(fc.nat(bytes.length), { minLength: 2, maxLength: 40 }), (cuts) => {
      const chunks = chunksAt(bytes, cuts);
      expect(partsOf(dialect, chunks)).toEqual(whole.parts);
      expect(meteredOf(dialect, chunks)).toEqual(whole.metered);
    }), { numRuns: bytes.length > 4_096 ? full(1_000) : full(100) });
    figure('E1', `${ALL_FIXTURES.length} recorded streams of ${DIALECTS.length} dialects: cut at every byte, into single bytes and into ${full(100)} (longer than 4 KiB: ${full(1_000).toLocaleString('en')}) random pieces`);
  });
});

describe('guarantee E2', () => {
  test.each(ALL_FIXTURES)('guarantee E2: %s/%s that stops after any event is truncated unless a real finish was seen', (dialect, name) => {
    const blocks = blocksOf([fixture(dialect, name)]);
    for (let count = 0; count <= blocks.length; count += 1) {
      const seen = Buffer.concat(blocks.slice(0, count)).toString('utf8');
      const finished = FINISHED[dialect].test(seen);
      const failed = /"error":\{|^event: error/m.test(seen);
      for (const parts of [partsOf(dialect, [Buffer.from(seen)]), meteredOf(dialect, [Buffer.from(seen)]).parts]) {
        const last = parts.at(-1);
        expect(terminals(parts)).toBe(1);
        if (failed) expect(last).toMatchObject({ type: 'error' });
        else if (finished) expect(last?.type).toBe('finish');
        else expect(last).toMatchObject({ type: 'error', failure: { code: 'upstream_truncated' } });
        for (const target of DIALECTS) {
          const { text } = written(target, parts);
          const clean = CLEAN[target].test(text);
          expect(clean).toBe(finished && !failed);
        }
      }
    }
  });

  test('guarantee E2: a stream that stops inside an event never ends clean', () => {
    for (const [dialect, name] of ALL_FIXTURES) {
      if (name !== 'text') continue;
      const bytes = fixture(dialect, name);
      const finish = bytes.indexOf(FINISH[dialect]);
      for (let size = 0; size < finish; size += full(1, 5)) expect(partsOf(dialect, [bytes.subarray(0, size)]).at(-1)).toMatchObject({ type: 'error' });
    }
    figure('E2', `${ALL_FIXTURES.length} recorded streams stopped after every event, and inside the text ones: never a clean end`);
  });
});

describe('guarantee E8', () => {
  const deep = (depth: number): string => `${'['.repeat(depth)}${']'.repeat(depth)}`;
  const chunk = (delta: string): string => `data: {"id":"c","choices":[{"index":0,"delta":${delta}}]}\n\n`;
  const hostile = fc.oneof(
    fc.constantFrom(
      '\r', '\n', '\r\n', '\n\n', '\r\r', '\uFEFF', '\0', ':', 'data', 'data:', 'data: ', 'data: {}\n\n', 'data: []\n\n', 'data: null\n\n', 'data: 1\n\n', 'data: [DONE]\n\n', 'event: error\ndata: {}\n\n',
      'event: message_start\ndata: {"type":"message_start"}\n\n', 'event: message_start\ndata: {"type":"message_start","message":{"usage":{"input_tokens":-1,"output_tokens":1e99}}}\n\n',
      'event: message_stop\ndata: {"type":"message_stop"}\n\n', 'data: {"choices":[{"delta":null}]}\n\n', 'data: {"choices":[null,1,{"delta":{"tool_calls":[null,{"index":"x"},{"index":-1,"function":{"arguments":5}}]}}]}\n\n',
      'data: {"choices":"x","usage":[]}\n\n', 'data: {"error":"no"}\n\n', 'data: {"error":null}\n\n', 'event: nobody\ndata: {"type":"nobody"}\n\n', 'event: content_block_delta\ndata: {"type":"content_block_delta","index":9,"delta":{"type":"input_json_delta","partial_json":"{"}}\n\n',
      'event: content_block_start\ndata: {"type":"content_block_start","index":{},"content_block":{"type":"tool_use"}}\n\n', 'event: content_block_stop\ndata: {"type":"content_block_stop"}\n\n', chunk('{"content":"\\ud800"}'), chunk('{"content":{"a":1}}'), chunk('{"content":[{"type":"text","text":1}]}'),
    ),
    fc.string({ unit: 'binary' }),
    fc.jsonValue().map((value) => `data: ${JSON.stringify(value)}\n\n`),
    fc.jsonValue().map((value) => chunk(JSON.stringify(value))),
  );

  test('guarantee E8: hostile events never throw, end exactly once and are rewritten as legal streams', () => {
    fc.assert(fc.property(fc.array(hostile, { maxLength: 12 }), fc.constantFrom(...DIALECTS), (tokens, dialect) => {
      const bytes = Buffer.from(tokens.join(''));
      const parts = partsOf(dialect, [bytes]);
      expect(terminals(parts)).toBe(1);
      expect(isTerminal(parts.at(-1) ?? { type: 'start' })).toBe(true);
      expect(terminals(meteredOf(dialect, [bytes]).parts)).toBe(1);
      // `written` throws where a stream breaks its dialect's grammar.
      for (const target of DIALECTS) written(target, parts);
    }), { numRuns: full(10_000) });
    figure('E8', `${full(10_000).toLocaleString('en')} hostile streams and ${full(5_000).toLocaleString('en')} of random bytes: no throw, 1 terminal each`);
  });

  test('guarantee E8: bytes that are no UTF-8 never throw', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), fc.constantFrom(...DIALECTS), (bytes, dialect) => {
      expect(terminals(partsOf(dialect, [Buffer.from('data: '), bytes, Buffer.from('\n\n')]))).toBe(1);
      expect(terminals(meteredOf(dialect, [Buffer.from('data: '), bytes, Buffer.from('\n\n')]).parts)).toBe(1);
    }), { numRuns: full(5_000) });
  });

  test('guarantee E8: JSON nested 100,000 deep is read or refused, and never breaks the reader', () => {
    const levels = deep(100_000);
    for (const [dialect, text] of [
      ['openai-chat', chunk(`{"content":"a","x":${levels}}`)], ['openai-chat', chunk(`{"tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":{"a":${levels}}}}]}`)],
      ['openai-chat', `data: {"model":"up","choices":[],"x":${levels}}\n\n`], ['anthropic-messages', `event: x\ndata: {"type":"content_block_start","index":0,"content_block":{"type":"tool_use","name":"f","id":"i","input":{"a":${levels}}}}\n\nevent: x\ndata: {"type":"content_block_stop","index":0}\n\n`],
    ] as const) {
      expect(terminals(partsOf(dialect, [Buffer.from(text)]))).toBe(1);
      expect(terminals(meteredOf(dialect, [Buffer.from(text)]).parts)).toBe(1);
    }
  });

  test('guarantee E8: a line of 2 MiB is an upstream fault, not a growing buffer', () => {
    let caught: unknown;
    try {
      blocksOf(Array.from({ length: 128 }, () => Buffer.alloc(16_384, 'x')));
    } catch (error) {
      caught = error;
    }
    expect(caught).toBeInstanceOf(GatewayError);
    expect(caught).toMatchObject({ failure: { code: 'upstream_invalid_response' } });
    figure('E8', 'nesting of 100,000 and a line of 2 MiB bounded');
  });
});

describe('guarantee E9', () => {
  const nasty = fc.array(fc.constantFrom('\r', '\n', '\n\n', '\r\n\r\n', 'data:', 'data: [DONE]', 'event: x', ': ', '\u2028', '"', '\\', '\0', '☕', 'a'), { maxLength: 8 }).map((tokens) => tokens.join(''));

  test.each(DIALECTS)('guarantee E9: %s: whatever the strings hold, the parser sees exactly the intended events', (dialect) => {
    fc.assert(fc.property(nasty, nasty, nasty, nasty, (text, thought, name, stop) => {
      const parts: StreamPart[] = [
        { type: 'start', id: text }, { type: 'reasoning', text: thought }, { type: 'reasoning-signature', signature: name || 's' }, { type: 'text', text }, { type: 'refusal', text: stop },
        { type: 'tool-start', index: 0, id: name || 'i', name: name || 'f' }, { type: 'tool-delta', index: 0, json: JSON.stringify({ [name]: text }) }, { type: 'tool-end', index: 0 },
        { type: 'citation', raw: { type: 'web_search_result_location', url: text, title: name } }, { type: 'usage', usage: { input: 1, output: 2 } }, { type: 'finish', reason: 'stop', raw: stop, stopSequence: stop },
      ];
      const { text: stream } = written(dialect, parts);
      const again = partsOf(dialect, [Buffer.from(stream)]);
      const texts = again.flatMap((part) => (part.type === 'text' || part.type === 'refusal' ? [part.text] : [])).join('');
      expect(texts).toBe(text + stop);
      expect(again.find((part) => part.type === 'tool-start')).toMatchObject({ id: name || 'i', name: name || 'f' });
      expect(eventsOf(stream).every(({ event, data }) => data === '[DONE]' || (typeof JSON.parse(data) === 'object' && (event === undefined) === (dialect === 'openai-chat')))).toBe(true);
    }), { numRuns: full(3_000) });
    figure('E9', `${full(3_000).toLocaleString('en')} streams of nasty strings in each of ${DIALECTS.length} dialects`);
  });

  test('guarantee E9: the served model and the request id cannot break out of their strings', () => {
    for (const dialect of DIALECTS) {
      const writer = codecs[dialect].writeStream({ requestId: 'r"\n\ndata: x', model: 'm\r\n\r\nevent: y', created: 1, includeUsage: true });
      const stream = [{ type: 'text', text: 'a' } as const, { type: 'finish', reason: 'stop' } as const].map((part) => writer.write(part)).join('');
      expect(partsOf(dialect, [Buffer.from(stream)])).toMatchObject([{ type: 'start', upstreamModel: 'm\r\n\r\nevent: y' }, ...(dialect === 'anthropic-messages' ? [{ type: 'usage' }] : []), { type: 'text', text: 'a' }, ...(dialect === 'anthropic-messages' ? [{ type: 'usage' }] : []), { type: 'finish' }]);
    }
  });
});
