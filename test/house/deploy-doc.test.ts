import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { readOptions } from '../../infra/options.ts';
import { root } from './tree.ts';

const page = readFileSync(join(root, 'docs/deploy.md'), 'utf8');
const rows = page.split('\n').filter((line) => line.startsWith('| ')).map((line) => line.split('|').slice(1, -1).map((cell) => cell.trim()));

test('the operator\'s guide names every option of the stack with its default, and none that there is not', () => {
  const options = readOptions({});
  const told = rows.filter(([name]) => name?.startsWith('`') === true).flatMap(([names = '', defaults = '']) => {
    const values = [...defaults.matchAll(/`([^`]+)`/g)].map(([, value]) => value);
    return [...names.matchAll(/`(\w+)`/g)].map(([, name], at): [string, string | undefined] => [String(name), values[at]]);
  });
  // How people sign in with BSVibe has a page of its own.
  const [signIn, others] = [Object.keys(options).filter((name) => name.startsWith('bsvibe')), Object.keys(options).filter((name) => !name.startsWith('bsvibe'))];
  expect(told.map(([name]) => name).toSorted()).toEqual(others.toSorted());
  const signInPage = readFileSync(join(root, 'docs/sign-in.md'), 'utf8');
  for (const name of signIn) expect([name, signInPage.includes(name)]).toEqual([name, true]);
  expect(page).toContain('(sign-in.md)');
  for (const [name, fallback] of told) {
    const value = options[name as keyof typeof options];
    expect([name, fallback]).toEqual([name, value === undefined || String(value) === '' ? undefined : String(value)]);
  }
});

const price = (name: string): number => Number(rows.find(([first]) => first === name)?.[1]);

test('its worked examples follow from its formula and its prices', () => {
  const perMillion = price('api') + price('invocation') + 6 * 1 * price('compute') + 12 * price('write') + price('storage') + price('logs');
  const examples = rows.filter(([first]) => /^[\d,]+$/.test(first ?? ''));
  expect(examples).toHaveLength(3);
  for (const [requests = '', usd, per1000] of examples) {
    const millions = Number(requests.replaceAll(',', '')) / 1e6;
    const total = price('fixed') + millions * perMillion;
    expect([usd, per1000]).toEqual([total.toFixed(2), (total / millions / 1000).toFixed(3)]);
  }
});

test('what the web mode consumes follows from its formula', () => {
  const examples = rows.filter(([first]) => /^[\d,]+, web$/.test(first ?? ''));
  expect(examples).toHaveLength(3);
  // What web mode replaces.
  expect(page).toContain(`the ${(price('api') + price('invocation') + 6 * price('compute')).toFixed(2)} USD that API Gateway and Lambda take`);
  for (const [requests = '', ...figures] of examples) {
    const count = Number(requests.replace(', web', '').replaceAll(',', ''));
    const [usd, ...consumed] = figures.map((figure) => Number(figure.replaceAll(',', '')));
    expect(usd).toBeCloseTo(price('fixed') + 1.4 + (count / 1e6) * (12 * price('write') + price('storage') + price('logs')), 2);
    expect(consumed).toEqual([count * 0.0055, (count * 6) / 16, count * 6].map(Math.round));
  }
});

test('what the runbook says to look for in a log is what the functions write', () => {
  const code = readdirSync(join(root, 'functions'), { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts')).map((name) => readFileSync(join(root, 'functions', name), 'utf8')).join('\n');
  const events = [...code.matchAll(/\blog\.(?:error|warn|info)\('([^']+)'/g)].map(([, event]) => event);
  const runbook = page.slice(page.indexOf('## Runbook'), page.indexOf('## What only a real account'));
  const named = [...runbook.matchAll(/`((?!aws |npm )[a-z-]+(?: [a-z-]+)+)`/g)].map(([, words]) => words);
  expect(named.length).toBeGreaterThan(4);
  for (const words of named) expect(events).toContain(words);
});

test('the commands that it names exist, and the README leads to it', () => {
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { scripts: Record<string, string> };
  for (const [, name = ''] of page.matchAll(/npm run (?:-s )?([\w:-]+)/g)) expect([name, name in scripts]).toEqual([name, true]);
  expect(readFileSync(join(root, 'README.md'), 'utf8')).toContain('(docs/deploy.md)');
});
