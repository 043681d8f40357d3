import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import type { ModelFacts } from '../../../functions/contract/index.ts';
import { bedrockConverse } from '../../../functions/core/dialects/bedrock-converse/codec.ts';
import { documentName } from '../../../functions/core/dialects/bedrock-converse/document-name.ts';
import { codecs, type ServedDialect, type WrittenRequest } from '../../../functions/core/dialects/dialect.ts';
import { GatewayError, type Failure } from '../../../functions/core/errors.ts';
import { full } from '../../support/full.ts';

type Fields = Record<string, unknown>;
const HI = [{ role: 'user', content: 'Hi' }];
const CLAUDE: ModelFacts = { thinking: 'budget', maxOutput: 64_000 };
const PNG = 'iVBORw0KGgo=';

/** The request written for Converse, which says in its address and not in its body that a stream is wanted: both forms have one body. */
function write(dialect: ServedDialect, body: Fields, facts: ModelFacts = {}, more: { maxOutputTokens?: number } = {}): WrittenRequest {
  const written = (stream: boolean): WrittenRequest =>
    bedrockConverse.writeRequest(codecs[dialect].readRequest({ model: 'auto', ...body, stream }), { upstreamModel: 'up', facts, streamUsage: true, ...more });
  const whole = written(false);
  expect(written(true)).toEqual(whole);
  return whole;
}
const chat = (body: Fields, facts?: ModelFacts, more = {}): WrittenRequest => write('openai-chat', { messages: HI, ...body }, facts, more);
const messages = (body: Fields, facts?: ModelFacts, more = {}): WrittenRequest => write('anthropic-messages', { max_tokens: 1000, messages: HI, ...body }, facts, more);
const bodyOf = (written: WrittenRequest): Fields => written.body;
const turns = (written: WrittenRequest): { role: string; content: Fields[] }[] => written.body['messages'] as { role: string; content: Fields[] }[];
const tools = (written: WrittenRequest): Fields[] => (written.body['toolConfig'] as { tools: Fields[] } | undefined)?.tools ?? [];
const choice = (written: WrittenRequest): unknown => (written.body['toolConfig'] as Fields | undefined)?.['toolChoice'];

/** The member that a block of a list holds, as an object. */
function held(blocks: readonly Fields[] | undefined, at: number, name: string): Fields {
  const value = blocks?.[at]?.[name];
  if (typeof value !== 'object' || value === null) throw new Error(`no ${name} at ${at}`);
  return value as Fields;
}

function failureOf(call: () => unknown): Failure {
  try {
    call();
  } catch (error) {
    if (error instanceof GatewayError) return error.failure;
    throw error;
  }
  throw new Error('nothing was thrown');
}

const TOOL = { type: 'function', function: { name: 'f', description: 'Does f.', parameters: { type: 'object', properties: { x: { type: 'number' } } } } };
const called = (id: string, name = 'f', args = '{"x":1}') => ({ role: 'assistant', content: null, tool_calls: [{ id, type: 'function', function: { name, arguments: args } }] });
const result = (id: string, content: unknown = 'ok') => ({ role: 'tool', tool_call_id: id, content });

test('translation D49 (whole, streamed): the tools that a tool search found are named', () => {
  const history = [...HI, { role: 'assistant', content: [{ type: 'tool_use', id: 't1', name: 'ToolSearch', input: {} }] }, { role: 'user', content: [{ type: 'tool_result', tool_use_id: 't1', content: [{ type: 'tool_reference', tool_name: 'WebFetch' }] }] }];
  const written = messages({ messages: history, tools: [{ name: 'ToolSearch', input_schema: {} }, { name: 'WebFetch', input_schema: {}, defer_loading: true }] });
  expect(held(turns(written).at(-1)?.content, 0, 'toolResult')).toMatchObject({ content: [{ text: '[found the tool WebFetch]' }] });
  expect(written.disclosures.dropped).toEqual([]);
});

