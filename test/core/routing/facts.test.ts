import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { codecs } from '../../../functions/core/dialects/dialect.ts';
import { languageOf } from '../../../functions/core/routing/language.ts';
import { ALL_TEXT_BOUND, factsOf, TEXT_BOUND } from '../../../functions/core/routing/request-facts.ts';
import { sessionIdOf } from '../../../functions/core/routing/session.ts';
import { templateKeyOf } from '../../../functions/core/routing/template.ts';
import { estimateTokens } from '../../../functions/core/routing/tokens.ts';
import { full } from '../../support/full.ts';
import { ask, chat, facts } from './routing-world.ts';

const anthropic = (messages: unknown[], more: Record<string, unknown> = {}) => factsOf(codecs['anthropic-messages'].readRequest({ model: 'auto', max_tokens: 10, messages, ...more }), {});
const result = (content: unknown): unknown => ({ role: 'user', content: [{ type: 'tool_result', tool_use_id: 't1', content }] });
const call = { role: 'assistant', content: [{ type: 'tool_use', id: 't1', name: 'f', input: {} }] };

describe('the token estimate', () => {
  test.each([['', 0], ['a', 1], ['abcd', 1], ['abcde', 2], ['안녕', 2], ['🙂', 1], ['🙂🙂ab', 3], ['é', 1], ['\u007f\u0080', 2]])('%j: %d', (text, tokens) => { expect(estimateTokens(text)).toBe(tokens); });
  test('is ⌈ASCII / 4 + other code points⌉ for any text', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
      const points = [...text];
      const ascii = points.filter((point) => point < '\u0080').length;
      expect(estimateTokens(text)).toBe(Math.ceil(ascii / 4 + points.length - ascii));
    }), { numRuns: full(2_000) });
  });
  test('is as exact for long texts, which are counted in another way', () => {
    const piece = fc.oneof(fc.string({ unit: 'binary', maxLength: 40 }), fc.constantFrom('plain ASCII words ', '안녕하세요 ', 'it’s ', '🙂', '\ud800', '\udc00', 'é', '\u007f', '\u0080'));
    fc.assert(fc.property(fc.array(piece, { minLength: 1, maxLength: 30 }), fc.integer({ min: 200, max: 50_000 }), (pieces, length) => {
      const once = pieces.join('') || 'x';
      const text = once.repeat(Math.ceil(length / once.length)).slice(0, length);
      let [ascii, other] = [0, 0];
      for (const unit of text.split('').map((each) => each.charCodeAt(0))) {
        if (unit < 0x80) ascii += 1;
        else if (unit < 0xdc00 || unit > 0xdfff) other += 1;
      }
      expect(estimateTokens(text)).toBe(Math.ceil(ascii / 4 + other));
    }), { numRuns: full(500) });
    expect(estimateTokens('a'.repeat(4 * 1024 * 1024))).toBe(1024 * 1024);
  });
  test.each([['low', 85], ['high', 1_600], ['auto', 1_600], [undefined, 1_600]])('an image of detail %s weighs %d', (detail, tokens) => {
    const { inputTokens, hasImages } = facts(ask([{ type: 'image_url', image_url: { url: 'https://example.com/a.png', detail } }]));
    expect([inputTokens, hasImages]).toEqual([tokens, true]);
  });
  test('all parts of a request add up before one rounding: system, turns, tool results, images in them, tool definitions', () => {
    expect(facts(chat({ messages: [{ role: 'system', content: 'ab' }, { role: 'user', content: 'ab' }] })).inputTokens).toBe(1);
    const { inputTokens, hasImages } = anthropic([{ role: 'user', content: 'abcd' }, call, result([{ type: 'text', text: 'abcdefgh' }, { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'AAAA' } }])]);
    expect(inputTokens).toBeGreaterThanOrEqual(1_603);
    expect(inputTokens).toBeLessThan(1_610);
    expect(hasImages).toBe(true);
    const tools = (description: string): unknown[] => [{ type: 'function', function: { name: 'f', description, parameters: { type: 'object' } } }];
    expect(facts(chat({ tools: tools('x'.repeat(4_000)) })).inputTokens - facts(chat({ tools: tools('') })).inputTokens).toBe(1_000);
  });
});

