import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { routing, type Condition } from '../../../functions/contract/index.ts';
import { ruleWarnings, WARNING_KINDS } from '../../../functions/core/routing/rule-warnings.ts';
import { validateRouting } from '../../../functions/core/routing/validate-routing.ts';
import { full } from '../../support/full.ts';
import { ask, decide, mapOf, model, THREE } from './routing-world.ts';

type Rule = Record<string, unknown>;
const rule = (id: string, priority: number, more: Rule = {}): Rule => ({ id, priority, target: 'model:cheap', ...more });
const warned = (...patterns: Rule[]): string[] => ruleWarnings(routing.parse({ patterns })).map(({ kind, pointer }) => `${kind} ${pointer}`);
const on = (field: string, op: string, value: unknown, negate = false): Condition => ({ field, op, value, negate }) as Condition;

test('all seven kinds are told, each by its name and its place', () => {
  const document = routing.parse({
    aliases: [{ name: 'cheap', target: 'auto' }, { name: 'a', target: 'tier:moderate' }, { name: 'b', target: 'model:off' }],
    auto: { tiers: { simple: ['unpriced'] }, shadow: { enabled: true, dailyUsd: 0 } },
    patterns: [rule('one', 9, { glob: 'x/*' }), rule('two', 8, { glob: 'x/*' }), rule('three', 7, { glob: 'x/y' }), rule('four', 6, { glob: 'z', conditions: [on('hour', 'gt', 12), on('hour', 'lt', 12)] })],
  });
  const { errors, warnings } = validateRouting(document, mapOf(model('cheap'), model('off', { enabled: false }), model('unpriced', { price: null })));
  expect(errors).toEqual([]);
  expect(warnings.filter(({ kind }) => kind === 'idle_shadow').map(({ pointer }) => pointer)).toEqual(['/auto/judgeModel', '/auto/shadow/dailyUsd', '/auto/tiers']);
  expect(new Set(warnings.map(({ kind }) => kind))).toEqual(new Set(WARNING_KINDS));
});

describe('rules that another one takes everything from', () => {
  test.each<[string, Rule[], string[]]>([
    ['the same glob twice', [rule('a', 2, { glob: 'g/*' }), rule('b', 1, { glob: 'g/*' })], ['same_glob /patterns/1/glob']],
    ['the same glob, the later one with a condition more', [rule('a', 2, { glob: 'g/*' }), rule('b', 1, { glob: 'g/*', conditions: [on('turns', 'gt', 1)] })], ['covered_by_higher /patterns/1']],
    ['the same glob, the earlier one with a condition', [rule('a', 2, { glob: 'g/*', conditions: [on('turns', 'gt', 1)] }), rule('b', 1, { glob: 'g/*' })], []],
    ['a wider glob first', [rule('a', 2, { glob: 'g*' }), rule('b', 1, { glob: 'g/h/*' })], ['covered_by_higher /patterns/1']],
    ['a wider glob later', [rule('a', 1, { glob: 'g*' }), rule('b', 2, { glob: 'g/h/*' })], []],
    ['listed first but of lower priority', [rule('a', 1, { glob: 'g/h' }), rule('b', 2, { glob: '*' })], ['covered_by_higher /patterns/0']],
    ['a question mark takes no asterisk', [rule('a', 2, { glob: 'g/?' }), rule('b', 1, { glob: 'g/*' })], []],
    ['conditions alone, the same ones', [rule('a', 2, { conditions: [on('turns', 'gt', 1)] }), rule('b', 1, { glob: 'x', conditions: [on('turns', 'gt', 1), on('has_code', 'eq', true)] })], ['covered_by_higher /patterns/1']],
    ['a condition and its negation', [rule('a', 2, { glob: '*', conditions: [on('turns', 'gt', 1)] }), rule('b', 1, { glob: '*', conditions: [on('turns', 'gt', 1, true)] })], []],
    ['the higher one is off', [rule('a', 2, { glob: '*', enabled: false }), rule('b', 1, { glob: 'x' })], []],
    ['the higher one never holds itself', [rule('a', 2, { glob: '*', conditions: [on('hour', 'gt', 23)] }), rule('b', 1, { glob: 'x', conditions: [on('hour', 'gt', 23)] })], ['unreachable_condition /patterns/0/conditions/0', 'unreachable_condition /patterns/1/conditions/0']],
  ])('%s', (_name, patterns, expected) => { expect(warned(...patterns)).toEqual(expected); });
});

