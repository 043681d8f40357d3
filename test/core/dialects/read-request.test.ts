import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { codecs, type ServedDialect } from '../../../functions/core/dialects/dialect.ts';
import { GatewayError } from '../../../functions/core/errors.ts';
import { full } from '../../support/full.ts';
import { DIALECTS } from '../../support/stream-grammar.ts';

type Fields = Record<string, unknown>;
const HI = [{ role: 'user', content: 'Hi' }];
const read = (dialect: ServedDialect, body: unknown) => codecs[dialect].readRequest(body);
function refusal(dialect: ServedDialect, body: unknown): { code: string; param: string | undefined } | 'accepted' {
  try {
    read(dialect, body);
    return 'accepted';
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error;
    return { code: error.failure.code, param: error.failure.param };
  }
}
const chat = (fields: Fields): Fields => ({ model: 'm', messages: HI, ...fields });
const messages = (fields: Fields): Fields => ({ model: 'm', max_tokens: 10, messages: HI, ...fields });

describe('malformed chat bodies', () => {
  test.each<[Fields, string]>([
    [chat({ model: undefined }), 'model'], [chat({ model: '' }), 'model'], [chat({ model: 7 }), 'model'], [chat({ model: 'x'.repeat(257) }), 'model'],
    [chat({ messages: undefined }), 'messages'], [chat({ messages: [] }), 'messages'], [chat({ messages: {} }), 'messages'], [chat({ messages: ['x'] }), 'messages[0]'],
    [chat({ messages: [{ content: 'x' }] }), 'messages[0].role'], [chat({ messages: [{ role: 'wizard', content: 'x' }] }), 'messages[0].role'],
    [chat({ messages: [{ role: 'user' }] }), 'messages[0].content'], [chat({ messages: [{ role: 'user', content: 5 }] }), 'messages[0].content'],
    [chat({ messages: [{ role: 'user', content: [{ type: 'text', text: 5 }] }] }), 'messages[0].content[0].text'], [chat({ messages: [{ role: 'user', content: [null] }] }), 'messages[0].content[0]'],
    [chat({ messages: [{ role: 'assistant', tool_calls: [{ id: 'c', type: 'function' }] }] }), 'messages[0].tool_calls[0].function'],
    [chat({ stream: 'yes' }), 'stream'], [chat({ temperature: '1' }), 'temperature'], [chat({ max_tokens: 0 }), 'max_tokens'], [chat({ max_tokens: 1.5 }), 'max_tokens'],
    [chat({ n: 5 }), 'n'], [chat({ n: 0 }), 'n'], [chat({ stop: [1] }), 'stop[0]'], [chat({ tools: [{}] }), 'tools[0].type'], [chat({ tools: [{ type: 'function', function: {} }] }), 'tools[0].function.name'],
    [chat({ tool_choice: 'maybe' }), 'tool_choice'], [chat({ response_format: { type: 'xml' } }), 'response_format.type'], [chat({ metadata: [] }), 'metadata'],
    [chat({ messages: Array.from({ length: 2_001 }, () => HI[0]) }), 'messages'], [chat({ tools: Array.from({ length: 257 }, () => ({})) }), 'tools'],
  ])('%j is refused at %s', (body, param) => {
    expect(refusal('openai-chat', body)).toEqual({ code: 'invalid_request', param });
  });

  test('the bounds themselves are accepted', () => {
    expect(refusal('openai-chat', chat({ messages: Array.from({ length: 2_000 }, () => HI[0]), n: 4, tools: Array.from({ length: 256 }, (_, at) => ({ type: 'function', function: { name: `f${at}` } })) }))).toBe('accepted');
  });

  test('null means not given', () => {
    const nulls = Object.fromEntries(['stream', 'stream_options', 'temperature', 'top_p', 'max_tokens', 'n', 'stop', 'tools', 'tool_choice', 'response_format', 'metadata', 'user', 'reasoning_effort'].map((name) => [name, null]));
    expect(read('openai-chat', chat(nulls))).toEqual(read('openai-chat', chat({})));
  });

  test('unknown members and parts are kept', () => {
    const part = { type: 'hologram', data: [1] };
    const conversation = read('openai-chat', chat({ messages: [{ role: 'user', content: [part] }], brand_new: { a: 1 } }));
    expect(conversation.turns[0]?.parts).toEqual([{ type: 'unknown', kind: 'hologram', raw: part }]);
    expect(conversation.extras).toEqual({ brand_new: { a: 1 } });
  });
});

