import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { bedrockConverse } from '../../../functions/core/dialects/bedrock-converse/codec.ts';
import { codecs, type ServedDialect } from '../../../functions/core/dialects/dialect.ts';
import type { SseEvent } from '../../../functions/core/dialects/sse.ts';
import { GatewayError } from '../../../functions/core/errors.ts';
import { isTerminal, type StreamPart } from '../../../functions/core/stream-part.ts';
import { CONVERSE_FIXTURES } from '../../support/converse-fixtures.ts';
import { answerOf, event, exception, rechunked, textBlock, toolBlock, USAGE } from '../../support/event-stream.ts';
import { full } from '../../support/full.ts';
import { written } from '../../support/stream-grammar.ts';

const DIALECTS: readonly ServedDialect[] = ['openai-chat', 'openai-responses', 'anthropic-messages'];
const folder = new URL('../../fixtures/bedrock-converse/', import.meta.url);
const fixture = (name: string): Buffer => readFileSync(new URL(`${name}.bin`, folder));

/** The parts of a stream as the gateway's pipe reads them; a fault of the framing is an error part. */
function partsOf(chunks: readonly Uint8Array[]): StreamPart[] {
  const { framing } = bedrockConverse;
  const splitter = framing?.splitter();
  const reader = bedrockConverse.readStream();
  const parts: StreamPart[] = [];
  try {
    for (const chunk of chunks) {
      for (const block of splitter?.push(chunk) ?? []) {
        const read: SseEvent | undefined = framing?.parse(block);
        if (read !== undefined) parts.push(...reader.push(read));
      }
    }
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error;
    return [...parts, { type: 'error', failure: error.failure }];
  }
  return [...parts, ...reader.end()];
}
const of = (name: string): StreamPart[] => partsOf([fixture(name)]);
const last = (parts: readonly StreamPart[]): StreamPart | undefined => parts.at(-1);
const textOf = (parts: readonly StreamPart[]): string => parts.map((part) => (part.type === 'text' ? part.text : '')).join('');

describe('recorded streams', () => {
  test('each file is what its frames say, byte for byte, and none is left over', () => {
    expect(readdirSync(folder).sort()).toEqual(Object.keys(CONVERSE_FIXTURES).map((name) => `${name}.bin`).sort());
    for (const [name, frames] of Object.entries(CONVERSE_FIXTURES)) expect(Buffer.compare(fixture(name), Buffer.concat(frames))).toBe(0);
  });

  test.each(Object.keys(CONVERSE_FIXTURES))('%s: any chunking gives the same parts, one terminal part and nothing after it', (name) => {
    const bytes = fixture(name);
    const whole = partsOf([bytes]);
    expect(whole.filter(isTerminal)).toHaveLength(1);
    expect(whole.findIndex(isTerminal)).toBe(whole.length - 1);
    fc.assert(fc.property(fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1, maxLength: 6 }), (sizes) => {
      expect(partsOf(rechunked(bytes, sizes))).toEqual(whole);
    }), { numRuns: full(300) });
  });

  // The grammar of a messages stream reads the arguments of every call, which are no JSON where the model spoiled them.
  const sayable = Object.keys(CONVERSE_FIXTURES).filter((name) => name !== 'malformed-tool');
  test.each(sayable.flatMap((name) => DIALECTS.map((dialect) => [name, dialect] as const)))('%s becomes a legal stream of %s', (name, dialect) => {
    const { answer } = written(dialect, of(name));
    expect(answer).toBeDefined();
  });
});

