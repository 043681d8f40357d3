import { join } from 'node:path';
import { expect, test } from '@jest/globals';

interface Line { readonly ok: boolean; readonly text: string }
type Manifest = Record<string, { file: string; css?: string[]; imports?: string[] }>;
const { budgetLines } = (await import(join(import.meta.dirname, '..', '..', 'tools', 'dashboard-budgets.mjs'))) as { budgetLines(manifest: Manifest, size: (file: string) => number): Line[] };

const MANIFEST: Manifest = {
  'index.html': { file: 'main.js', css: ['base.css'], imports: ['_react.js'] }, '_react.js': { file: 'react.js' }, '_kit.js': { file: 'kit.js', css: ['kit.css'] }, '_form.js': { file: 'form.js' },
  'src/app/entry.tsx': { file: 'app.js', imports: ['_kit.js', 'index.html'] }, 'src/auth/entry.tsx': { file: 'login.js', imports: ['index.html'] },
  'src/features/overview/index.tsx': { file: 'overview.js', css: ['overview.css'], imports: ['_kit.js'] }, 'src/features/keys/index.tsx': { file: 'keys.js', imports: ['_kit.js', '_form.js'] },
};
const lines = (sizes: Record<string, number>): Line[] => budgetLines(MANIFEST, (file) => sizes[file] ?? 1_000);
const broken = (sizes: Record<string, number>): string[] => lines(sizes).filter(({ ok }) => !ok).map(({ text }) => text.split(':')[0] ?? '');

test('a page weighs what it loads before it runs, each file once', () => {
  expect(lines({ 'react.js': 60_000 }).find(({ text }) => text.startsWith('JavaScript to the first'))?.text).toBe('JavaScript to the first useful paint of the overview: 64.0 KB (at most 200)');
  expect(lines({}).find(({ text }) => text.startsWith('JavaScript of keys'))?.text).toBe('JavaScript of keys alone: 2.0 KB (at most 45)');
});

test('each budget breaks by itself', () => {
  expect(broken({})).toEqual([]);
  expect(broken({ 'overview.js': 197_001 })).toEqual(['JavaScript to the first useful paint of the overview']);
  expect(broken({ 'login.js': 109_000 })).toEqual(['JavaScript of the sign-in page']);
  expect(broken({ 'form.js': 45_000 })).toEqual(['JavaScript of keys alone']);
  expect(broken({ 'kit.css': 35_000 })).toEqual(['styles of the overview', 'styles of all pages together']);
});
