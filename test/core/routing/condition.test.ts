import { createHash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Condition } from '../../../functions/contract/index.ts';
import { compileCondition, conditionKey, holds, localTime, type ConditionWorld } from '../../../functions/core/routing/condition.ts';
import { TextSearch } from '../../../functions/core/routing/text-search.ts';
import { chat, facts } from './routing-world.ts';

const TOOLS = ['Read_File', 'run_shell'].map((name) => ({ type: 'function', function: { name, parameters: {} } }));
const conversation = chat({
  messages: [
    { role: 'system', content: 'You are a Careful Clerk.' },
    { role: 'user', content: 'first question' }, { role: 'assistant', content: 'first answer' },
    { role: 'user', content: 'Please fix this:\n```ts\nlet x = 1;\n```\nTypeError: x is not a function' },
  ],
  tools: TOOLS, metadata: { team: 'Blue', size: 7, urgent: true, nothing: null },
});
const base: ConditionWorld = {
  facts: facts(conversation), requestedModel: 'Code/Fast', keyName: 'CI', search: new TextSearch(), hour: () => 9, weekday: () => 'mon', score: () => 42, spendTodayPct: 12.5, spendMonthPct: null,
};
const truth = (field: string, op: string, value: Condition['value'], world: Partial<ConditionWorld> = {}): boolean | null =>
  compileCondition({ field, op, value, negate: false } as Condition).test({ ...base, ...world });

describe('text fields take every text operator', () => {
  test.each([
    ['text', 'Please fix this', 'first question'], ['system', 'you are a careful', 'clerks'], ['all_text', 'you are a careful clerk.\nfirst question', 'nowhere'],
    ['model', 'code/', 'fastest'], ['key', 'c', 'x'], ['weekday', 'm', 'tue'], ['language', 'e', 'ko'], ['metadata.team', 'BL', 'red'],
  ])('%s', (field, prefix, absent) => {
    expect(truth(field, 'starts_with', prefix)).toBe(true);
    expect(truth(field, 'starts_with', absent)).toBe(false);
    expect(truth(field, 'contains', prefix)).toBe(true);
    expect(truth(field, 'contains', ['zzz', prefix])).toBe(true);
    expect(truth(field, 'contains', ['zzz', absent])).toBe(false);
    expect(truth(field, 'glob', `${prefix}*`)).toBe(true);
    expect(truth(field, 'glob', absent)).toBe(false);
    expect(truth(field, 'eq', prefix === 'e' ? 'en' : 'zzz')).toBe(prefix === 'e');
    for (const op of ['gt', 'gte', 'lt', 'lte']) expect(truth(field, op, 1)).toBe(false);
    expect(truth(field, 'between', [0, 1e9])).toBe(false);
  });

  test('text is the latest user turn, all_text the whole conversation', () => {
    expect(truth('text', 'contains', 'first')).toBe(false);
    expect(truth('all_text', 'contains', 'first answer')).toBe(true);
    expect(truth('all_text', 'contains', 'careful clerk')).toBe(true);
  });
  test('eq and in compare the whole text', () => {
    expect(truth('model', 'eq', 'code/fast')).toBe(true);
    expect(truth('model', 'eq', 'code')).toBe(false);
    expect(truth('key', 'in', ['prod', 'ci'])).toBe(true);
    expect(truth('key', 'in', ['prod', 'c'])).toBe(false);
  });
});

describe('numeric fields take every comparison', () => {
  test.each([['turns', 3], ['tool_count', 2], ['hour', 9], ['score', 42], ['spend_today_pct', 12.5], ['metadata.size', 7], ['input_tokens', base.facts.inputTokens]])('%s = %d', (field, is) => {
    expect([truth(field, 'gt', is - 1), truth(field, 'gt', is), truth(field, 'gt', is + 1)]).toEqual([true, false, false]);
    expect([truth(field, 'gte', is - 1), truth(field, 'gte', is), truth(field, 'gte', is + 1)]).toEqual([true, true, false]);
    expect([truth(field, 'lt', is - 1), truth(field, 'lt', is), truth(field, 'lt', is + 1)]).toEqual([false, false, true]);
    expect([truth(field, 'lte', is - 1), truth(field, 'lte', is), truth(field, 'lte', is + 1)]).toEqual([false, true, true]);
    expect([truth(field, 'eq', is), truth(field, 'eq', is + 1), truth(field, 'in', [is + 1, is]), truth(field, 'in', [is + 1])]).toEqual([true, false, true, false]);
    expect([truth(field, 'between', [is, is]), truth(field, 'between', [is - 1, is]), truth(field, 'between', [is, is + 1])]).toEqual([true, true, true]);
    expect([truth(field, 'between', [is + 1, is + 2]), truth(field, 'between', [is - 2, is - 1])]).toEqual([false, false]);
  });
});

describe('yes-or-no fields', () => {
  test.each([['has_code', true], ['has_error_trace', true], ['has_images', false], ['metadata.urgent', true]])('%s is %j', (field, is) => {
    expect(truth(field, 'eq', is)).toBe(true);
    expect(truth(field, 'eq', !is)).toBe(false);
    expect(truth(field, 'in', [true, false])).toBe(true);
    expect(truth(field, 'gt', -1)).toBe(false);
  });
});

