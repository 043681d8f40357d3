import { describe, expect, test } from '@jest/globals';
import { routing } from '../../../functions/contract/index.ts';
import { validateRouting } from '../../../functions/core/routing/validate-routing.ts';
import { mapOf, model } from './routing-world.ts';

const MODELS = mapOf(model('cheap'), model('strong'), model('spare'), model('off', { enabled: false }), model('or/*', { upstreamModel: '*' }));
const TIERS = { simple: ['cheap'], moderate: ['cheap'], complex: ['strong'] };
const check = (document: Record<string, unknown>, auto: Record<string, unknown> = {}): { errors: string[]; warnings: string[] } => {
  const found = validateRouting(routing.parse({ auto: { tiers: TIERS, ...auto }, ...document }), MODELS);
  for (const { message } of [...found.errors, ...found.warnings]) expect(message.length).toBeGreaterThan(10);
  return { errors: found.errors.map(({ pointer }) => pointer), warnings: found.warnings.map(({ pointer }) => pointer) };
};
const rule = (more: Record<string, unknown>): Record<string, unknown> => ({ id: 'r', priority: 1, glob: 'x', target: 'model:cheap', ...more });
const condition = (field: string, op: string, value: unknown): Record<string, unknown> => ({ patterns: [rule({ conditions: [{ field, op, value }] })] });
const VALUE = ['/patterns/0/conditions/0/value'];
const OP = ['/patterns/0/conditions/0/op'];

test('a document that uses everything rightly has neither errors nor warnings', () => {
  expect(check({
    aliases: [{ name: 'fast', target: 'model:cheap' }, { name: 'wild', target: 'model:or/meta/7b' }, { name: 'smart', target: 'auto' }, { name: 'top', target: 'tier:complex' }],
    patterns: [rule({ fallbacks: ['strong', 'or/x'] }), rule({ id: 'r2', glob: undefined, conditions: [{ field: 'key', op: 'eq', value: 'ci' }], target: 'auto' })],
  }, { dial: 30, strategy: 'llm', judgeModel: 'strong' })).toEqual({ errors: [], warnings: [] });
});

describe('errors', () => {
  test.each<[string, Record<string, unknown>, Record<string, unknown>, string[]]>([
    ['a reserved alias', { aliases: [{ name: 'auto', target: 'model:cheap' }] }, {}, ['/aliases/0/name']],
    ['a tier word as alias', { aliases: [{ name: 'complex', target: 'model:cheap' }] }, {}, ['/aliases/0/name']],
    ['two aliases of one name', { aliases: [{ name: 'a', target: 'auto' }, { name: 'a', target: 'model:cheap' }] }, {}, ['/aliases/1/name']],
    ['an alias to an alias', { aliases: [{ name: 'a', target: 'auto' }, { name: 'b', target: 'model:a' }] }, {}, ['/aliases/1/target']],
    ['an alias to no model', { aliases: [{ name: 'a', target: 'model:gone' }] }, {}, ['/aliases/0/target']],
    ['two rules of one id', { patterns: [rule({}), rule({})] }, {}, ['/patterns/1/id']],
    ['a rule with neither glob nor condition', { patterns: [rule({ glob: undefined })] }, {}, ['/patterns/0']],
    ['a rule to no model', { patterns: [rule({ target: 'model:gone' })] }, {}, ['/patterns/0/target']],
    ['a rule to an alias', { aliases: [{ name: 'a', target: 'auto' }], patterns: [rule({ target: 'model:a' })] }, {}, ['/patterns/0/target']],
    ['a fallback that is no model', { patterns: [rule({ fallbacks: ['cheap', 'gone'] })] }, {}, ['/patterns/0/fallbacks/1']],
    ['a fallback that is an alias', { aliases: [{ name: 'a', target: 'auto' }], patterns: [rule({ fallbacks: ['a'] })] }, {}, ['/patterns/0/fallbacks/0']],
    ['a fallback that is a wildcard', { patterns: [rule({ fallbacks: ['or/*'] })] }, {}, ['/patterns/0/fallbacks/0']],
    ['dial and boundaries together', {}, { dial: 50, boundaries: [30, 60] }, ['/auto/dial']],
    ['boundaries the wrong way round', {}, { boundaries: [60, 30] }, ['/auto/boundaries']],
    ['boundaries that coincide', {}, { boundaries: [30, 30] }, ['/auto/boundaries']],
    ['a tier with no such model', {}, { tiers: { ...TIERS, moderate: ['cheap', 'gone'] } }, ['/auto/tiers/moderate/1']],
    ['a tier with an alias', { aliases: [{ name: 'a', target: 'auto' }] }, { tiers: { ...TIERS, simple: ['a'] } }, ['/auto/tiers/simple/0']],
    ['strategy llm without a judge', {}, { strategy: 'llm' }, ['/auto/judgeModel']],
    ['a judge that is no model', {}, { judgeModel: 'gone' }, ['/auto/judgeModel']],
    ['a judge that is a wildcard', {}, { judgeModel: 'or/*' }, ['/auto/judgeModel']],
  ])('%s', (_, document, auto, pointers) => { expect(check(document, auto).errors).toEqual(pointers); });

  test('a wildcard in a tier, which the config file’s own check refuses too, is refused here', () => {
    const document = routing.parse({ auto: { tiers: TIERS } });
    const wild = { ...document, auto: { ...document.auto, tiers: { ...TIERS, complex: ['or/*'] } } };
    expect(validateRouting(wild, MODELS).errors.map(({ pointer }) => pointer)).toEqual(['/auto/tiers/complex/0']);
  });

  test('every mistake is named, not only the first', () => {
    expect(check({ aliases: [{ name: 'auto', target: 'model:gone' }], patterns: [rule({ target: 'model:gone', fallbacks: ['gone'] })] }, { boundaries: [2, 1] }).errors)
      .toEqual(['/aliases/0/name', '/aliases/0/target', '/patterns/0/target', '/patterns/0/fallbacks/0', '/auto/boundaries']);
  });
});

