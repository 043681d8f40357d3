import { describe, expect, jest, test } from '@jest/globals';
import * as fc from 'fast-check';
import { createMeter } from '../../../functions/core/dialects/meter.ts';
import type { StreamPart } from '../../../functions/core/stream-part.ts';
import { full } from '../../support/full.ts';
import { ALL_FIXTURES, blocksOf, eventsOf, fixture, meteredOf, partsOf } from '../../support/stream-grammar.ts';

const withoutEnds = (parts: readonly StreamPart[]): StreamPart[] => parts.filter(({ type }) => type !== 'tool-end');
const UPSTREAM = { 'openai-chat': 'gpt-5-mini-2025-08-07', 'openai-responses': 'gpt-5-mini-2025-08-07', 'anthropic-messages': 'claude-sonnet-4-5-20250929' } as const;
const chunk = (content: string, extra = ''): Buffer => Buffer.from(`data: {"id":"c","model":"up","choices":[{"index":0,"delta":{"content":${JSON.stringify(content)}},"finish_reason":null}]${extra}}\n\n`);

describe('the meter of same-dialect streams', () => {
  test.each(ALL_FIXTURES)('%s/%s: notes what the stream reader reads', (dialect, name) => {
    const bytes = fixture(dialect, name);
    expect(withoutEnds(meteredOf(dialect, [bytes]).parts)).toEqual(withoutEnds(partsOf(dialect, [bytes])));
  });

  test.each(ALL_FIXTURES)('%s/%s: passes every byte but the model name, and not the error it replaces', (dialect, name) => {
    const bytes = fixture(dialect, name);
    const text = bytes.toString('utf8');
    const passed = meteredOf(dialect, [bytes], { servedModel: 'cheap', includeUsage: true }).forward;
    const beforeError = /^(event: (?:error|response\.failed)|data: \{"error")/m.exec(text)?.index ?? text.length;
    const done = text.indexOf('data: [DONE]');
    const tail = beforeError < text.length && done > beforeError ? text.slice(done) : '';
    expect(passed).toBe((text.slice(0, beforeError) + tail).replaceAll(UPSTREAM[dialect], 'cheap'));
    expect(meteredOf(dialect, [bytes], { servedModel: UPSTREAM[dialect], includeUsage: true }).forward).toBe(text.slice(0, beforeError) + tail);
  });

  test('the usage-only chunk is noted but not passed on unless asked for; other usage members stay', () => {
    const bytes = fixture('openai-chat', 'text');
    const quiet = meteredOf('openai-chat', [bytes]);
    expect(quiet.forward).not.toContain('prompt_tokens');
    expect(quiet.forward).toContain('"usage":null');
    expect(quiet.parts).toContainEqual({ type: 'usage', usage: { input: 16, cacheRead: 8, output: 19, reasoning: 0 }, tier: 'default' });
    expect(meteredOf('openai-chat', [fixture('openai-chat', 'usage-on-every-chunk')]).forward).toContain('"prompt_tokens":7');
  });

  test('any texts are noted exactly and passed byte for byte, with the name in place', () => {
    fc.assert(fc.property(fc.array(fc.string({ unit: fc.oneof({ weight: 5, arbitrary: fc.constantFrom('a', ' ', '"', '\\', '\n', '}', '{', ':', ',', '한', '☕', '\u0001') }, { weight: 1, arbitrary: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 1 }) }), minLength: 1 }), { minLength: 1, maxLength: 8 }), fc.constantFrom('', ',"usage":null', ',"obfuscation":"aB3"'), (texts, extra) => {
      const bytes = Buffer.concat(texts.map((text) => chunk(text, extra)));
      const { forward, parts } = meteredOf('openai-chat', [bytes]);
      expect(parts.flatMap((part) => (part.type === 'text' ? [part.text] : []))).toEqual(texts);
      expect(forward).toBe(bytes.toString('utf8').replaceAll('"model":"up"', '"model":"cheap"'));
    }), { numRuns: full(3000) });
  });

  test('an event that only looks like an earlier one is read anew', () => {
    const same = chunk('a').toString();
    const odd = [
      same.replace('"finish_reason":null', '"finish_reason":"stop"'), same.replace('"a"', 'null'), same.replace('"a"', '"a","tool_calls":[{"index":0,"id":"x","function":{"name":"f","arguments":"{}"}}]'),
      same.replace('"a"}', '"a"},"extra":"b"}'), same.replace('"index":0', '"index":1'), same.replace('"a"', '"a","content":"b"'), 'data: {"error":{"message":"a"}}\n\n',
    ];
    for (const event of odd) {
      const bytes = Buffer.from(same + same + event);
      expect(withoutEnds(meteredOf('openai-chat', [bytes]).parts)).toEqual(withoutEnds(partsOf('openai-chat', [bytes])));
    }
  });

  test('a model name is replaced wherever it stands in the event, and nowhere else', () => {
    const event = 'data: {"choices":[{"index":0,"delta":{"content":"\\"model\\":\\"up\\""},"finish_reason":null,"model":"up"}],"model" : "up"}\n\n';
    expect(meteredOf('openai-chat', [Buffer.from(event + event)]).forward).toBe(event.replace('"model" : "up"', '"model" : "cheap"').repeat(2));
  });

  test('JSON spread over several data lines is still renamed', () => {
    const event = 'data: {"model":"up",\ndata: "choices":[{"index":0,"delta":{"content":"a"}}]}\n\n';
    const { forward } = meteredOf('openai-chat', [Buffer.from(event)]);
    expect(JSON.parse(eventsOf(forward)[0]?.data ?? '')).toEqual({ model: 'cheap', choices: [{ index: 0, delta: { content: 'a' } }] });
  });

  test('a torn last event is not passed on; a whole one that lacks its blank line gets it', () => {
    const torn = meteredOf('openai-chat', [Buffer.concat([chunk('a'), Buffer.from('data: {"choi')])]);
    expect(torn.forward).toBe(chunk('a').toString().replace('"up"', '"cheap"'));
    expect(torn.parts.at(-1)).toMatchObject({ type: 'error', failure: { code: 'upstream_truncated' } });
    const text = fixture('openai-chat', 'text').toString('utf8');
    for (const missing of [1, 2]) expect(meteredOf('openai-chat', [Buffer.from(text.slice(0, -missing))]).forward.trimEnd().endsWith('data: [DONE]')).toBe(true);
    expect(meteredOf('openai-chat', [Buffer.from(text.slice(0, -2))]).forward.endsWith('data: [DONE]\n\n')).toBe(true);
  });

  test('unreadable data is an upstream fault and is not passed on', () => {
    const meter = createMeter('openai-chat', { servedModel: 'cheap', includeUsage: true });
    expect(meter.inspect(Buffer.from('data: {nonsense\n\n'))).toMatchObject({ forward: null, parts: [{ type: 'error', failure: { code: 'upstream_invalid_response' } }] });
    expect(meter.end()).toEqual([]);
  });

  test('of events that differ in their text alone only the first is parsed', () => {
    const blocks = blocksOf([Buffer.concat(Array.from({ length: 2000 }, (_, at) => chunk(` word${at}`, ',"usage":null,"system_fingerprint":null,"service_tier":"default"')))]);
    const parse = jest.spyOn(JSON, 'parse');
    try {
      const meter = createMeter('openai-chat', { servedModel: 'cheap', includeUsage: false });
      const texts = blocks.flatMap((block) => meter.inspect(block).parts).filter(({ type }) => type === 'text');
      // The first chunk brings the start with it; the second is the first of its kind, and teaches what the others look like.
      expect([texts.length, parse.mock.calls.length]).toEqual([2000, 2]);
    } finally {
      parse.mockRestore();
    }
  });
});