describe('a whole request', () => {
  test('golden: a chat request with everything that Converse can say', () => {
    const written = chat({
      messages: [
        { role: 'system', content: 'Be brief.' }, { role: 'user', content: [{ type: 'text', text: 'What is this?' }, { type: 'image_url', image_url: { url: `data:image/png;base64,${PNG}` } }] },
        called('call_1'), result('call_1', '42'), { role: 'user', content: 'And?' },
      ],
      tools: [TOOL], tool_choice: 'required', max_tokens: 100, temperature: 0.5, stop: ['END'], stream: true, user: 'u1',
    }, CLAUDE);
    expect(written).toEqual({
      body: {
        system: [{ text: 'Be brief.' }],
        messages: [
          { role: 'user', content: [{ text: 'What is this?' }, { image: { format: 'png', source: { bytes: PNG } } }] },
          { role: 'assistant', content: [{ toolUse: { toolUseId: 'call_1', name: 'f', input: { x: 1 } } }] },
          { role: 'user', content: [{ toolResult: { toolUseId: 'call_1', content: [{ text: '42' }] } }, { text: 'And?' }] },
        ],
        toolConfig: { tools: [{ toolSpec: { name: 'f', description: 'Does f.', inputSchema: { json: { type: 'object', properties: { x: { type: 'number' } } } } } }], toolChoice: { any: {} } },
        inferenceConfig: { maxTokens: 100, temperature: 0.5, stopSequences: ['END'] },
        additionalModelResponseFieldPaths: ['/stop_sequence', '/delta/stop_sequence'],
        requestMetadata: { user: expect.stringMatching(/^[0-9a-f]{32}$/) },
      },
      disclosures: { dropped: [], clamped: [] },
    });
  });

  test('golden: what a coding agent sends, with cache markers and thinking', () => {
    const written = messages({
      system: [{ type: 'text', text: 'You code.', cache_control: { type: 'ephemeral', ttl: '1h' } }], max_tokens: 32_000, top_k: 5, thinking: { type: 'enabled', budget_tokens: 10_000 },
      tools: [{ name: 'Read', input_schema: { type: 'object' }, cache_control: { type: 'ephemeral' } }],
      messages: [
        { role: 'user', content: 'Read it' },
        { role: 'assistant', content: [{ type: 'thinking', thinking: 'hm', signature: 'c2ln' }, { type: 'redacted_thinking', data: 'cmVk' }, { type: 'tool_use', id: 'toolu_1', name: 'Read', input: {} }] },
        { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'toolu_1', is_error: true, content: [{ type: 'text', text: 'no file' }], cache_control: { type: 'ephemeral' } }] },
      ],
    }, CLAUDE);
    expect(written.body).toEqual({
      system: [{ text: 'You code.' }, { cachePoint: { type: 'default', ttl: '1h' } }],
      messages: [
        { role: 'user', content: [{ text: 'Read it' }] },
        { role: 'assistant', content: [{ reasoningContent: { reasoningText: { text: 'hm', signature: 'c2ln' } } }, { reasoningContent: { redactedContent: 'cmVk' } }, { toolUse: { toolUseId: 'toolu_1', name: 'Read', input: {} } }] },
        { role: 'user', content: [{ toolResult: { toolUseId: 'toolu_1', content: [{ text: 'no file' }], status: 'error' } }, { cachePoint: { type: 'default' } }] },
      ],
      toolConfig: { tools: [{ toolSpec: { name: 'Read', inputSchema: { json: { type: 'object' } } } }, { cachePoint: { type: 'default' } }] },
      inferenceConfig: { maxTokens: 32_000 },
      additionalModelRequestFields: { thinking: { type: 'enabled', budget_tokens: 10_000 } },
    });
    expect(written.disclosures).toEqual({ dropped: ['top_k'], clamped: [] });
  });
});

