import { describe, expect, jest, test } from '@jest/globals';
import * as fc from 'fast-check';
import { rejectInfrastructureFields, scanBody, splice, type Edit } from '../../../functions/core/dialects/json-scan.ts';
import { GatewayError } from '../../../functions/core/errors.ts';
import { full } from '../../support/full.ts';

const BOUNDS = { maxDepth: 64, maxKeys: 100_000 };
const scan = (text: string, bounds = BOUNDS) => scanBody(Buffer.from(text), bounds);
const refusal = (run: () => unknown): string => {
  try {
    run();
    return 'accepted';
  } catch (error) {
    return error instanceof GatewayError ? `${error.failure.code}: ${error.failure.message}` : `threw ${String(error)}`;
  }
};

describe('scanBody', () => {
  test('finds every top-level value exactly, however the JSON is spaced and escaped', () => {
    const value = fc.jsonValue({ maxDepth: 4 });
    const space = fc.stringMatching(/^[ \t\n\r]{0,3}$/);
    fc.assert(fc.property(fc.dictionary(fc.string({ unit: 'grapheme' }), value, { maxKeys: 8 }), space, fc.integer({ min: 0, max: 3 }), (object, pad, indent) => {
      fc.pre(!JSON.stringify(object).includes('__proto__') && !JSON.stringify(object).includes('prototype'));
      const text = pad + JSON.stringify(object, null, indent) + pad;
      const bytes = Buffer.from(text);
      const { members } = scanBody(bytes, BOUNDS);
      const parsed = JSON.parse(text) as Record<string, unknown>;
      expect([...members.keys()].toSorted()).toEqual(Object.keys(parsed).toSorted());
      for (const [name, { start, end }] of members) expect(JSON.parse(bytes.subarray(start, end).toString())).toEqual(parsed[name]);
    }), { numRuns: full(2000) });
  });

  test('of a repeated key the last value counts, as in JSON.parse, and escaped spellings are the same key', () => {
    const text = '{"model":"a","x":1,"mo\\u0064el":"b"}';
    const { members } = scan(text);
    expect(text.slice(members.get('model')?.start, members.get('model')?.end)).toBe('"b"');
    expect(JSON.parse(text)).toMatchObject({ model: 'b' });
  });

  test.each(['', '   ', '[]', '"x"', '1', 'null', '\uFEFF{}', '{', '{"a":1', '{"a":"x', '{"a":[1}', '{"a":1}]', '{"a":1}{}', '{"a" 1}', '{{}}', '{"a":"\\"}'])('refuses %j', (text) => {
    expect(refusal(() => scan(text))).toMatch(/^invalid_request: /);
  });

  test.each(['{"__proto__":1}', '{"a":{"__proto__":{}}}', '{"\\u005f_proto__":1}', '{"a":[{"\\u005f\\u005fproto\\u005f_":1}]}', '{"constructor":{"prototype":1}}', '{"a":{"constructor":{"b":1,"pro\\u0074otype":{}}}}'])(
    'refuses the poisoned key in %s', (text) => {
      expect(refusal(() => scan(text))).toContain('forbidden key');
    },
  );

  test.each(['{"constructor":1}', '{"prototype":{"a":1}}', '{"constructor":{"a":{"prototype":1}}}', '{"constructor":[{"prototype":1}]}', '{"a":"__proto__"}', '{"constructor":1,"b":{"prototype":1}}'])(
    'accepts the harmless %s', (text) => {
      expect(refusal(() => scan(text))).toBe('accepted');
    },
  );

  test('the depth bound is exact, in objects and arrays alike', () => {
    const nested = (depth: number): string => `{"a":${'['.repeat(depth - 1)}${']'.repeat(depth - 1)}}`;
    expect(refusal(() => scan(nested(64)))).toBe('accepted');
    expect(refusal(() => scan(nested(65)))).toContain('64 levels');
    expect(refusal(() => scan(`${'{"a":'.repeat(65)}1${'}'.repeat(65)}`))).toContain('64 levels');
  });

  test('brackets inside strings are no nesting', () => {
    expect(refusal(() => scan(JSON.stringify({ a: '[{'.repeat(500), b: '\\"[[['.repeat(100) })))).toBe('accepted');
  });

  test('the key bound is exact and counts nested keys', () => {
    const keys = (count: number): string => `{"a":{${Array.from({ length: count - 1 }, (_, at) => `"k${at}":${at}`).join(',')}}}`;
    expect(refusal(() => scan(keys(1_000), { maxDepth: 64, maxKeys: 1_000 }))).toBe('accepted');
    expect(refusal(() => scan(keys(1_001), { maxDepth: 64, maxKeys: 1_000 }))).toContain('1000 keys');
  });

  test.each([65, 5_000, 100_000, 1_000_000])('nesting of %d levels is refused without building anything', (depth) => {
    const bytes = Buffer.from(`{"a":${'['.repeat(depth)}`);
    const parse = jest.spyOn(JSON, 'parse');
    expect(refusal(() => scanBody(bytes, BOUNDS))).toContain('64 levels');
    expect(parse).not.toHaveBeenCalled();
    parse.mockRestore();
  });

  test('arbitrary bytes are accepted or refused, never anything else', () => {
    fc.assert(fc.property(fc.oneof(fc.string(), fc.json().map((text) => text.slice(0, -1)), fc.stringMatching(/^[{}[\]",:\\ a1]{0,40}$/)), (text) => {
      expect(refusal(() => scan(`{${text}`))).toMatch(/^(accepted|invalid_request: )/);
    }), { numRuns: full(5000) });
  });

  test('what the scan accepts and JSON.parse too, they read alike', () => {
    fc.assert(fc.property(fc.stringMatching(/^[{}[\]",:\\a1 ]{0,16}$/), (inner) => {
      const text = `{${inner}}`;
      let parsed: Record<string, unknown>;
      try {
        parsed = JSON.parse(text) as Record<string, unknown>;
      } catch {
        return;
      }
      expect([...scan(text).members.keys()].toSorted()).toEqual(Object.keys(parsed).toSorted());
    }), { numRuns: full(20_000) });
  });

  test('long texts are jumped over: 64 KiB of prose costs a fraction of parsing it', () => {
    const bytes = Buffer.from(JSON.stringify({ model: 'auto', messages: [{ role: 'user', content: 'Some plain prose without quotes. '.repeat(2000) }] }));
    const best = (run: () => unknown): number => Math.min(...Array.from({ length: 50 }, () => {
      const before = performance.now();
      run();
      return performance.now() - before;
    }));
    expect(best(() => scanBody(bytes, BOUNDS))).toBeLessThan(best(() => JSON.parse(bytes.toString())));
  });
});

describe('splice', () => {
  test('replaces exactly the spans it is given and leaves every other byte alone', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), fc.array(fc.tuple(fc.nat(200), fc.nat(20), fc.string()), { maxLength: 5 }), (bytes, raw) => {
      const edits: Edit[] = [];
      let from = 0;
      for (const [gap, size, text] of raw) {
        const start = Math.min(bytes.length, from + gap);
        const end = Math.min(bytes.length, start + size);
        if (edits.some((edit) => edit.start === start)) continue;
        edits.push({ start, end, text });
        from = end;
      }
      let expected = Buffer.from(bytes);
      for (const { start, end, text } of edits.toReversed()) expected = Buffer.concat([expected.subarray(0, start), Buffer.from(text), expected.subarray(end)]);
      expect(Buffer.from(splice(bytes, edits.toReversed())).equals(expected)).toBe(true);
    }), { numRuns: full(2000) });
  });

  describe('a text that may read 1h', () => {
    const spelt = (text: string): fc.Arbitrary<string> => fc.tuple(...[...text].map((unit) => fc.boolean().map((escaped) => (escaped ? `\\u00${unit.charCodeAt(0).toString(16)}` : unit)))).map((units) => `"${units.join('')}"`);

    test('is seen at any depth, however spelt', () => {
      fc.assert(fc.property(spelt('1h'), fc.jsonValue({ maxDepth: 3 }), fc.nat(5), (text, beside, depth) => {
        fc.pre(!/__proto__|prototype/.test(JSON.stringify(beside)));
        let value = `{"type":"ephemeral","ttl":${text}}`;
        for (let at = 0; at < depth; at += 1) value = at % 2 === 0 ? `[${JSON.stringify(beside)}, ${value}]` : `{"in": ${value}}`;
        expect(scan(`{"model":"m","messages":${value}}`).mayReadHour).toBe(true);
      }), { numRuns: full(2000) });
    });

    test.each(['{"1h":"model"}', '{"model":"1d"}', '{"model":"11h"}', '{"ttl":"5m"}', '{"text":"\\"1h\\" and more of it"}', '{"text":"ab\\u00e9"}'])('is not taken for one in %s', (text) => {
      expect(scan(text).mayReadHour).toBe(false);
    });
  });

  test('a new member can be inserted after the opening brace', () => {
    const bytes = Buffer.from(' { "model" : "auto" }');
    const { insertAt, members } = scanBody(bytes, BOUNDS);
    const model = members.get('model') ?? { start: 0, end: 0 };
    expect(Buffer.from(splice(bytes, [{ ...model, text: '"gpt"' }, { start: insertAt, end: insertAt, text: '"n":1,' }])).toString()).toBe(' {"n":1, "model" : "gpt" }');
  });
});