describe('the latest user turn', () => {
  test('is what the user last said; a tool result is not', () => {
    expect(anthropic([{ role: 'user', content: 'do it' }, call, result('a long file')])).toMatchObject({ text: 'do it', lastIsToolResult: true });
    expect(facts(chat({ messages: [{ role: 'user', content: 'do it' }, { role: 'assistant', content: null, tool_calls: [{ id: 't1', type: 'function', function: { name: 'f', arguments: '{}' } }] }, { role: 'tool', tool_call_id: 't1', content: 'out' }] }))).toMatchObject({ text: 'do it', lastIsToolResult: true });
  });
  test('is the text beside a tool result, and an old demand does not outlive it', () => {
    const mixed = anthropic([{ role: 'user', content: 'refactor everything' }, call, { role: 'user', content: [{ type: 'tool_result', tool_use_id: 't1', content: 'out' }, { type: 'text', text: 'thanks' }] }]);
    expect(mixed).toMatchObject({ text: 'thanks', lastIsToolResult: false });
  });
  test('joins several parts, and skips blank turns', () => {
    expect(facts(ask([{ type: 'text', text: 'one' }, { type: 'text', text: 'two' }])).text).toBe('one\ntwo');
    expect(facts(chat({ messages: [{ role: 'user', content: 'said' }, { role: 'user', content: '  ' }] })).text).toBe('said');
    expect(facts(chat({ messages: [{ role: 'system', content: 's' }] })).text).toBe('');
  });
  test('keeps the beginning and the end of a very long turn within the bound', () => {
    const { text } = facts(ask(`BEGIN${'x'.repeat(200_000)}END`));
    expect(text.length).toBeLessThanOrEqual(TEXT_BOUND + 1);
    expect([text.startsWith('BEGIN'), text.endsWith('END')]).toEqual([true, true]);
  });
});

test('the texts that routing reads are cut out of all that was said, however it was divided', () => {
  const text = fc.oneof({ weight: 4, arbitrary: fc.string({ maxLength: 8 }) }, { weight: 1, arbitrary: fc.integer({ min: 0, max: 70_000 }).map((n) => `${n} words `.repeat(n / 8)) });
  const turn = fc.record({ role: fc.constantFrom('user', 'assistant'), texts: fc.array(text, { minLength: 1, maxLength: 4 }) });
  const content = (texts: readonly string[]): unknown => texts.map((each) => ({ type: 'text', text: each }));
  const joined = (texts: readonly string[]): string => texts.reduce((all, each) => (all === '' ? each : `${all}\n${each}`), '');
  fc.assert(fc.property(fc.array(text, { maxLength: 3 }), fc.array(turn, { minLength: 1, maxLength: 5 }), (system, turns) => {
    const read = facts(chat({ messages: [...(system.length === 0 ? [] : [{ role: 'system', content: content(system) }]), ...turns.map(({ role, texts }) => ({ role, content: content(texts) }))] }));
    const last = turns.filter(({ role }) => role === 'user').map(({ texts }) => joined(texts)).findLast((said) => said.trim() !== '') ?? '';
    expect(read.text).toBe(last.length > TEXT_BOUND ? `${last.slice(0, TEXT_BOUND / 2)}\n${last.slice(-TEXT_BOUND / 2)}` : last);
    expect(read.system).toBe(joined(system).slice(0, TEXT_BOUND));
    expect(read.allText).toBe([joined(system), ...turns.map(({ texts }) => joined(texts))].join('\n').slice(0, ALL_TEXT_BOUND));
  }), { numRuns: full(1_000) });
});

describe('language', () => {
  test.each([
    ['en', 'What is the capital of France?'], ['ko', '프랑스의 수도는 어디인가요?'], ['ja', 'フランスの首都はどこですか？'], ['zh', '法国的首都是哪里？请用中文回答'], ['es', '¿Cuál es la capital de Francia y por qué?'],
    ['de', 'Was ist die Hauptstadt von Frankreich und wie groß ist sie?'], ['fr', 'Quelle est la capitale de la France et pour quelle raison ?'],
    ['en', 'Please write a function that returns the sum of two numbers'], ['ko', 'Python으로 퀵소트를 구현하고 설명해줘'], ['ja', 'Pythonでクイックソートを実装して説明してください'], ['zh', '请写一个函数计算两个数的和'],
    ['es', 'Escribe una función para ordenar los números con el método más rápido'], ['de', 'Bitte schreibe eine Funktion, die das Ergebnis nicht verändert'], ['fr', 'Écris une fonction pour trier les nombres avec le tri rapide dans un tableau'],
    ['ru', 'Какая столица Франции?'], ['other', ''], ['other', '12345 + 67890 = ?'], ['other', '🙂🙂'],
  ])('%s: %s', (code, text) => { expect(languageOf(text)).toBe(code); });
  test('belongs to the latest user turn', () => {
    expect(facts(chat({ messages: [{ role: 'user', content: '프랑스의 수도는 어디인가요?' }, { role: 'assistant', content: '파리' }, { role: 'user', content: 'What is the second city of the country?' }] })).language).toBe('en');
  });
});