describe('quirks of Converse: messages', () => {
  test('translation D3, D12 (whole, streamed): blank texts are no blocks', () => {
    const written = chat({ messages: [{ role: 'system', content: '  ' }, { role: 'user', content: [{ type: 'text', text: '' }, { type: 'text', text: 'Hi' }] }] });
    expect(bodyOf(written)).toEqual({ messages: [{ role: 'user', content: [{ text: 'Hi' }] }] });
  });

  test('translation D4 (whole, streamed): system messages alone are refused', () => {
    expect(failureOf(() => chat({ messages: [{ role: 'system', content: 'x' }] }))).toMatchObject({ code: 'invalid_request', status: 400 });
  });

  test('translation D2, D5 (whole, streamed): roles alternate; a system message in mid-conversation is the user’s, disclosed', () => {
    const written = chat({ messages: [...HI, { role: 'user', content: 'there' }, { role: 'assistant', content: 'Yes?' }, { role: 'system', content: 'Be brief.' }, { role: 'user', content: 'So' }] });
    expect(turns(written).map(({ role, content }) => [role, content.length])).toEqual([['user', 2], ['assistant', 1], ['user', 2]]);
    expect(written.disclosures.clamped).toEqual(['system_position']);
  });

  test('a conversation must begin with the user: one that begins with the assistant gets a neutral first message, disclosed', () => {
    const written = chat({ messages: [{ role: 'assistant', content: 'Hello!' }, ...HI] });
    expect(turns(written)[0]).toEqual({ role: 'user', content: [{ text: '(beginning of the conversation)' }] });
    expect(written.disclosures.clamped).toEqual(['first_message']);
  });

  test('translation D6, D7 (whole, streamed): results come first, in the order of the calls', () => {
    const calls = { role: 'assistant', tool_calls: ['a', 'b'].map((id) => ({ id, type: 'function', function: { name: 'f', arguments: '' } })) };
    const content = turns(chat({ messages: [...HI, calls, result('b', 'B'), result('a', 'A'), ...HI], tools: [TOOL] }))[2]?.content;
    expect(content).toEqual([{ toolResult: { toolUseId: 'a', content: [{ text: 'A' }] } }, { toolResult: { toolUseId: 'b', content: [{ text: 'B' }] } }, { text: 'Hi' }]);
  });

  test('translation D8, D9, D11 (whole, streamed): missing and unknown results and arguments that are no object are refused', () => {
    for (const history of [[called('a'), ...HI], [result('a')], [called('a'), result('b')], [called('a', 'f', '[1]'), result('a')]]) {
      expect(failureOf(() => chat({ messages: [...HI, ...history], tools: [TOOL] })).code).toBe('invalid_request');
    }
  });

  test('translation D10 (whole, streamed): ids outside the alphabet, or longer than 64, are rewritten alike on both sides', () => {
    for (const id of ['fc_1|call_2', 'x'.repeat(65), 'x'.repeat(500), '']) {
      const written = turns(chat({ messages: [...HI, called(id), result(id)], tools: [TOOL] }));
      const use = held(written[1]?.content, 0, 'toolUse')['toolUseId'];
      expect(use).toMatch(/^[a-zA-Z0-9_-]{1,64}$/);
      expect(held(written[2]?.content, 0, 'toolResult')['toolUseId']).toBe(use);
    }
    expect(held(turns(chat({ messages: [...HI, called('x'.repeat(64)), result('x'.repeat(64))], tools: [TOOL] }))[1]?.content, 0, 'toolUse')['toolUseId']).toBe('x'.repeat(64));
  });

  test('an empty result gets a text, because an empty content is refused', () => {
    expect(turns(chat({ messages: [...HI, called('a'), result('a', '')], tools: [TOOL] }))[2]?.content).toEqual([{ toolResult: { toolUseId: 'a', content: [{ text: '(no output)' }] } }]);
  });

  test('translation D13 (whole, streamed): images inside results stay there', () => {
    const content = [{ type: 'tool_result', tool_use_id: 't', content: [{ type: 'image', source: { type: 'base64', media_type: 'image/webp', data: PNG } }] }];
    const written = messages({ tools: [{ name: 'f', input_schema: {} }], messages: [...HI, { role: 'assistant', content: [{ type: 'tool_use', id: 't', name: 'f', input: {} }] }, { role: 'user', content }] });
    expect(turns(written)[2]?.content).toEqual([{ toolResult: { toolUseId: 't', content: [{ image: { format: 'webp', source: { bytes: PNG } } }] } }]);
  });

  test('translation D15 (whole, streamed): a prefill loses trailing blanks, or is refused where the catalogue says so', () => {
    const body = { messages: [...HI, { role: 'assistant', content: 'So \n' }] };
    expect(turns(chat(body)).at(-1)).toEqual({ role: 'assistant', content: [{ text: 'So' }] });
    expect(failureOf(() => chat(body, { prefill: false })).code).toBe('unsupported_parameter');
  });

  test('translation D22 (whole, streamed): images by address or file id are refused, Bedrock fetches nothing', () => {
    expect(failureOf(() => chat({ messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url: 'https://a.example/x.png' } }] }] }))).toMatchObject({ code: 'unsupported_parameter', status: 400 });
    expect(failureOf(() => messages({ messages: [{ role: 'user', content: [{ type: 'image', source: { type: 'file', file_id: 'file_1' } }] }] }))).toMatchObject({ status: 400 });
    expect(failureOf(() => chat({ messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url: 'data:image/tiff;base64,AAAA' } }] }] })).code).toBe('invalid_request');
  });

  test('translation D23 (whole, streamed): documents get a format, a name of the allowed alphabet, and a text beside them', () => {
    const file = (filename: string) => ({ type: 'file', file: { filename, file_data: 'data:application/pdf;base64,JVBERi0=' } });
    const written = chat({ messages: [{ role: 'user', content: [file('Q3_report (final).pdf'), file('Q3_report (final).pdf')] }] });
    expect(turns(written)[0]?.content).toEqual([
      { text: 'Document attached.' }, { document: { format: 'pdf', name: 'Q3 report (final)', source: { bytes: 'JVBERi0=' } } }, { document: { format: 'pdf', name: 'Q3 report (final) (2)', source: { bytes: 'JVBERi0=' } } },
    ]);
    const text = messages({ messages: [{ role: 'user', content: [{ type: 'document', source: { type: 'text', media_type: 'text/plain', data: 'é' }, citations: { enabled: true } }, { type: 'text', text: 'Sum it up' }] }] });
    expect(turns(text)[0]?.content).toEqual([{ document: { format: 'txt', name: 'document', source: { bytes: 'w6k=' }, citations: { enabled: true } } }, { text: 'Sum it up' }]);
    expect(failureOf(() => messages({ messages: [{ role: 'user', content: [{ type: 'document', source: { type: 'url', url: 'https://a.example/x.pdf' } }] }] })).status).toBe(400);
  });

  test('document names: any wish becomes an allowed name, no two are the same', () => {
    fc.assert(fc.property(fc.array(fc.option(fc.string({ maxLength: 300, unit: 'binary' }), { nil: undefined }), { maxLength: 6 }), (wishes) => {
      const taken = new Set<string>();
      const names = wishes.map((wish) => documentName(wish, taken));
      expect(new Set(names).size).toBe(names.length);
      for (const name of names) {
        expect(name).toMatch(/^[A-Za-z0-9()[\]-](?:[A-Za-z0-9()[\] -]{0,198}[A-Za-z0-9()[\]-])?$/);
        expect(name).not.toContain('  ');
      }
    }), { numRuns: full(2_000) });
  });

  test('translation D24 (whole, streamed): audio is refused', () => {
    expect(failureOf(() => chat({ messages: [{ role: 'user', content: [{ type: 'input_audio', input_audio: { data: 'AAAA', format: 'wav' } }] }] })).code).toBe('unsupported_parameter');
  });

  test('translation D35 (whole, streamed): unsigned reasoning is left out and disclosed, so is a redacted block that is no bytes', () => {
    const history = (block: Fields) => messages({ messages: [...HI, { role: 'assistant', content: [block, { type: 'text', text: 'x' }] }, ...HI] });
    for (const block of [{ type: 'thinking', thinking: 'hm' }, { type: 'redacted_thinking', data: 'not base64!' }]) {
      expect(turns(history(block))[1]?.content).toEqual([{ text: 'x' }]);
      expect(history(block).disclosures.dropped).toEqual(['reasoning_content']);
    }
  });
});