describe('quirks of ConverseStream', () => {
  test('text has no start event', () => {
    expect(of('text')).toEqual([
      { type: 'start' }, { type: 'text', text: 'Hel' }, { type: 'text', text: 'lo, ' }, { type: 'text', text: 'wörld 🌍' },
      { type: 'usage', usage: { input: 10, output: 5 } }, { type: 'finish', reason: 'stop', raw: 'end_turn' },
    ]);
  });

  test('usage comes after messageStop, so the finish waits for it', () => {
    const reader = bedrockConverse.readStream();
    expect(reader.push({ event: 'messageStop', data: '{"stopReason":"end_turn"}' })).toEqual([]);
    expect(reader.push({ event: 'metadata', data: JSON.stringify({ usage: USAGE }) }).map(({ type }) => type)).toEqual(['usage', 'finish']);
    expect(reader.push({ event: 'metadata', data: JSON.stringify({ usage: USAGE }) })).toEqual([]);
    expect(reader.end()).toEqual([]);
  });

  test('a stream that ends after messageStop without metadata is whole; its usage is unknown, not 0', () => {
    const parts = of('no-metadata');
    expect(last(parts)).toMatchObject({ type: 'finish', reason: 'stop' });
    expect(parts.some(({ type }) => type === 'usage')).toBe(false);
  });

  test('a stream that ends before messageStop is truncated', () => {
    expect(last(of('truncated'))).toMatchObject({ type: 'error', failure: { code: 'upstream_truncated' } });
    expect(last(partsOf([fixture('text').subarray(0, 40)]))).toMatchObject({ type: 'error', failure: { code: 'upstream_truncated' } });
    expect(last(partsOf([]))).toMatchObject({ type: 'error', failure: { code: 'upstream_truncated' } });
  });

  test('tool calls are counted on their own, empty fragments are skipped, arguments travel verbatim', () => {
    expect(of('tool-use').slice(1, -2)).toEqual([
      { type: 'text', text: 'Let me see.' }, { type: 'tool-start', index: 0, id: 'tooluse_1', name: 'get_weather' },
      { type: 'tool-delta', index: 0, json: '{"city": ' }, { type: 'tool-delta', index: 0, json: '"Köln"}' }, { type: 'tool-end', index: 0 },
    ]);
    expect(of('parallel-tools').filter(({ type }) => type === 'tool-start')).toMatchObject([{ index: 0, name: 'a' }, { index: 1, name: 'b' }]);
  });

  test('a call without fragments has the arguments {}', () => {
    expect(of('tool-without-arguments')).toContainEqual({ type: 'tool-delta', index: 0, json: '{}' });
  });

  test('calls beside a plain end_turn still finish as tool calls', () => {
    expect(last(partsOf(answerOf(toolBlock('a', ['{}']), { stopReason: 'end_turn' })))).toMatchObject({ type: 'finish', reason: 'tool_calls', raw: 'end_turn' });
  });

  test('a tool block that is never stopped is closed by messageStop', () => {
    const parts = partsOf(answerOf(toolBlock('a', ['{"x":1}']).slice(0, -1), { stopReason: 'tool_use' }));
    expect(parts.map(({ type }) => type)).toEqual(['start', 'tool-start', 'tool-delta', 'tool-end', 'usage', 'finish']);
  });

  test('reasoning, its signature and redacted reasoning are deltas of one kind of block', () => {
    expect(of('reasoning').slice(1, 6)).toEqual([
      { type: 'reasoning', text: 'Let me ' }, { type: 'reasoning', text: 'think.' }, { type: 'reasoning-signature', signature: 'c2lnbmF0dXJl' },
      { type: 'reasoning-redacted', data: 'cmVkYWN0ZWQ=' }, { type: 'text', text: '42' },
    ]);
  });

  test('citations come in the form that Anthropic callers know', () => {
    expect(of('citations')).toContainEqual({ type: 'citation', raw: { type: 'page_location', cited_text: 'so', document_index: 0, document_title: 'Book', start_page_number: 3, end_page_number: 4 } });
    const web = partsOf(answerOf([event('contentBlockDelta', { contentBlockIndex: 0, delta: { citation: { title: 'T', location: { web: { url: 'https://a.example/' } } } } })]));
    expect(web).toContainEqual({ type: 'citation', raw: { type: 'web_search_result_location', cited_text: '', url: 'https://a.example/', title: 'T' } });
  });

  test('input tokens are the uncached ones, cache writes are split by lifetime', () => {
    expect(of('cache-usage')).toContainEqual({ type: 'usage', usage: { input: 3, cacheRead: 1000, cacheWrite5m: 40, cacheWrite1h: 60, output: 5 } });
    const plain = partsOf(answerOf([], { usage: { inputTokens: 1, outputTokens: 2, cacheReadInputTokens: 0, cacheWriteInputTokens: 7 } }));
    expect(plain).toContainEqual({ type: 'usage', usage: { input: 1, cacheRead: 0, cacheWrite5m: 7, output: 2 } });
    expect(partsOf(answerOf([], { usage: {} })).some(({ type }) => type === 'usage')).toBe(false);
  });

  test.each([
    ['end_turn', 'stop'], ['stop_sequence', 'stop'], ['max_tokens', 'length'], ['model_context_window_exceeded', 'length'], ['tool_use', 'tool_calls'],
    ['guardrail_intervened', 'content_filter'], ['content_filtered', 'content_filter'], ['something_new', 'stop'],
  ])('stop reason %s is %s, in the stream and in a whole answer', (stopReason, reason) => {
    expect(last(partsOf(answerOf(textBlock(['x']), { stopReason })))).toEqual({ type: 'finish', reason, raw: stopReason });
    expect(last(bedrockConverse.readAnswer({ output: { message: { content: [{ text: 'x' }] } }, stopReason, usage: USAGE }))).toEqual({ type: 'finish', reason, raw: stopReason });
  });

  test('the stop sequence that was met is known from the model’s own fields', () => {
    const data = JSON.stringify({ stopReason: 'stop_sequence', additionalModelResponseFields: { delta: { stop_sequence: 'END' } } });
    const reader = bedrockConverse.readStream();
    reader.push({ event: 'messageStop', data });
    expect(reader.end()).toEqual([{ type: 'finish', reason: 'stop', raw: 'stop_sequence', stopSequence: 'END' }]);
    expect(last(bedrockConverse.readAnswer({ output: { message: { content: [] } }, stopReason: 'stop_sequence', additionalModelResponseFields: { stop_sequence: 'END' } }))).toMatchObject({ stopSequence: 'END' });
  });

  test('what the model spoiled is an error, so that no half of a call is run', () => {
    expect(last(of('malformed-tool'))).toMatchObject({ type: 'error', failure: { code: 'upstream_invalid_response', retryable: true, internal: 'malformed_tool_use' } });
    expect(last(partsOf(answerOf([], { stopReason: 'malformed_model_output' })))).toMatchObject({ type: 'error' });
  });

  test('a corrupted frame ends the stream in an error after the text before it', () => {
    for (const name of ['bad-checksum', 'bad-prelude']) {
      const parts = of(name);
      expect(textOf(parts)).toBe('Hel');
      expect(last(parts)).toMatchObject({ type: 'error', failure: { code: 'upstream_invalid_response', status: 502, retryable: true } });
    }
  });

  test('unknown events and deltas are passed over', () => {
    expect(textOf(of('unknown-event'))).toBe('ok');
    expect(last(of('unknown-event'))).toMatchObject({ type: 'finish' });
  });

  test.each([
    ['throttlingException', 'rate_limit_exceeded', 429], ['serviceUnavailableException', 'upstream_error', 503], ['internalServerException', 'upstream_error', 502],
    ['modelStreamErrorException', 'upstream_error', 502], ['validationException', 'invalid_request', 400], ['modelTimeoutException', 'upstream_timeout', 504],
    ['accessDeniedException', 'upstream_credentials_rejected', 502], ['neverHeardOfException', 'upstream_error', 502],
  ])('%s inside a 200 is %s', (name, code, status) => {
    const parts = partsOf([exception(name, { message: 'Something happened.' })]);
    expect(parts).toMatchObject([{ type: 'error', failure: { code, status, internal: `in-band ${name}` } }]);
  });

  test('a throttled account that hears of "too many tokens" is limited, its prompt is not too long', () => {
    expect(of('throttled-first')).toMatchObject([{ type: 'error', failure: { code: 'rate_limit_exceeded', retryAfterSeconds: 5 } }]);
  });

  test('an overlong prompt is told in the words that agents look for', () => {
    const parts = partsOf([exception('validationException', { message: 'Input is too long for requested model.' })]);
    expect(parts).toMatchObject([{ type: 'error', failure: { code: 'context_length_exceeded', message: 'prompt is too long: Input is too long for requested model.' } }]);
  });

  test('an unmodelled error and an error mid-stream end the answer, without the upstream’s words', () => {
    expect(of('unmodelled-error')).toMatchObject([{ type: 'error', failure: { code: 'upstream_error', internal: 'in-band InternalError' } }]);
    expect(textOf(of('error-mid-stream'))).toBe('par');
    expect(JSON.stringify(last(of('error-mid-stream')))).not.toContain('encountered');
  });

  test('an event that is no JSON object is unreadable', () => {
    const reader = bedrockConverse.readStream();
    expect(reader.push({ event: 'contentBlockDelta', data: '[' })).toMatchObject([{ type: 'error', failure: { code: 'upstream_invalid_response' } }]);
    expect(reader.push({ event: 'messageStop', data: '{}' })).toEqual([]);
  });
});

