import { describe, expect, test } from '@jest/globals';
import { codecs, upstreamCodecs } from '../../../functions/core/dialects/dialect.ts';
import { jsonObjectAnswer } from '../../../functions/core/dialects/json-object-answer.ts';
import { repairResults } from '../../../functions/core/dialects/repair-results.ts';
import { fitsSchema } from '../../../functions/core/routing/evidence/fits-schema.ts';
import { growth } from '../../support/growth.ts';

type Fields = Record<string, unknown>;
const TARGET = { upstreamModel: 'up', facts: {}, streamUsage: true };
const LINEAR = 3;
const list = <T>(size: number, make: (at: number) => T): T[] => Array.from({ length: size }, (_, at) => make(at));
const conversation = (more: Fields) => codecs['anthropic-messages'].readRequest({ model: 'm', max_tokens: 10, messages: [{ role: 'user', content: 'x' }], ...more });
/** As many calls as results, whose order is the other way round. */
const reversed = (size: number) => conversation({ messages: [
  { role: 'user', content: 'x' },
  { role: 'assistant', content: list(size, (at) => ({ type: 'tool_use', id: `t${at}`, name: 'f', input: {} })) },
  { role: 'user', content: list(size, (at) => ({ type: 'tool_result', tool_use_id: `t${size - 1 - at}` })) },
] });

describe('what costs the gateway twice as much for twice the input, at most', () => {
  test('a schema that requires each of its many properties', () => {
    expect(growth(2_000, (size) => {
      const names = list(size, (at) => `k${at}`);
      const schema = { type: 'object', additionalProperties: false, properties: Object.fromEntries(names.map((name) => [name, {}])), required: [...list(size * 20, () => 'a'), ...names] };
      const asked = conversation(JSON.parse(JSON.stringify({ output_config: { format: { type: 'json_schema', schema } } })));
      return () => upstreamCodecs['openai-chat'].writeRequest(asked, TARGET);
    })).toBeLessThan(LINEAR);
  });

  test('many tool results in another order than their calls', () => {
    expect(growth(4_000, (size) => {
      const asked = reversed(size);
      return () => upstreamCodecs['bedrock-converse'].writeRequest(asked, TARGET);
    })).toBeLessThan(LINEAR);
    expect(growth(4_000, (size) => {
      const asked = reversed(size);
      return () => repairResults(asked);
    })).toBeLessThan(LINEAR);
  });

  test('an answer that opens a code fence and then sends blank lines', () => {
    expect(growth(10_000, (size) => {
      const text = `\`\`\`${'\n'.repeat(size)}x`;
      return () => {
        expect(() => jsonObjectAnswer([{ type: 'text', text }, { type: 'finish', reason: 'stop' }])).toThrow('JSON object');
      };
    })).toBeLessThan(LINEAR);
  });

  test.each<[string, (size: number) => Fields]>([
    ['one large value', (size) => ({ enum: [Object.fromEntries(list(size * 10, (at) => [`k${at}`, at])), {}] })],
    ['a long list of names that is no list of names', (size) => ({ required: list(size * 500, () => 0) })],
    ['a long list of types', (size) => ({ type: [...list(size * 20, () => 'string'), 'object'] })],
    ['a long reference', (size) => ({ $ref: `#/${'a/'.repeat(size * 100)}` })],
  ])('an answer of many items, each against %s', (_name, schemaOf) => {
    expect(growth(300, (size) => {
      const [answer, schema] = [list(size, () => ({})), { type: 'array', items: schemaOf(size) }];
      return () => fitsSchema(answer, schema);
    })).toBeLessThan(LINEAR);
  });

  test('an answer of many members against many options', () => {
    expect(growth(300, (size) => {
      const answer = Object.fromEntries(list(size * 10, (at) => [`k${at}`, at]));
      const schema = { anyOf: [...list(size * 20, (at) => ({ additionalProperties: false, properties: at % 2 === 0 ? {} : { k1: {} } })), {}], allOf: list(size, () => ({ properties: {} })) };
      return () => fitsSchema(answer, schema);
    })).toBeLessThan(LINEAR);
  });
});