describe('rejectInfrastructureFields', () => {
  const check = (names: string[], query = '', headers: Record<string, string> = {}): string => refusal(() => rejectInfrastructureFields(names, new URLSearchParams(query), headers));

  test.each(['api_base', 'base_url', 'api_key', 'api_version', 'api_type', 'organization', 'extra_headers', 'extra_body', 'extra_query', 'headers', 'proxy', 'custom_llm_provider', 'deployment_id', 'azure_endpoint', 'aws_region_name', 'vertex_project'])(
    'guarantee F4: %s is refused by name in body and query', (name) => {
      expect(check(['model', name])).toContain(name);
      expect(check([], `${name}=x`)).toContain(name);
      expect(check([], `${name.toUpperCase()}=x`)).toContain('query parameter');
    },
  );

  test.each(['x-portkey-custom-host', 'x-litellm-api-base', 'helicone-target-url', 'x-upstream-host', 'x-bsg-upstream', 'x-bsg-upstream-url'])('guarantee F4: the header %s is refused by name', (name) => {
    expect(check([], '', { accept: '*/*', [name]: 'x' })).toContain(name);
  });

  test('ordinary requests pass, also with query strings that other clients send', () => {
    expect(check(['model', 'messages', 'metadata', 'awsome'], 'beta=true&api-version=2024-06-01', { 'x-session-id': '1', 'x-bsg-strict': 'true' })).toBe('accepted');
  });
});
