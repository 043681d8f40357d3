import { describe, expect, test } from '@jest/globals';
import { faultOf, type AnswerShape } from '../../../../functions/core/routing/evidence/fault.ts';
import { fitsSchema } from '../../../../functions/core/routing/evidence/fits-schema.ts';

const answer = (shape: Partial<AnswerShape> = {}): AnswerShape => ({ finish: 'stop', hasText: true, hasRefusal: false, text: 'Paris', calls: [], hitOwnLimit: false, ...shape });
const call = (json: string) => ({ name: 'f', json });
const schema = { type: 'object', properties: { city: { type: 'string' }, n: { type: 'integer' } }, required: ['city'], additionalProperties: false };
const json = (text: string): AnswerShape => answer({ text });

describe('what is plainly wrong with an answer', () => {
  test.each([
    ['nothing, for text', answer(), undefined, undefined],
    ['nothing, for a tool call', answer({ finish: 'tool_calls', hasText: false, text: '', calls: [call('{"a":1}')] }), undefined, undefined],
    ['nothing, for a call without arguments', answer({ finish: 'tool_calls', hasText: false, text: '', calls: [call('')] }), undefined, undefined],
    ['nothing, where the caller\'s own limit cut it', answer({ finish: 'length' }), undefined, undefined],
    ['it is empty', answer({ hasText: false, text: '' }), undefined, 'empty'],
    ['it refuses', answer({ hasRefusal: true }), undefined, 'refused'],
    ['it was filtered', answer({ finish: 'content_filter' }), undefined, 'refused'],
    ['it was cut at the model\'s limit', answer({ finish: 'length', hitOwnLimit: true }), undefined, 'truncated'],
    ['arguments are no JSON', answer({ finish: 'tool_calls', calls: [call('{"a":1}'), call('{"a":')] }), undefined, 'tool_arguments'],
    ['arguments are no object', answer({ finish: 'tool_calls', calls: [call('[1]')] }), undefined, 'tool_arguments'],
    ['no JSON came', json('Sure! {"city":"Paris"}'), { type: 'json_object' as const }, 'not_json'],
    ['nothing, for JSON', json('{"anything":1}'), { type: 'json_object' as const }, undefined],
    ['nothing, for JSON that meets the schema', json('{"city":"Paris","n":2}'), { type: 'json_schema' as const, schema }, undefined],
    ['the schema is not met', json('{"n":2}'), { type: 'json_schema' as const, schema }, 'schema'],
    ['a tool call stands in for JSON', answer({ finish: 'tool_calls', text: '', calls: [call('{}')] }), { type: 'json_schema' as const, schema }, undefined],
    ['nothing that is known', answer({ text: undefined }), { type: 'json_schema' as const, schema }, undefined],
  ] as const)('%s', (_name, shape, format, fault) => {
    expect(faultOf(shape, format)).toBe(fault);
  });
});

describe('whether a value meets a schema', () => {
  test.each([
    [{ city: 'x' }, schema, true], [{ city: 1 }, schema, false], [{ city: 'x', more: 1 }, schema, false], [{ city: 'x', n: 1.5 }, schema, false],
    [null, { type: ['string', 'null'] }, true], [1, { type: ['string', 'null'] }, false],
    ['b', { enum: ['a', 'b'] }, true], ['c', { enum: ['a', 'b'] }, false], [{ a: 1 }, { const: { a: 1 } }, true], [{ a: 2 }, { const: { a: 1 } }, false],
    [[1, 2], { type: 'array', items: { type: 'number' } }, true], [[1, 'x'], { type: 'array', items: { type: 'number' } }, false],
    [1, { anyOf: [{ type: 'string' }, { type: 'number' }] }, true], [true, { anyOf: [{ type: 'string' }, { type: 'number' }] }, false],
    [{ a: 1 }, { allOf: [{ required: ['a'] }, { required: ['b'] }] }, false],
    [{ next: { next: {} } }, { $defs: { node: { type: 'object', properties: { next: { $ref: '#/$defs/node' } }, additionalProperties: false } }, $ref: '#/$defs/node' }, true],
    [{ next: { other: 1 } }, { $defs: { node: { type: 'object', properties: { next: { $ref: '#/$defs/node' } }, additionalProperties: false } }, $ref: '#/$defs/node' }, false],
    ['no match', { type: 'string', pattern: '^(a|aa)+$', minLength: 100 }, true], [5, true, true], [5, false, false], [{ __proto__: 1 }, { type: 'object', required: ['toString'] }, false],
  ])('%j against %j: %s', (value, against, fits) => {
    expect(fitsSchema(value, against)).toBe(fits);
  });

  test('a schema that turns in a circle, or branches without end, is given up within a bound', () => {
    expect(fitsSchema(1, { $ref: '#' })).toBeUndefined();
    const branches = { $ref: '#/$defs/b', $defs: { b: { anyOf: Array.from({ length: 50 }, () => ({ allOf: [{ $ref: '#/$defs/b' }, false] })) } } };
    expect(fitsSchema(1, branches)).toBeUndefined();
    let deep: unknown = 1;
    for (let level = 0; level < 20_000; level += 1) deep = [deep];
    expect(fitsSchema(deep, { const: [[1]] })).toBeUndefined();
  });
});
