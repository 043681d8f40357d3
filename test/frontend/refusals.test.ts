import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { byCode, sentences } from '../../frontend/src/i18n/ko/index.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const read = (folder: string): string => readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.ts')).map((path) => readFileSync(join(ROOT, folder, path), 'utf8')).join('\n');
const admin = read('functions/admin');
const gateway = read('functions/gateway');
const all = `${admin}\n${gateway}\n${read('functions/core')}\n${read('functions/contract')}`;
const quoted = (sentence: string): string => `'${sentence.replaceAll('\'', '\\\'')}'`;

test('every sentence that is translated is one that the API says', () => {
  expect(Object.keys(sentences).filter((sentence) => !all.includes(quoted(sentence)))).toEqual([]);
});

test('every refusal of the admin API that is one fixed sentence is said in Korean', () => {
  const said = [...admin.matchAll(/new AdminError\('(\w+)', '((?:[^'\\]|\\.)+)'/g)].map(([, code = '', sentence = '']) => [code, sentence.replaceAll('\\\'', '\'')] as const);
  expect(said.length).toBeGreaterThan(40);
  expect(said.filter(([code, sentence]) => sentences[sentence] === undefined && byCode[code] === undefined)).toEqual([]);
});

test('every refusal whose sentence is put together is said in Korean by its code', () => {
  const codes = new Set([...admin.matchAll(/new AdminError\('(\w+)', `/g)].map(([, code = '']) => code));
  // These two say what is wrong with what was sent: no code could say it instead.
  for (const code of ['invalid_request', 'conflict']) codes.delete(code);
  expect([...codes].filter((code) => byCode[code] === undefined)).toEqual([]);
});

test('every hint about a refused request or a model that was tried is said in Korean', () => {
  const hints = (source: string): string[] => [...source.matchAll(/(?:^ {2}\w+: |return |= )'([A-Z](?:[^'\\]|\\.)+\.)'/gm)].map(([, sentence = '']) => sentence);
  const said = [...hints(readFileSync(join(ROOT, 'functions/admin/usage/refusal-hints.ts'), 'utf8')), ...hints(readFileSync(join(ROOT, 'functions/gateway/test-model.ts'), 'utf8'))];
  expect(said.length).toBeGreaterThan(20);
  expect(said.filter((sentence) => sentences[sentence] === undefined)).toEqual([]);
});