describe('whole answers', () => {
  const answer = (content: unknown[], stopReason = 'end_turn'): unknown => ({ output: { message: { role: 'assistant', content } }, stopReason, usage: USAGE, metrics: { latencyMs: 1 } });

  test('every kind of block gives the parts that its stream would have given', () => {
    const parts = bedrockConverse.readAnswer(answer([
      { reasoningContent: { reasoningText: { text: 'hm', signature: 's' } } }, { reasoningContent: { redactedContent: 'cg==' } }, { text: 'Hi' },
      { citationsContent: { content: [{ text: 'so' }], citations: [{ title: 'B', sourceContent: [{ text: 's' }], location: { documentChar: { documentIndex: 1, start: 2, end: 3 } } }] } },
      { toolUse: { toolUseId: 't1', name: 'f', input: { a: 1 } } }, { toolUse: { toolUseId: 't2', name: 'g' } }, { novel: {} },
    ], 'tool_use'));
    expect(parts).toEqual([
      { type: 'start' }, { type: 'reasoning', text: 'hm' }, { type: 'reasoning-signature', signature: 's' }, { type: 'reasoning-redacted', data: 'cg==' }, { type: 'text', text: 'Hi' }, { type: 'text', text: 'so' },
      { type: 'citation', raw: { type: 'char_location', cited_text: 's', document_index: 1, document_title: 'B', start_char_index: 2, end_char_index: 3 } },
      { type: 'tool-start', index: 0, id: 't1', name: 'f' }, { type: 'tool-delta', index: 0, json: '{"a":1}' }, { type: 'tool-end', index: 0 },
      { type: 'tool-start', index: 1, id: 't2', name: 'g' }, { type: 'tool-delta', index: 1, json: '{}' }, { type: 'tool-end', index: 1 },
      { type: 'usage', usage: { input: 10, output: 5 } }, { type: 'finish', reason: 'tool_calls', raw: 'tool_use' },
    ]);
  });

  test.each([[null], [[]], ['x'], [{}], [{ output: {} }], [{ output: { message: { content: 'x' } } }]])('%j is unreadable', (body) => {
    expect(bedrockConverse.readAnswer(body)).toMatchObject([{ type: 'error', failure: { code: 'upstream_invalid_response' } }]);
  });

  test('arguments nested beyond writing are unreadable, not a crash', () => {
    const deep: unknown = JSON.parse(`${'{"a":'.repeat(20_000)}1${'}'.repeat(20_000)}`);
    expect(bedrockConverse.readAnswer(answer([{ toolUse: { toolUseId: 't', name: 'f', input: deep } }]))).toMatchObject([{ type: 'error' }]);
  });

  test('a streamed answer reassembles to the whole one, whatever its blocks', () => {
    const blocks = fc.array(fc.oneof(
      fc.record({ text: fc.string({ minLength: 1, unit: 'grapheme' }) }),
      fc.record({ name: fc.stringMatching(/^[a-z]{1,8}$/), input: fc.dictionary(fc.string({ maxLength: 5 }), fc.jsonValue({ maxDepth: 1 }), { maxKeys: 3 }) }),
    ), { maxLength: 5 });
    const joined = (parts: readonly StreamPart[]): unknown[] => parts.reduce<StreamPart[]>((all, part) => {
      const before = all.at(-1);
      if (part.type === 'text' && before?.type === 'text') return [...all.slice(0, -1), { type: 'text', text: before.text + part.text }];
      if (part.type === 'tool-delta' && before?.type === 'tool-delta') return [...all.slice(0, -1), { ...part, json: before.json + part.json }];
      return [...all, part];
    }, []);
    fc.assert(fc.property(blocks, fc.integer({ min: 1, max: 9 }), (content, size) => {
      const pieces = (text: string): string[] => Array.from({ length: Math.ceil(text.length / size) }, (_, at) => text.slice(at * size, (at + 1) * size));
      // A cut through a surrogate pair is no text that JSON in UTF-8 could carry.
      const frames = content.flatMap((block, at) => ('text' in block ? textBlock([...block.text], at) : toolBlock(block.name, pieces(asciiJson(block.input)), at)));
      const whole = bedrockConverse.readAnswer(answer(content.map((block, at) => ('text' in block ? { text: block.text } : { toolUse: { toolUseId: `tooluse_${at}`, name: block.name, input: block.input } }))));
      const same = joined(whole).map((part) => normal(part as StreamPart));
      expect(joined(partsOf(answerOf(frames))).map((part) => normal(part as StreamPart))).toEqual(same);
    }), { numRuns: full(1_000) });
  });

  test('one answer is legal in every dialect, whole and streamed', () => {
    const parts = of('tool-use');
    for (const dialect of DIALECTS) expect(codecs[dialect].writeAnswer(parts, { requestId: 'r', model: 'm', created: 1 })).toBeDefined();
  });
});

/** JSON text without any character beyond ASCII, so that it may be cut anywhere. */
function asciiJson(value: unknown): string {
  return JSON.stringify(value).replace(/[^\x20-\x7e]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** Arguments compared by their value: escapes may differ. */
function normal(part: StreamPart): unknown {
  return part.type === 'tool-delta' ? { ...part, json: JSON.parse(part.json) as unknown } : part;
}
