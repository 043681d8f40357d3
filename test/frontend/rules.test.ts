import { describe, expect, test } from '@jest/globals';
import { condition, routing, type RoutingDocument } from '../../functions/contract/routing.ts';
import { CONDITION_OPS, EXCLUSIONS, REASONS } from '../../functions/contract/words.ts';
import { validateRouting } from '../../functions/core/routing/policy-compile.ts';
import { DENSE_FEATURES } from '../../functions/core/routing/classifier/dense-features.ts';
import { faultOf, FIELDS, newCondition, opsOf, toCondition, toForm } from '../../frontend/src/features/rules/condition-kinds.ts';
import { changesOf, ordered, rebased, withOrder } from '../../frontend/src/features/rules/changes.ts';
import { EMPTY } from '../../frontend/src/features/rules/empty.ts';
import { trace } from '../../frontend/src/i18n/en/trace.ts';

const rule = (id: string, priority: number, more: object = {}) => ({ id, priority, glob: `${id}-*`, target: 'auto', ...more });
const document = (...patterns: object[]): RoutingDocument => routing.parse({ patterns });

test('a new gateway decides by the document that the dashboard takes for the empty one', () => { expect(EMPTY).toEqual(routing.parse({})); });

test('every reason, exclusion, feature and comparison has words', () => {
  const keys = new Set(Object.keys(trace.en));
  const wanted = [...REASONS.flatMap((reason) => [`reason_${reason}`, `because_${reason}`]), ...EXCLUSIONS.map((one) => `excluded_${one}`), ...DENSE_FEATURES.map((one) => `feature_${one}`), 'feature_words', 'feature_bounds', ...CONDITION_OPS.flatMap((op) => [`op_${op}`, `not_${op}`])];
  expect(wanted.filter((key) => !keys.has(key))).toEqual([]);
});

describe('changes', () => {
  test('nothing differs from itself, and each thing that does is told once', () => {
    const before = routing.parse({ aliases: [{ name: 'a', target: 'auto' }, { name: 'gone', target: 'auto' }], patterns: [rule('x', 2), rule('y', 1)], auto: { dial: 40 } });
    expect(changesOf(before, before)).toEqual([]);
    const after = routing.parse({ aliases: [{ name: 'a', target: 'model:m', enabled: false }, { name: 'new', target: 'auto' }], patterns: [rule('x', 2, { enabled: false }), rule('z', 0)], auto: { dial: 60 } });
    expect(changesOf(before, after).map((change) => [change.what, change.kind, 'name' in change ? change.name : change.field])).toEqual([
      ['alias', 'removed', 'gone'], ['alias', 'changed', 'a'], ['alias', 'changed', 'a'], ['alias', 'added', 'new'], ['pattern', 'removed', 'y'], ['pattern', 'changed', 'x'], ['pattern', 'added', 'z'], ['auto', 'changed', 'dial'],
    ]);
  });

  test('one rule that is moved is one move, wherever it goes, and other priorities of the same order are none', () => {
    const list = ['a', 'b', 'c', 'd', 'e'];
    const start = document(...list.map((id, at) => rule(id, 50 - at)));
    for (let from = 0; from < list.length; from += 1) {
      for (let to = 0; to < list.length; to += 1) {
        const patterns = ordered(start.patterns);
        const [moved] = patterns.splice(from, 1);
        if (moved === undefined) throw new Error('no rule');
        const changes = changesOf(start, { ...start, patterns: withOrder(patterns.toSpliced(to, 0, moved)) });
        expect(changes).toHaveLength(from === to ? 0 : 1);
        if (from !== to && Math.abs(from - to) > 1) expect(changes).toEqual([{ what: 'pattern', kind: 'moved', name: list[from], before: from + 1, after: to + 1 }]);
      }
    }
  });
});

describe('my changes on top of theirs', () => {
  const base = routing.parse({ aliases: [{ name: 'a', target: 'auto' }, { name: 'b', target: 'auto' }], patterns: [rule('x', 2), rule('y', 1)], auto: { dial: 40, mode: 'balanced' } });

  test('what only one side touched is as that side left it; where both did, mine counts', () => {
    const mine = { ...base, aliases: [{ name: 'a', target: 'model:mine', enabled: true }, { name: 'c', target: 'auto', enabled: true }], auto: { ...base.auto, dial: 10 } };
    const theirs = { ...base, aliases: [{ name: 'a', target: 'model:theirs', enabled: false }, ...base.aliases.slice(1), { name: 'd', target: 'auto', enabled: true }], patterns: base.patterns.slice(1), auto: { ...base.auto, dial: 90, mode: 'cautious' as const } };
    const merged = rebased(base, mine, theirs);
    expect(merged.aliases).toEqual([{ name: 'a', target: 'model:mine', enabled: false }, { name: 'd', target: 'auto', enabled: true }, { name: 'c', target: 'auto', enabled: true }]);
    expect(merged.patterns.map(({ id }) => id)).toEqual(['y']);
    expect(merged.auto).toMatchObject({ dial: 10, mode: 'cautious' });
  });

  test('without changes of mine theirs comes out, without changes of theirs mine', () => {
    const other = { ...base, patterns: [], auto: { ...base.auto, mode: 'aggressive' as const } };
    expect(rebased(base, base, other)).toEqual(other);
    expect(rebased(base, other, base)).toEqual(other);
  });

  test('a rule that they took away while I changed it comes back, as I changed it', () => {
    const mine = { ...base, patterns: [{ ...rule('x', 2), target: 'model:mine', conditions: [], fallbacks: [], enabled: true }, ...base.patterns.slice(1)] };
    expect(rebased(base, mine, { ...base, patterns: [] }).patterns).toMatchObject([{ id: 'x', target: 'model:mine' }]);
  });
});

describe('the builder of conditions', () => {
  test('offers only what can be saved: every field with every comparison survives the form and the contract', () => {
    for (const field of FIELDS) {
      for (const op of opsOf(field)) {
        const text = field === 'weekday' ? 'mon' : field.startsWith('has_') ? 'true' : '5';
        const form = { ...newCondition(), field, name: field === 'metadata' ? 'team' : '', op, text, to: op === 'between' ? '9' : '', negate: true };
        expect(faultOf(form)).toBeUndefined();
        const made = toCondition(form);
        expect(condition.parse(made)).toEqual(made);
        expect(validateRouting(document({ id: 'x', priority: 1, target: 'auto', conditions: [made] }), new Map()).errors).toEqual([]);
        expect(toCondition(toForm(made))).toEqual(made);
      }
    }
  });

  test.each([['input_tokens', 'gt', '', '', 'needsValue'], ['input_tokens', 'gt', 'many', '', 'needsNumber'], ['hour', 'between', '9', '5', 'needsNumbers'], ['text', 'contains', ' \n ', '', 'needsValue'], ['metadata', 'eq', 'x', '', 'needsMetadata']] as const)('%s %s "%s" "%s" → %s', (field, op, text, to, fault) => {
    expect(faultOf({ ...newCondition(), field, op, text, to })).toBe(fault);
  });
});
