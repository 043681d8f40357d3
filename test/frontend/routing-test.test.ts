import { describe, expect, test } from '@jest/globals';
import { dialectOf, bodyOf, curlOf } from '../../frontend/src/features/routing-test/request.ts';
import { jsonFault } from '../../frontend/src/features/routing-test/json-fault.ts';
import { addUp } from '../../frontend/src/features/trace/add-up.ts';

describe('where a text stops being JSON', () => {
  test.each([
    ['{"a": 1}', undefined], [' [1, -2.5e3, true, null, "\\u00e9\\n"] ', undefined],
    ['', { line: 1, column: 1 }], ['{"model": "auto",\n  "messages": [,]\n}', { line: 2, column: 16 }], ['{"a": 1,}', { line: 1, column: 9 }],
    ["{'a': 1}", { line: 1, column: 2 }], ['{"a" 1}', { line: 1, column: 6 }], ['[1 2]', { line: 1, column: 4 }], ['{"a": 1', { line: 1, column: 8 }],
    ['{"a": "b\nc"}', { line: 1, column: 9 }], ['"\\x"', { line: 1, column: 2 }], ['{"a": tru}', { line: 1, column: 7 }], ['{} {}', { line: 1, column: 4 }], ['[1}', { line: 1, column: 3 }], ['01', { line: 1, column: 2 }],
  ])('%j', (text, fault) => { expect(jsonFault(text)).toEqual(fault); });

  test('never contradicts JSON.parse, whatever is cut or put in', () => {
    const text = JSON.stringify({ model: 'auto', n: [1, -2.5, 1e9, true, false, null], messages: [{ role: 'user', content: 'Say "hi"\n\\ \u00e9' }] }, null, 1);
    const parses = (candidate: string): boolean => {
      try {
        JSON.parse(candidate);
        return true;
      } catch {
        return false;
      }
    };
    for (let at = 0; at < text.length; at += 1) {
      for (const candidate of [text.slice(0, at) + text.slice(at + 1), `${text.slice(0, at)},${text.slice(at)}`, `${text.slice(0, at)}"${text.slice(at)}`, text.slice(0, at)]) {
        const fault = jsonFault(candidate);
        expect(fault === undefined).toBe(parses(candidate));
        if (fault !== undefined) expect(fault.line).toBeLessThanOrEqual(candidate.split('\n').length);
      }
    }
  });

  test('a megabyte of brackets and of text is no trouble', () => {
    expect(jsonFault('['.repeat(1_000_000))).toEqual({ line: 1, column: 1_000_001 });
    expect(jsonFault(`"${'x'.repeat(1_000_000)}`)).toEqual({ line: 1, column: 1_000_002 });
  });
});

test('the parts of a score are rounded so that they add up to the sum that is shown', () => {
  let seed = 7;
  const random = (): number => { seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31; return seed / 2 ** 31; };
  for (let round = 0; round < 500; round += 1) {
    const parts = Array.from({ length: 1 + Math.floor(random() * 12) }, () => random() * 60 - 20);
    const total = parts.reduce((sum, part) => sum + part, 0);
    const shown = addUp(parts, total);
    expect(shown.reduce((sum, part) => sum + part, 0)).toBeCloseTo(Math.round(total * 10) / 10, 6);
    for (const [at, part] of shown.entries()) expect(Math.abs(part - (parts[at] ?? 0))).toBeLessThanOrEqual(0.1 + 1e-9);
  }
});

test('a request is told by its fields, and the form writes each API as its clients do', () => {
  const form = { model: 'auto', system: 'Be kind.', messages: [{ id: 1, role: 'user' as const, text: "It's" }], tools: 1 };
  for (const dialect of ['openai-chat', 'openai-responses', 'anthropic-messages'] as const) expect(dialectOf(bodyOf(form, dialect))).toBe(dialect);
  const command = curlOf(bodyOf(form, 'openai-chat'), 'openai-chat', 'http://127.0.0.1:8787/v1');
  expect(command).toContain("It'\\''s");
  expect(command).toContain('curl http://127.0.0.1:8787/v1/chat/completions');
});