describe('quirks of Converse: tools', () => {
  test('translation D58 (whole, streamed): tool names outside [a-zA-Z0-9_-]{1,64} are shortened, in history and choice too, and come back', () => {
    const name = `mcp.${'long'.repeat(20)}`;
    const written = chat({ messages: [...HI, called('a', name), result('a')], tools: [{ type: 'function', function: { name } }], tool_choice: { type: 'function', function: { name } } });
    const sent = held(tools(written), 0, 'toolSpec')['name'] as string;
    expect(sent).toMatch(/^[a-zA-Z0-9_-]{1,64}$/);
    expect(choice(written)).toEqual({ tool: { name: sent } });
    expect(held(turns(written)[1]?.content, 0, 'toolUse')['name']).toBe(sent);
    expect(written.toolNames?.get(sent)).toBe(name);
  });

  test.each([['auto', undefined], ['required', { any: {} }], [{ type: 'function', function: { name: 'f' } }, { tool: { name: 'f' } }], [undefined, undefined]])('translation D18 (whole, streamed): tool_choice %j is %j', (tool_choice, expected) => {
    expect(choice(chat({ tools: [TOOL], ...(tool_choice !== undefined && { tool_choice }) }))).toEqual(expected);
  });

  test('translation D18 (whole, streamed): allowed tools are filtered', () => {
    const other = { type: 'function', function: { name: 'g' } };
    const written = chat({ tools: [TOOL, other], tool_choice: { type: 'allowed_tools', allowed_tools: { mode: 'required', tools: [{ type: 'function', function: { name: 'g' } }] } } });
    expect([tools(written).length, choice(written)]).toEqual([1, { any: {} }]);
  });

  test('there is no choice "none": the tools go, or, with tools in the history, stay and the loss is disclosed', () => {
    expect(chat({ tools: [TOOL], tool_choice: 'none' })).toMatchObject({ body: expect.not.objectContaining({ toolConfig: expect.anything() }), disclosures: { dropped: [], clamped: [] } });
    const kept = chat({ messages: [...HI, called('a'), result('a')], tools: [TOOL], tool_choice: 'none' });
    expect([tools(kept).length, choice(kept), kept.disclosures.clamped]).toEqual([1, undefined, ['tool_choice']]);
  });

  test('a history of tools that are no longer offered brings them back by name, disclosed', () => {
    const written = chat({ messages: [...HI, called('a'), result('a')] });
    expect(tools(written)).toEqual([{ toolSpec: { name: 'f', inputSchema: { json: { type: 'object', properties: {} } } } }]);
    expect(written.disclosures.clamped).toEqual(['tools']);
  });

  test('translation D16, D17, D19 (whole, streamed): missing schemas, empty descriptions, strict and parallel calls', () => {
    const written = chat({ tools: [{ type: 'function', function: { name: 'f', description: '', strict: true } }], parallel_tool_calls: false });
    expect(tools(written)).toEqual([{ toolSpec: { name: 'f', inputSchema: { json: { type: 'object', properties: {} } } } }]);
    expect(written.disclosures.dropped).toEqual(['strict', 'parallel_tool_calls']);
    expect(tools(chat({ tools: [{ type: 'function', function: { name: 'f', strict: true } }] }, { strictSchema: true }))).toMatchObject([{ toolSpec: { strict: true } }]);
  });

  test('translation D39, D49 (whole, streamed): hosted tools and servers of their own provider are refused', () => {
    expect(failureOf(() => messages({ tools: [{ type: 'web_search_20250305', name: 'web_search' }] })).code).toBe('unsupported_parameter');
    expect(failureOf(() => messages({ mcp_servers: [{ url: 'x' }] })).code).toBe('unsupported_parameter');
  });
});