describe('tool_names holds if any tool does', () => {
  test.each([
    ['eq', 'read_file', true], ['eq', 'read', false], ['in', ['other', 'RUN_SHELL'], true], ['contains', 'shell', true], ['starts_with', 'read', true], ['glob', 'run_*', true], ['glob', '*_net', false], ['gt', 1, false],
  ] as const)('%s %j: %j', (op, value, expected) => { expect(truth('tool_names', op, typeof value === 'object' ? [...value] : value)).toBe(expected); });
  test('a request without tools has none of that name, which is known, so negation holds', () => {
    const none = truth('tool_names', 'eq', 'x', { facts: facts() });
    expect([none, holds(none, false), holds(none, true)]).toEqual([false, false, true]);
  });
});

describe('folding', () => {
  test.each([['ＣＩ', 'ci'], ['ﬁx', 'FIX'], ['한글', '한글'.normalize('NFD')], ['É', 'e\u0301']])('%j equals %j after NFKC, in either case and either direction', (a, b) => {
    expect(truth('key', 'eq', a, { keyName: b })).toBe(true);
    expect(truth('key', 'glob', `${b}*`, { keyName: a })).toBe(true);
  });
  test('changing the case of ASCII text never changes a string comparison', () => {
    const word = fc.stringMatching(/^[a-zA-Z0-9/_-]{0,8}$/);
    fc.assert(fc.property(word, word, fc.constantFrom('eq', 'contains', 'starts_with', 'glob'), (keyName, value, op) => {
      expect(truth('key', op, value.toUpperCase(), { keyName: keyName.toLowerCase() })).toBe(truth('key', op, value.toLowerCase(), { keyName: keyName.toUpperCase() }));
    }));
  });
});

describe('what is unknown never holds, not even negated', () => {
  test.each([['spend_month_pct', 'lt', 50], ['metadata.absent', 'eq', 'x'], ['metadata.nothing', 'eq', 'null'], ['metadata.__proto__', 'contains', 'o'], ['metadata.constructor', 'contains', 'o']] as const)('%s %s %j', (field, op, value) => {
    const seen = truth(field, op, value);
    expect(seen).toBeNull();
    expect(holds(seen, false)).toBe(false);
    expect(holds(seen, true)).toBe(false);
  });
  test('what is known holds exactly one way', () => {
    expect([holds(true, false), holds(true, true), holds(false, false), holds(false, true)]).toEqual([true, false, false, true]);
  });
  test('the score is not computed for a condition that does not ask for it', () => {
    expect(truth('key', 'eq', 'ci', { score: () => { throw new Error('asked'); } })).toBe(true);
  });
});

describe('hour and weekday in the tenant’s time zone', () => {
  test.each([
    ['UTC', '2026-11-23T00:30:00Z', 0, 'mon'], ['UTC', '2026-11-22T23:59:59Z', 23, 'sun'], ['Asia/Seoul', '2026-11-22T15:00:00Z', 0, 'mon'],
    ['Asia/Kathmandu', '2026-11-23T18:15:00Z', 0, 'tue'], ['America/New_York', '2026-11-24T04:59:59Z', 23, 'mon'],
    // Berlin springs from 01:59 to 03:00 and in autumn lives 02:00 twice; New York changes on other days.
    ['Europe/Berlin', '2026-03-29T00:59:59Z', 1, 'sun'], ['Europe/Berlin', '2026-03-29T01:00:00Z', 3, 'sun'],
    ['Europe/Berlin', '2026-10-25T00:30:00Z', 2, 'sun'], ['Europe/Berlin', '2026-10-25T01:30:00Z', 2, 'sun'], ['Europe/Berlin', '2026-10-25T02:00:00Z', 3, 'sun'],
    ['America/New_York', '2026-03-08T06:59:59Z', 1, 'sun'], ['America/New_York', '2026-03-08T07:00:00Z', 3, 'sun'], ['America/New_York', '2026-11-01T06:30:00Z', 1, 'sun'],
  ])('%s at %s is hour %d of %s', (timezone, at, hour, weekday) => { expect(localTime(timezone, Date.parse(at))).toEqual({ hour, weekday }); });
});

describe('condition keys', () => {
  test('are c_ and twelve hex digits of the hash of {field, op, value} in that order', () => {
    const json = '{"field":"input_tokens","op":"gt","value":2000}';
    expect(conditionKey({ value: 2000, op: 'gt', field: 'input_tokens' })).toBe(`c_${createHash('sha256').update(json).digest('hex').slice(0, 12)}`);
  });
  test('ignore negation and tell apart field, operator and value', () => {
    const one: Condition = { field: 'turns', op: 'gt', value: 3, negate: false };
    expect(compileCondition(one).key).toBe(compileCondition({ ...one, negate: true }).key);
    expect(new Set([one, { ...one, field: 'hour' as const }, { ...one, op: 'gte' as const }, { ...one, value: 4 }, { ...one, value: '3' }, { ...one, value: [3] }].map(conditionKey)).size).toBe(6);
  });
});

test('a long text is folded once, however many conditions look into it', () => {
  let reads = 0;
  const counting = facts(conversation);
  const watched = new Proxy(counting, { get: (object, name) => { if (name === 'text') reads += 1; return Reflect.get(object, name, object) as unknown; } });
  for (let at = 0; at < 100; at += 1) truth('text', 'contains', `needle ${at}`, { facts: watched });
  expect(reads).toBe(1);
});
