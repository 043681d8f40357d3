import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { root, sources } from './tree.ts';

const page = readFileSync(join(root, 'docs/operations.md'), 'utf8');
const code = [...sources('functions', 'infra').values()].join('\n');
const rows = page.split('\n').filter((line) => line.startsWith('| '));

test('the operator\'s page names every metric that there is, and none that there is not', () => {
  const made = new Set([...code.matchAll(/\b(?:bsgateway|process|nodejs)_[a-z_]+(?:_total|_seconds|_bytes|_breakers)\b/g)].map(([name]) => name));
  const told = new Set([...page.matchAll(/\b(?:bsgateway|process|nodejs)_[a-z_]+(?:_total|_seconds|_bytes|_breakers)\b/g)].map(([name]) => name));
  expect([...told].toSorted()).toEqual([...made].toSorted());
});

test('it names every field and the events of the log', () => {
  const [, list = ''] = /const ALLOWED[^=]*= \[([^\]]+)\]/.exec(readFileSync(join(root, 'functions/adapters/observe/log.ts'), 'utf8')) ?? [];
  const fields = [...list.matchAll(/'(\w+)'/g)].map(([, name]) => name ?? '');
  expect(fields.length).toBeGreaterThan(10);
  for (const name of fields) expect(page).toContain(`\`${name}\``);
  const told = rows.flatMap((row) => [...(row.split('|')[1] ?? '').matchAll(/`([a-z -]+)`/g)].map(([, name]) => name ?? '')).filter((name) => name.includes(' ') || ['crashed', 'request'].includes(name));
  for (const event of told) expect([event, code.includes(`'${event}'`) || code.includes(`"event":"${event}"`)]).toEqual([event, true]);
  expect(told.length).toBeGreaterThanOrEqual(10);
});

test('the commands and files that it names exist', () => {
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { scripts: Record<string, string> };
  for (const [, name = ''] of page.matchAll(/npm run (?:-s )?([\w:-]+)/g)) expect([name, name in scripts]).toEqual([name, true]);
  for (const [, path = ''] of page.matchAll(/\]\(\.\.\/([^)]+)\)/g)) expect(readFileSync(join(root, path), 'utf8').length).toBeGreaterThan(0);
  expect(readFileSync(join(root, 'README.md'), 'utf8')).toContain('(docs/operations.md)');
});
