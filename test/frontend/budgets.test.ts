import { join } from 'node:path';
import { expect, test } from '@jest/globals';

interface Line { readonly ok: boolean; readonly text: string; readonly isTime?: boolean; readonly isAgain?: boolean }
type Manifest = Record<string, { file: string; css?: string[]; imports?: string[] }>;
interface Vitals { readonly lcpMs: number; readonly cls: number }
const { budgetLines, judgedTwice, vitalsLines } = (await import(join(import.meta.dirname, '..', '..', 'tools', 'dashboard-budgets.mjs'))) as {
  budgetLines(manifest: Manifest, size: (file: string) => number): Line[];
  judgedTwice(measure: () => Promise<Line[]>): Promise<Line[]>;
  vitalsLines(measured: { overview: readonly Vitals[]; first: readonly Vitals[]; others: ReadonlyMap<string, Vitals> }): Line[];
};

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

test('the paint is judged by its median, shifts by the worst of all runs and pages', () => {
  const run = (lcpMs: number, cls = 0): Vitals => ({ lcpMs, cls });
  const judged = (overview: readonly Vitals[], others: Record<string, Vitals> = {}, first: readonly Vitals[] = [run(1)]): boolean[] => vitalsLines({ overview, first, others: new Map(Object.entries(others)) }).map(({ ok }) => ok);
  expect(judged([run(2_900), run(9_000), run(2_000), run(3_000), run(4_000)])).toEqual([true, true, true]);
  expect(judged([run(2_900), run(9_000), run(2_000), run(3_001), run(4_000)])).toEqual([false, true, true]);
  expect(judged([run(0)])).toEqual([false, true, true]);
  expect(judged([run(1), run(1, 0.021)], { '/keys': run(9_000, 0.02), '/audit': run(1, 0.03) })).toEqual([true, true, false, true, false]);
  expect(judged([run(1)], {}, [run(3_001), run(9_000), run(1)])).toEqual([true, false, true]);
  expect(judged([run(1)], {}, [run(1, 0.021)])).toEqual([true, true, false]);
  expect(judged([run(1)], {}, [])).toEqual([true, false, true]);
});

test('a time that is over is measured once more and both are told; a shift counts however often it is not seen', async () => {
  const time = (ok: boolean): Line => ({ ok, text: `paint ${ok}`, isTime: true });
  const shift = (ok: boolean): Line => ({ ok, text: `shift ${ok}` });
  const judged = async (...measured: Line[][]): Promise<[boolean, number, number]> => {
    const left = [...measured];
    const found = await judgedTwice(async () => left.shift() ?? []);
    return [found.every(({ ok }) => ok), found.filter(({ isAgain }) => isAgain === true).length, measured.length - left.length];
  };
  expect(await judged([time(true), shift(true)], [time(false)])).toEqual([true, 0, 1]);
  expect(await judged([time(false), shift(true)], [time(true), shift(true)])).toEqual([true, 1, 2]);
  expect(await judged([time(false)], [time(false)], [time(true)])).toEqual([false, 1, 2]);
  expect(await judged([time(true), shift(false)], [time(true), shift(true)])).toEqual([false, 0, 1]);
  expect(await judged([time(false), shift(false)], [time(true), shift(true)])).toEqual([false, 1, 2]);
});