describe('malformed messages bodies', () => {
  test.each<[Fields, string]>([
    [messages({ max_tokens: undefined }), 'max_tokens'], [messages({ max_tokens: 0 }), 'max_tokens'], [messages({ max_tokens: '5' }), 'max_tokens'], [messages({ model: null }), 'model'],
    [messages({ messages: [] }), 'messages'], [messages({ messages: [{ role: 'tool', content: 'x' }] }), 'messages[0].role'], [messages({ messages: [{ role: 'user', content: null }] }), 'messages[0].content'],
    [messages({ messages: [{ role: 'user', content: [{ type: 'image' }] }] }), 'messages[0].content[0].source'], [messages({ messages: [{ role: 'user', content: [{ type: 'tool_result', content: 'x' }] }] }), 'messages[0].content[0].tool_use_id'],
    [messages({ system: 5 }), 'system'], [messages({ system: [5] }), 'system[0]'], [messages({ tools: [{ input_schema: {} }] }), 'tools[0].name'], [messages({ tool_choice: 'auto' }), 'tool_choice'],
    [messages({ tool_choice: { type: 'tool' } }), 'tool_choice.name'], [messages({ thinking: { type: 'enabled', budget_tokens: 'x' } }), 'thinking.budget_tokens'], [messages({ top_k: -1 }), 'top_k'],
    [messages({ metadata: { user_id: 5 } }), 'metadata.user_id'], [messages({ stop_sequences: { a: 1 } }), 'stop_sequences'],
  ])('%j is refused at %s', (body, param) => {
    expect(refusal('anthropic-messages', body)).toEqual({ code: 'invalid_request', param });
  });

  test('unknown members, blocks and tool kinds are kept', () => {
    const block = { type: 'hologram', data: [1] };
    const hosted = { type: 'web_search_20250305', name: 'web_search' };
    const conversation = read('anthropic-messages', messages({ messages: [{ role: 'user', content: [block] }], brand_new: 1, tools: [hosted] }));
    expect(conversation.turns[0]?.parts).toEqual([{ type: 'unknown', kind: 'hologram', raw: block }]);
    expect(conversation.extras).toEqual({ brand_new: 1 });
    expect(conversation.tools).toEqual([{ name: 'web_search', hosted: { kind: 'web_search_20250305', raw: hosted } }]);
  });
});

describe('any body', () => {
  const names = ['model', 'messages', 'role', 'content', 'type', 'text', 'system', 'tools', 'function', 'name', 'tool_calls', 'id', 'arguments', 'tool_call_id', 'image_url', 'url', 'source', 'max_tokens', 'input', 'stop', 'metadata', 'thinking', 'response_format', 'json_schema', 'schema'];
  const words = ['user', 'assistant', 'tool', 'system', 'text', 'image', 'image_url', 'function', 'tool_use', 'tool_result', 'document', 'file', 'base64', 'auto', 'json_schema', 'x', ''];
  const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
    tree: fc.oneof({ maxDepth: 5, withCrossShrink: true }, fc.constantFrom<unknown>(...words, 1, 0, -1, 1.5, true, null), fc.dictionary(fc.constantFrom(...names), tie('tree'), { maxKeys: 6 }), fc.array(tie('tree'), { maxLength: 4 })),
  }));

  test.each(DIALECTS)('guarantee G1: %s: whatever JSON comes is read or refused, never anything else', (dialect) => {
    fc.assert(fc.property(fc.oneof(fc.jsonValue(), tree, fc.tuple(tree, tree).map(([content, tools]) => ({ model: 'm', max_tokens: 5, messages: [{ role: 'user', content }], tools })), fc.array(tree, { maxLength: 4 }).map((turns) => ({ model: 'm', max_tokens: 5, messages: turns }))), (body) => {
      const verdict = refusal(dialect, body);
      if (verdict !== 'accepted') expect(verdict.code).toBe('invalid_request');
    }), { numRuns: full(10_000) });
  });

  test.each(DIALECTS)('guarantee G1: what %s accepts can be written in every dialect or is refused with a 400', (dialect) => {
    const block = fc.record({ type: fc.constantFrom('text', 'image_url', 'image', 'tool_use', 'tool_result', 'document', 'file', 'thinking', 'server_tool_use', 'x'), text: fc.string(), id: fc.string({ minLength: 1 }), tool_use_id: fc.string({ minLength: 1 }), name: fc.string({ minLength: 1 }), input: fc.dictionary(fc.string(), fc.jsonValue()), image_url: fc.record({ url: fc.webUrl() }), source: fc.record({ type: fc.constantFrom('url', 'base64', 'text'), url: fc.webUrl(), data: fc.string({ minLength: 1 }), media_type: fc.constantFrom('image/png', 'text/plain', 'application/pdf') }), file: fc.record({ file_data: fc.string() }), cache_control: fc.constantFrom(null, { type: 'ephemeral' }) });
    const message = fc.record({ role: fc.constantFrom('user', 'assistant', 'system', 'tool'), content: fc.oneof(fc.string(), fc.array(block, { maxLength: 4 })), tool_call_id: fc.string() });
    const body = fc.record({ model: fc.constant('m'), max_tokens: fc.integer({ min: 1 }), messages: fc.array(message, { minLength: 1, maxLength: 6 }), extra: tree, temperature: fc.double({ noNaN: true, noDefaultInfinity: true }), reasoning_effort: fc.string({ maxLength: 10 }) });
    fc.assert(fc.property(body, fc.record({ thinking: fc.constantFrom('none' as const, 'budget' as const, 'adaptive' as const), reasoning: fc.boolean() }), (json, facts) => {
      if (refusal(dialect, json) !== 'accepted') return;
      for (const target of DIALECTS) {
        try {
          const { body: written, disclosures } = codecs[target].writeRequest(read(dialect, json), { upstreamModel: 'up', facts, streamUsage: true });
          expect(written['model']).toBe('up');
          for (const code of [...disclosures.dropped, ...disclosures.clamped]) expect(code).toMatch(/^[A-Za-z0-9_.-]{1,64}$/);
        } catch (error) {
          if (!(error instanceof GatewayError)) throw error;
          expect(error.failure.status).toBe(400);
        }
      }
    }), { numRuns: full(3_000) });
  });
});
