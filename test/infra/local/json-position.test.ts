import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { jsonErrorPosition } from '../../../infra/local/json-position.ts';

const isJson = (text: string): boolean => {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
};

describe('the place where a text stops being JSON', () => {
  test.each([
    ['', 1, 1], ['{', 1, 2], ['{\n  "a": 1,\n}', 3, 1], ['{"a": tru}', 1, 7], ['[1 2]', 1, 4], ['{"a":1}\nx', 2, 1], ["{'a':1}", 1, 2],
    ['// no\n{}', 1, 1], ['[1,,2]', 1, 4], ['"a\nb"', 1, 1], ['{"a" 1}', 1, 6], ['[01]', 1, 2], ['{"a":1]', 1, 7],
  ])('of %j', (text, line, column) => {
    expect(jsonErrorPosition(text)).toEqual({ line, column });
  });

  test('is found exactly for what JSON.parse refuses', () => {
    const edited = fc.tuple(fc.json(), fc.nat(), fc.constantFrom('', ',', '"', '}', ']', '{', '0', '\\', 'e', ' ', '\u0001')).map(([text, at, insert]) => {
      const place = at % (text.length + 1);
      return text.slice(0, place) + insert + text.slice(place + (at % 2));
    });
    fc.assert(fc.property(fc.oneof(fc.json(), edited), (text) => {
      expect(jsonErrorPosition(text) === undefined).toBe(isJson(text));
    }), { numRuns: 2_000 });
  });

  test('of a document with a million levels is found without running out of stack', () => {
    expect(jsonErrorPosition('['.repeat(1_000_000))).toEqual({ line: 1, column: 1_000_001 });
    expect(jsonErrorPosition(`"${'\\n'.repeat(1_000_000)}"`)).toBeUndefined();
  });
});