describe('quirks of Converse: settings', () => {
  const inference = (written: WrittenRequest): unknown => written.body['inferenceConfig'];

  test('translation D26, D27 (whole, streamed): the limit is the wish, within cap and catalogue; without any the model’s own', () => {
    expect(inference(chat({}))).toBeUndefined();
    expect(inference(chat({}, { maxOutput: 4096 }))).toEqual({ maxTokens: 4096 });
    expect(inference(chat({}, { maxOutput: 4096 }, { maxOutputTokens: 300 }))).toEqual({ maxTokens: 300 });
    expect(chat({ max_tokens: 9999 }, { maxOutput: 4096 })).toMatchObject({ body: { inferenceConfig: { maxTokens: 4096 } }, disclosures: { clamped: ['max_tokens'] } });
  });

  test('translation D28 (whole, streamed): temperatures over 1 are lowered, and left out where the model takes none', () => {
    expect(chat({ temperature: 1.7 })).toMatchObject({ body: { inferenceConfig: { temperature: 1 } }, disclosures: { clamped: ['temperature'] } });
    expect(chat({ temperature: 0.2, top_p: 0.5 }, { sampling: false })).toMatchObject({ body: expect.not.objectContaining({ inferenceConfig: expect.anything() }), disclosures: { dropped: ['temperature', 'top_p'] } });
  });

  test('translation D29 (whole, streamed): beside a temperature top_p goes only to models that are known to take both', () => {
    expect(chat({ temperature: 0.2, top_p: 0.5 })).toMatchObject({ body: { inferenceConfig: { temperature: 0.2 } }, disclosures: { dropped: ['top_p'] } });
    expect(inference(chat({ temperature: 0.2, top_p: 0.5 }, { thinking: 'none' }))).toEqual({ temperature: 0.2, topP: 0.5 });
    expect(inference(chat({ top_p: 0.5 }))).toEqual({ topP: 0.5 });
  });

  test('top_k goes to models that the catalogue knows for Anthropic’s, as their own field', () => {
    expect(bodyOf(messages({ top_k: 7 }, CLAUDE))['additionalModelRequestFields']).toEqual({ top_k: 7 });
    expect(messages({ top_k: 7 })).toMatchObject({ body: expect.not.objectContaining({ additionalModelRequestFields: expect.anything() }), disclosures: { dropped: ['top_k'] } });
  });

  test('translation D30, D31 (whole, streamed): n over 1 is refused, foreign members are dropped and disclosed', () => {
    expect(failureOf(() => chat({ n: 2 })).code).toBe('unsupported_parameter');
    expect(chat({ seed: 1, logprobs: true, store: false, metadata: { a: 'b' } }).disclosures.dropped.toSorted()).toEqual(['logprobs', 'metadata', 'seed']);
    expect(messages({ metadata: { user_id: 'u' }, context_management: { edits: [] } }).disclosures.dropped).toEqual(['context_management']);
  });

  test('translation D32 (whole, streamed): a JSON schema is native text format, the schema as text and closed', () => {
    const response_format = { type: 'json_schema', json_schema: { name: 'my answer', schema: { type: 'object', properties: { a: { type: 'string', minLength: 1 } } } } };
    const written = chat({ response_format });
    expect(bodyOf(written)['outputConfig']).toEqual({
      textFormat: { type: 'json_schema', structure: { jsonSchema: { name: 'my_answer', schema: '{"type":"object","properties":{"a":{"type":"string"}},"additionalProperties":false}' } } },
    });
    expect(written.disclosures.clamped).toEqual(['response_format']);
    const emulated = chat({ response_format }, { strictSchema: false });
    expect([bodyOf(emulated)['outputConfig'], tools(emulated).length, choice(emulated)]).toEqual([undefined, 1, { tool: { name: 'bsg_structured_answer' } }]);
    expect(choice(chat({ response_format, tools: [TOOL] }, { strictSchema: false }))).toEqual({ any: {} });
  });

  test('translation D33 (whole, streamed): "some JSON" is an instruction, disclosed', () => {
    expect(chat({ response_format: { type: 'json_object' } })).toMatchObject({ body: { system: [{ text: expect.stringContaining('JSON') }] }, disclosures: { clamped: ['response_format'] } });
  });
});