describe('guarantee G3: more than eight asterisks are refused at save', () => {
  test('in a rule and in a condition; eight pass', () => {
    const [eight, nine] = ['*a'.repeat(8), '*a'.repeat(9)];
    expect(check({ patterns: [rule({ glob: eight })] }).errors).toEqual([]);
    expect(check({ patterns: [rule({ glob: nine })] }).errors).toEqual(['/patterns/0/glob']);
    expect(check(condition('text', 'glob', eight)).errors).toEqual([]);
    expect(check(condition('text', 'glob', nine)).errors).toEqual(VALUE);
    expect(check(condition('text', 'glob', [eight, nine])).errors).toEqual(VALUE);
    expect(check(condition('text', 'contains', nine)).errors).toEqual([]);
  });
});

describe('conditions that could never hold are refused', () => {
  test.each<[string, string, unknown, string[]]>([
    ['input_tokens', 'between', [1], VALUE], ['input_tokens', 'between', [1, 2, 3], VALUE], ['input_tokens', 'between', [5, 1], VALUE], ['input_tokens', 'between', ['1', '2'], VALUE], ['input_tokens', 'between', 5, VALUE],
    ['text', 'gt', 5, OP], ['text', 'between', [1, 2], OP], ['weekday', 'lt', 3, OP], ['tool_names', 'gte', 1, OP], ['has_code', 'gt', 0, OP], ['has_code', 'between', [0, 1], OP],
    ['turns', 'gt', '5', VALUE], ['turns', 'lte', [1, 2], VALUE], ['metadata.x', 'gt', 'many', VALUE],
    ['turns', 'contains', '5', OP], ['hour', 'starts_with', '1', OP], ['score', 'glob', '*', OP], ['has_images', 'contains', 'true', OP], ['has_images', 'glob', '*', OP],
    ['turns', 'eq', '5', VALUE], ['turns', 'in', [1, 'two'], VALUE], ['has_code', 'eq', 'true', VALUE], ['has_code', 'in', [true, 1], VALUE],
    ['text', 'eq', true, VALUE], ['key', 'in', ['ci', false], VALUE], ['key', 'eq', ['ci'], VALUE], ['metadata.x', 'eq', ['a', 'b'], VALUE], ['has_code', 'eq', [true], VALUE], ['turns', 'eq', [1], VALUE],
    ['weekday', 'eq', 'monday', VALUE], ['weekday', 'in', ['sat', 'Sonntag'], VALUE],
  ])('%s %s %j', (field, op, value, pointers) => { expect(check(condition(field, op, value)).errors).toEqual(pointers); });

  test.each<[string, string, unknown]>([
    ['input_tokens', 'between', [5, 5]], ['turns', 'gt', 5], ['score', 'lte', 30.5], ['turns', 'in', [1, 2]], ['spend_today_pct', 'gte', 80], ['has_code', 'eq', true], ['has_code', 'in', [false]],
    ['text', 'contains', ['a', 'b']], ['text', 'starts_with', 'a'], ['key', 'in', ['a', 'b']], ['tool_names', 'glob', 'a*'], ['weekday', 'in', ['Sat', 'sun']], ['language', 'eq', 'ko'],
    ['metadata.x', 'gt', 5], ['metadata.x', 'between', [1, 2]], ['metadata.x', 'eq', true], ['metadata.x', 'glob', '*'], ['model', 'eq', 5],
  ])('%s %s %j is fine', (field, op, value) => { expect(check(condition(field, op, value))).toEqual({ errors: [], warnings: [] }); });
});

describe('warnings do not stop a save', () => {
  test.each<[string, Record<string, unknown>, Record<string, unknown>, string[]]>([
    ['an alias that is a model', { aliases: [{ name: 'spare', target: 'auto' }] }, {}, ['/aliases/0/name']],
    ['an alias that a wildcard model would catch first', { aliases: [{ name: 'or/x', target: 'auto' }] }, {}, ['/aliases/0/name']],
    ['a target that is disabled', { aliases: [{ name: 'a', target: 'model:off' }] }, {}, ['/aliases/0/target']],
    ['a fallback that is disabled', { patterns: [rule({ fallbacks: ['off'] })] }, {}, ['/patterns/0/fallbacks/0']],
    ['a tier model that is disabled', {}, { tiers: { ...TIERS, complex: ['off', 'strong'] } }, ['/auto/tiers/complex/0']],
    ['a target tier without models', { patterns: [rule({ target: 'tier:moderate' })] }, { tiers: { ...TIERS, moderate: [] } }, ['/patterns/0/target']],
    ['no tier has a model', {}, { tiers: { simple: [], moderate: [], complex: [] } }, ['/auto/tiers']],
  ])('%s', (_, document, auto, pointers) => { expect(check(document, auto)).toEqual({ errors: [], warnings: pointers }); });
});
