import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import type { Conversation, Part } from '../../../functions/core/conversation.ts';
import { codecs, type ServedDialect } from '../../../functions/core/dialects/dialect.ts';
import { full } from '../../support/full.ts';

type Fields = Record<string, unknown>;
const TARGET = { upstreamModel: 'up', facts: {}, streamUsage: true };

const said = fc.string({ unit: 'grapheme', minLength: 1 }).filter((text) => text.trim() !== '' && text.trimEnd() === text);
const toolName = fc.stringMatching(/^[A-Za-z0-9_-]{1,40}$/);
const exchange = fc.oneof(
  fc.record({ kind: fc.constant('talk' as const), ask: said, answer: said }),
  fc.record({
    kind: fc.constant('work' as const), ask: said, answer: said, comment: fc.option(said, { nil: null }), single: fc.boolean(),
    calls: fc.array(fc.record({ name: toolName, input: fc.dictionary(fc.string({ minLength: 1 }).filter((key) => key !== '__proto__'), fc.jsonValue({ maxDepth: 2 })), result: fc.string() }), { minLength: 1, maxLength: 3 }),
  }),
);
const dialogue = fc.record({ system: fc.array(said, { maxLength: 2 }), exchanges: fc.array(exchange, { maxLength: 4 }), last: said });
type Dialogue = typeof dialogue extends fc.Arbitrary<infer T> ? T : never;

/** The same dialogue as a valid body of each dialect. */
function chatBody({ system, exchanges, last }: Dialogue): Fields {
  let id = 0;
  const messages = exchanges.flatMap((one): Fields[] => {
    if (one.kind === 'talk') return [{ role: 'user', content: one.ask }, { role: 'assistant', content: one.answer }];
    const calls = one.calls.map((call) => ({ ...call, id: `call_${id++}` }));
    return [
      { role: 'user', content: [{ type: 'text', text: one.ask }] },
      { role: 'assistant', content: one.comment, tool_calls: calls.map((call) => ({ id: call.id, type: 'function', function: { name: call.name, arguments: JSON.stringify(call.input) } })) },
      ...calls.map((call) => ({ role: 'tool', tool_call_id: call.id, content: call.result })),
      { role: 'assistant', content: one.answer },
    ];
  });
  return { model: 'auto', messages: [...system.map((content) => ({ role: 'system', content })), ...messages, { role: 'user', content: last }] };
}

function messagesBody({ system, exchanges, last }: Dialogue): Fields {
  let id = 0;
  const messages = exchanges.flatMap((one): Fields[] => {
    if (one.kind === 'talk') return [{ role: 'user', content: one.ask }, { role: 'assistant', content: one.answer }];
    const calls = one.calls.map((call) => ({ ...call, id: `call_${id++}` }));
    return [
      { role: 'user', content: [{ type: 'text', text: one.ask }] },
      { role: 'assistant', content: [...(one.comment === null ? [] : [{ type: 'text', text: one.comment }]), ...calls.map((call) => ({ type: 'tool_use', id: call.id, name: call.name, input: call.input }))] },
      { role: 'user', content: calls.map((call) => ({ type: 'tool_result', tool_use_id: call.id, content: call.result })) },
      { role: 'assistant', content: [{ type: 'text', text: one.answer }] },
    ];
  });
  return { model: 'auto', max_tokens: 100, system: system.map((text) => ({ type: 'text', text })), messages: [...messages, { role: 'user', content: last }] };
}

function responsesBody({ system, exchanges, last }: Dialogue): Fields {
  let id = 0;
  const input = exchanges.flatMap((one): Fields[] => {
    if (one.kind === 'talk') return [{ role: 'user', content: one.ask }, { role: 'assistant', content: one.answer }];
    const calls = one.calls.map((call) => ({ ...call, id: `call_${id++}` }));
    return [
      { role: 'user', content: [{ type: 'input_text', text: one.ask }] },
      ...(one.comment === null ? [] : [{ type: 'message', role: 'assistant', content: [{ type: 'output_text', text: one.comment }] }]),
      ...calls.map((call) => ({ type: 'function_call', call_id: call.id, name: call.name, arguments: JSON.stringify(call.input) })),
      ...calls.map((call) => ({ type: 'function_call_output', call_id: call.id, output: call.result })),
      { role: 'assistant', content: one.answer },
    ];
  });
  return { model: 'auto', instructions: system.join('\n\n'), input: [...input, { role: 'user', content: last }] };
}