describe('quirks of Converse: thinking and caching', () => {
  const more = (written: WrittenRequest): unknown => written.body['additionalModelRequestFields'];

  test('translation D34 (whole, streamed): efforts are budgets, adaptive efforts, or nothing, by the catalogue alone', () => {
    expect(more(chat({ reasoning_effort: 'high' }, CLAUDE))).toEqual({ thinking: { type: 'enabled', budget_tokens: 16_384 } });
    expect(more(chat({ reasoning_effort: 'xhigh' }, { thinking: 'adaptive' }))).toEqual({ thinking: { type: 'adaptive' }, output_config: { effort: 'high' } });
    for (const facts of [{}, { thinking: 'none' as const }]) expect(chat({ reasoning_effort: 'high' }, facts)).toMatchObject({ disclosures: { dropped: ['reasoning_effort'] } });
    expect(messages({ max_tokens: 4096, thinking: { type: 'enabled', budget_tokens: 2048 } }).disclosures.dropped).toEqual(['thinking']);
  });

  test('the budget stays at least 1,024 and below maxTokens, which grows within the model’s limit', () => {
    fc.assert(fc.property(fc.integer({ min: 1, max: 40_000 }), fc.option(fc.integer({ min: 1, max: 40_000 }), { nil: undefined }), fc.option(fc.integer({ min: 1, max: 40_000 }), { nil: undefined }), (budget, asked, maxOutput) => {
      const written = write('anthropic-messages', { max_tokens: asked ?? 1, messages: HI, thinking: { type: 'enabled', budget_tokens: budget } }, { thinking: 'budget', ...(maxOutput !== undefined && { maxOutput }) });
      const thinking = (more(written) as { thinking?: { budget_tokens: number } } | undefined)?.thinking;
      const { maxTokens } = bodyOf(written)['inferenceConfig'] as { maxTokens: number };
      expect(maxTokens).toBeLessThanOrEqual(maxOutput ?? Infinity);
      if (thinking === undefined) expect(written.disclosures.dropped).toContain('thinking');
      else {
        expect(thinking.budget_tokens).toBeGreaterThanOrEqual(1_024);
        expect(thinking.budget_tokens).toBeLessThan(maxTokens);
      }
    }), { numRuns: full(1_000) });
    expect(bodyOf(chat({ reasoning_effort: 'low' }, { thinking: 'budget' }))['inferenceConfig']).toEqual({ maxTokens: 10_240 });
  });

  test('translation D20 (whole, streamed): beside a forced tool, or in a tool loop without its reasoning, there is no thinking; sampling goes while thinking', () => {
    expect(chat({ reasoning_effort: 'low', tools: [TOOL], tool_choice: 'required' }, CLAUDE)).toMatchObject({ disclosures: { dropped: ['reasoning_effort'] } });
    expect(chat({ reasoning_effort: 'low', tools: [TOOL], messages: [...HI, called('a'), result('a')] }, CLAUDE)).toMatchObject({ disclosures: { dropped: ['reasoning_effort'] } });
    expect(chat({ reasoning_effort: 'low', temperature: 0.3 }, CLAUDE).disclosures.dropped).toEqual(['temperature']);
  });

  test('translation D36 (whole, streamed): of more than four cache points the first and the last three stay, in the order tools, system, messages', () => {
    const marked = (text: string) => ({ type: 'text', text, cache_control: { type: 'ephemeral' } });
    const written = messages({ tools: [{ name: 'f', input_schema: {}, cache_control: { type: 'ephemeral' } }], system: [marked('a'), marked('b')], messages: [{ role: 'user', content: [marked('c'), marked('d'), marked('e')] }] });
    const point = { cachePoint: { type: 'default' } };
    expect(tools(written)).toHaveLength(2);
    expect(bodyOf(written)['system']).toEqual([{ text: 'a' }, { text: 'b' }]);
    expect(turns(written)[0]?.content).toEqual([{ text: 'c' }, point, { text: 'd' }, point, { text: 'e' }, point]);
    expect(written.disclosures.clamped).toEqual(['cache_control']);
  });

  test('cache markers go nowhere where the catalogue says that the model takes none', () => {
    const written = messages({ system: [{ type: 'text', text: 'a', cache_control: { type: 'ephemeral' } }] }, { promptCache: false });
    expect([bodyOf(written)['system'], written.disclosures.dropped]).toEqual([[{ text: 'a' }], ['cache_control']]);
  });

  test('a marker on blank text makes no cache point', () => {
    expect(bodyOf(messages({ system: [{ type: 'text', text: ' ', cache_control: { type: 'ephemeral' } }] }))['system']).toBeUndefined();
  });
});