describe('conditions that exclude each other', () => {
  test.each<[Condition[], boolean]>([
    [[on('input_tokens', 'gt', 10), on('input_tokens', 'lt', 5)], true], [[on('input_tokens', 'gt', 5), on('input_tokens', 'lte', 5)], true], [[on('input_tokens', 'gte', 5), on('input_tokens', 'lte', 5)], false],
    [[on('hour', 'between', [24, 30])], true], [[on('hour', 'between', [9, 17]), on('hour', 'eq', 18)], true], [[on('score', 'gt', 100)], true], [[on('score', 'gte', 100)], false], [[on('turns', 'lt', 0)], true],
    [[on('weekday', 'eq', 'mon'), on('weekday', 'in', ['tue', 'wed'])], true], [[on('weekday', 'in', ['mon', 'tue']), on('weekday', 'in', ['tue', 'wed'])], false],
    [[on('language', 'eq', 'EN'), on('language', 'eq', 'en')], false], [[on('has_code', 'eq', true), on('has_code', 'eq', false)], true],
    [[on('text', 'contains', 'a'), on('text', 'contains', 'a', true)], true], [[on('text', 'contains', 'a'), on('text', 'contains', 'b')], false], [[on('tool_names', 'eq', 'a'), on('tool_names', 'eq', 'b')], false],
    [[on('hour', 'lt', 5, true), on('hour', 'lt', 5)], true], [[on('input_tokens', 'lt', 5, true), on('input_tokens', 'gt', 2)], false],
  ])('%j: %p', (conditions, isUnreachable) => {
    expect(warned(rule('r', 1, { glob: 'x', conditions })).length > 0).toBe(isUnreachable);
  });
});

test('a rule that was warned of never decides, whatever is asked', () => {
  const globs = fc.constantFrom(undefined, '*', 'a*', 'a/*', 'a/b', 'a/?', '*b', 'a*b*');
  const condition = fc.constantFrom(on('turns', 'gt', 1), on('turns', 'gt', 1, true), on('turns', 'lt', 1), on('hour', 'gte', 12), on('hour', 'lt', 12), on('has_code', 'eq', true), on('weekday', 'eq', 'mon'), on('weekday', 'eq', 'tue'), on('input_tokens', 'gt', 3));
  const rules = fc.array(fc.record({ glob: globs, priority: fc.integer({ min: 0, max: 3 }), conditions: fc.array(condition, { maxLength: 3 }), enabled: fc.boolean() }), { minLength: 2, maxLength: 6 })
    .map((made) => made.map(({ glob, ...rest }, at) => rule(`r${at}`, rest.priority, { ...rest, ...(glob !== undefined && { glob }) })));
  const name = fc.constantFrom('a', 'a/', 'a/b', 'a/bb', 'b', 'ab', 'axb', 'x');
  const content = fc.constantFrom('Hello!', 'const x = 1;', 'Write a function in Python that sorts a list of numbers, please');
  let [told, decided] = [0, 0];
  fc.assert(fc.property(rules, name, content, fc.integer({ min: 0, max: 167 }), (patterns, requested, text, hours) => {
    const document = { patterns };
    const warnings = ruleWarnings(routing.parse(document));
    const never = new Set(warnings.map(({ pointer }) => `r${pointer.split('/')[2]}`));
    const { decision } = decide(requested, { document, models: THREE, ask: ask(text), nowMs: Date.UTC(2026, 10, 23, hours) });
    told += Number(never.size > 0);
    decided += Number(decision?.stage === 'pattern');
    expect(decision?.ruleId === undefined || decision.ruleId === null || !never.has(decision.ruleId)).toBe(true);
  }), { numRuns: full(20_000, 4_000) });
  expect(Math.min(told, decided)).toBeGreaterThan(100);
});