/** What a conversation says, in order: who, what, which call, which result. Blank results and system boundaries aside. */
function gist(conversation: Conversation): unknown {
  const tell = (role: string) => (part: Part): unknown[] => {
    switch (part.type) {
      case 'text':
        return part.text.trim() === '' ? [] : [[role, part.text]];
      case 'tool-call':
        return [['call', part.id, part.name, JSON.parse(part.arguments || '{}') as unknown]];
      case 'tool-result': {
        const text = part.content.flatMap((inner) => (inner.type === 'text' ? [inner.text] : [])).join('');
        return [['result', part.id, text.trim() === '' ? '' : text]];
      }
      default:
        return [[role, part.type]];
    }
  };
  return {
    system: conversation.system.flatMap((part) => (part.type === 'text' ? [part.text] : [])).join('\n\n'),
    turns: conversation.turns.flatMap((turn) => turn.parts.flatMap(tell(turn.role))),
  };
}

const bodies: Record<ServedDialect, (one: Dialogue) => Fields> = { 'openai-chat': chatBody, 'openai-responses': responsesBody, 'anthropic-messages': messagesBody };
const PAIRS = (Object.keys(bodies) as ServedDialect[]).flatMap((from) => (Object.keys(bodies) as ServedDialect[]).map((to) => [from, to] as const));
const through = (conversation: Conversation, dialect: ServedDialect): Conversation => codecs[dialect].readRequest(codecs[dialect].writeRequest(conversation, TARGET).body);

describe('valid conversations', () => {
  test.each(PAIRS)('%s written as %s keeps texts, tool ids, arguments, results and their order', (from, to) => {
    fc.assert(fc.property(dialogue, (one) => {
      const conversation = codecs[from].readRequest(bodies[from](one));
      expect(gist(through(conversation, to))).toEqual(gist(conversation));
    }), { numRuns: full(1_500) });
  });

  test('there and back again says the same, both ways round', () => {
    fc.assert(fc.property(dialogue, (one) => {
      const chat = codecs['openai-chat'].readRequest(chatBody(one));
      const messages = codecs['anthropic-messages'].readRequest(messagesBody(one));
      expect(gist(chat)).toEqual(gist(messages));
      expect(gist(through(through(chat, 'anthropic-messages'), 'openai-chat'))).toEqual(gist(chat));
      expect(gist(through(through(messages, 'openai-chat'), 'anthropic-messages'))).toEqual(gist(messages));
    }), { numRuns: full(1_500) });
  });

  test('a same-dialect rewrite keeps every parameter and unknown member', () => {
    const chat = { model: 'up', messages: [{ role: 'user', content: 'x' }], temperature: 0.3, top_p: 0.5, max_tokens: 5, stop: ['a'], n: 2, seed: 7, user: 'u', metadata: { a: 'b' }, brand_new: [1], reasoning_effort: 'minimal', parallel_tool_calls: true, tools: [{ type: 'function', function: { name: 'f', parameters: { type: 'object' }, strict: true } }], tool_choice: 'auto' };
    expect(codecs['openai-chat'].writeRequest(codecs['openai-chat'].readRequest(chat), TARGET)).toEqual({ body: chat, disclosures: { dropped: [], clamped: [] } });
    const messages = { model: 'up', max_tokens: 5, messages: [{ role: 'user', content: [{ type: 'text', text: 'x' }] }], temperature: 0.3, top_k: 4, stop_sequences: ['a'], metadata: { user_id: 'u' }, brand_new: [1], service_tier: 'auto', tools: [{ type: 'bash_20250124', name: 'bash' }], tool_choice: { type: 'auto' } };
    expect(codecs['anthropic-messages'].writeRequest(codecs['anthropic-messages'].readRequest(messages), TARGET)).toEqual({ body: messages, disclosures: { dropped: [], clamped: [] } });
  });
});