describe('every conversation that can be said is said within the grammar', () => {
  const text = fc.string({ maxLength: 12 });
  const turn = fc.oneof(
    fc.record({ role: fc.constant('user'), content: fc.array(fc.record({ type: fc.constant('text'), text }), { minLength: 1, maxLength: 3 }) }),
    fc.record({ role: fc.constant('assistant'), content: fc.array(fc.record({ type: fc.constant('text'), text }), { minLength: 1, maxLength: 3 }) }),
    fc.record({ role: fc.constant('loop'), ids: fc.uniqueArray(fc.string({ minLength: 1, maxLength: 80 }), { minLength: 1, maxLength: 3 }), name: fc.string({ minLength: 1, maxLength: 80 }), output: text }),
  );

  test('roles alternate from the user on, blocks hold one member, texts are not blank, ids and names fit and pair', () => {
    fc.assert(fc.property(fc.array(turn, { minLength: 1, maxLength: 6 }), (list) => {
      const conversation = list.flatMap((one): unknown[] => ('ids' in one ? [
        { role: 'assistant', content: one.ids.map((id) => ({ type: 'tool_use', id, name: one.name, input: {} })) },
        { role: 'user', content: one.ids.toReversed().map((id) => ({ type: 'tool_result', tool_use_id: id, content: one.output })) },
      ] : [one]));
      const { body } = messages({ messages: [...HI, ...conversation, ...HI] });
      let open: unknown[] = [];
      for (const [at, { role, content }] of (body['messages'] as { role: string; content: Fields[] }[]).entries()) {
        expect(role).toBe(at % 2 === 0 ? 'user' : 'assistant');
        expect(content.length).toBeGreaterThan(0);
        for (const block of content) {
          expect(Object.keys(block)).toHaveLength(1);
          if ('text' in block) expect(String(block['text']).trim()).not.toBe('');
        }
        const uses = content.flatMap(({ toolUse }) => (toolUse === undefined ? [] : [toolUse as Fields]));
        expect(content.flatMap(({ toolResult }) => (toolResult === undefined ? [] : [(toolResult as Fields)['toolUseId']]))).toEqual(open);
        for (const use of uses) {
          expect(use['toolUseId']).toMatch(/^[a-zA-Z0-9_-]{1,64}$/);
          expect(use['name']).toMatch(/^[a-zA-Z0-9_-]{1,64}$/);
        }
        open = uses.map((use) => use['toolUseId']);
      }
      if (list.some((one) => 'ids' in one)) expect(body['toolConfig']).toBeDefined();
    }), { numRuns: full(1_000) });
  });
});
