import { expect, test } from '@jest/globals';
import { accessLine, framesOf, jsonLog, type LogFields } from '../../../functions/adapters/observe/log.ts';

const AT = Date.UTC(2026, 0, 2, 3, 4, 5, 6);

test('a line is one JSON object with time, level, event and nothing but the closed set of fields', () => {
  const lines: string[] = [];
  const log = jsonLog((line) => lines.push(line), () => AT);
  log.warn('settlement spooled', { requestId: 'r', keyId: 'k', body: 'prompt-canary', authorization: 'Bearer x', message: 'text' } as LogFields);
  log.info('a\nb', { kind: 'x\n{"level":"error"}' });
  expect(lines.map((line) => line.endsWith('}\n') && line.trim().split('\n').length)).toEqual([1, 1]);
  expect(lines.map((line) => JSON.parse(line) as object)).toEqual([
    { at: '2026-01-02T03:04:05.006Z', level: 'warn', event: 'settlement spooled', requestId: 'r', keyId: 'k' },
    { at: '2026-01-02T03:04:05.006Z', level: 'info', event: 'a\nb', kind: 'x\n{"level":"error"}' },
  ]);
});

test.each(['GET', 'M-SEARCH', 'G"T', 'GET\n', `${'A'.repeat(33)}`, 'get'])('the access line of the method %j is one JSON object, whatever the method is', (method) => {
  const line = accessLine({ method, route: '/v1/messages', status: 200, ms: 12, requestId: '01ARZ3NDEKTSV4RRFFQ69G5FAV' }, AT);
  expect(JSON.parse(line)).toEqual({ at: '2026-01-02T03:04:05.006Z', level: 'info', event: 'request', requestId: '01ARZ3NDEKTSV4RRFFQ69G5FAV', method: /^(?:GET|M-SEARCH)$/.test(method) ? method : 'OTHER', route: '/v1/messages', status: 200, ms: 12 });
});

test('the places of an error come without its message and without folders', () => {
  let thrown: unknown;
  try {
    JSON.parse('prompt-canary');
  } catch (error) {
    thrown = error;
  }
  expect(String(thrown)).toContain('prompt-canary');
  const where = framesOf(thrown);
  expect(where).toMatch(/log\.test\.ts:\d+:\d+/);
  expect(where).not.toMatch(/canary|\/test\//);
  const multiline = new Error('one\n    at prompt-canary (/secret/folder/x.ts:1:2)\n    canary');
  expect(framesOf(multiline)).not.toMatch(/canary|secret/);
  expect([framesOf('text'), framesOf(undefined)]).toEqual(['', '']);
});