describe('signs in the text', () => {
  test.each([
    ['Traceback (most recent call last):\n  File "a.py", line 1'], ['TypeError: x is not a function'], ['boom\n    at run (/srv/app.js:10:5)'], ['boom\n    at async load (file:///srv/app.js:10:5)'], ['boom\n    at /srv/app.js:10:5'],
    ['\tat com.example.Main.run(Main.java:12)'], ['java.lang.NullPointerException: null'], ['panic: runtime error'],
  ])('an error trace: %j', (text) => { expect(facts(ask(text)).hasErrorTrace).toBe(true); });
  test.each([['let us meet at 10:30'], ['  look at the plan'], ['an error occurred'], ['']])('no error trace: %j', (text) => { expect(facts(ask(text)).hasErrorTrace).toBe(false); });
  test.each([['```\nx\n```'], ['def f(x):\n  return x'], ['const a = 1;'], ['SELECT * from t'], ['items.map((x) => x)']])('code: %j', (text) => { expect(facts(ask(text)).hasCode).toBe(true); });
  test.each([['Hello there, how are you?'], ['Explain the importance of classes in school.'], ['']])('no code: %j', (text) => { expect(facts(ask(text)).hasCode).toBe(false); });

  test.each([['claude-cli/2.0.1 (external, cli)'], ['codex_cli_rs/0.50.0 (Linux)'], ['Cline/3.1'], ['RooCode/3.2'], ['GeminiCLI/0.1'], ['opencode/0.3']])('an agent by its user agent: %s', (userAgent) => { expect(facts(chat(), { userAgent }).isAgent).toBe(true); });
  test.each([['OpenAI/Python 2.1'], ['curl/8'], ['precursors/1'], [undefined]])('no agent: %s', (userAgent) => { expect(facts(chat(), { userAgent }).isAgent).toBe(false); });

});

describe('sessions', () => {
  const id = (conversation = chat(), context = {}, key = 'k1'): string | null => sessionIdOf(key, facts(conversation, context));
  const uuid = '0b1c2d3e-0000-4000-8000-000000000001';
  test('are the caller’s own where one is named: x-session-id, then the agent’s header, then the session part of the user id', () => {
    const named = id(chat(), { sessionHeader: uuid });
    expect(named).toMatch(/^s_[0-9a-f]{24}$/);
    expect(id(ask('another text'), { sessionHeader: uuid })).toBe(named);
    expect(id(chat(), { claudeSessionHeader: uuid })).toBe(named);
    expect(id(chat(), { sessionHeader: uuid, claudeSessionHeader: 'other' })).toBe(named);
    expect(id(ask('x', { user: `user_abc_account__session_${uuid}` }))).toBe(named);
    expect(id(chat(), { sessionHeader: 'other' })).not.toBe(named);
  });
  test('are else told by user and first user turn, which later turns repeat', () => {
    const first = { role: 'user', content: 'first' };
    const start = id(chat({ messages: [first] }));
    expect(id(chat({ messages: [first, { role: 'assistant', content: 'a' }, { role: 'user', content: 'second' }] }))).toBe(start);
    expect(id(ask('other'))).not.toBe(start);
    expect(id(ask('first', { user: 'u2' }))).not.toBe(start);
    expect(id(ask('first', { user: 'u_session_' }))).not.toBe(start);
  });
  test('never span two keys, and are absent where nothing was said', () => {
    expect(id(chat(), { sessionHeader: uuid }, 'k2')).not.toBe(id(chat(), { sessionHeader: uuid }, 'k1'));
    expect(id(chat(), {}, 'k2')).not.toBe(id());
    expect(id(chat({ messages: [{ role: 'assistant', content: 'x' }] }))).toBeNull();
  });
  test('take what follows the last mark of a user id, if that looks like an id', () => {
    expect(id(ask('x', { user: `a_session_b_session_${uuid}` }))).toBe(id(chat(), { sessionHeader: uuid }));
    expect(id(ask('x', { user: `a_session_${uuid}!` }))).not.toBe(id(ask('y', { user: `a_session_${uuid}!` })));
  });
});

describe('template keys', () => {
  const key = (system: string, more: Record<string, unknown> = {}, salt = 'salt'): string => templateKeyOf(salt, facts(chat({ messages: [{ role: 'system', content: system }, { role: 'user', content: 'x' }], ...more })));
  test.each([
    ['numbers', 'Answer order 1,234.5', 'Answer order 7'], ['dates', 'Today is 2026-11-23.', 'Today is 2025-01-02T03:04:05Z.'], ['ids', 'Run 0b1c2d3e-0000-4000-8000-000000000001', 'Run ffffffff-1111-4222-8333-444444444444'],
    ['addresses', 'Write to a@example.com', 'Write to bob.c@example.org'], ['paths', 'Open /home/a/x.ts', 'Open /srv/b/c/y.py'], ['white space', 'a  b\n', 'a b'], ['forms of a letter', 'ﬁne', 'fine'],
  ])('do not tell %s apart', (_, a, b) => { expect(key(a)).toBe(key(b)); });
  test('tell apart texts, tools, formats, applications, names and salts', () => {
    const tool = (name: string): unknown => ({ type: 'function', function: { name, parameters: {} } });
    const keys = [key('a'), key('b'), key('a', { tools: [tool('f')] }), key('a', { tools: [tool('g')] }), key('a', { response_format: { type: 'json_object' } }), key('a', { metadata: { app: 'z' } }), key('a', { model: 'other' }), key('a', {}, 'pepper')];
    expect(new Set(keys).size).toBe(keys.length);
    expect(key('a', { tools: [tool('f'), tool('g')] })).toBe(key('a', { tools: [tool('g'), tool('f')] }));
  });
});
