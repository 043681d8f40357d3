import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { dashboardFolder } from './build-dashboard.mjs';

/** On the slow phone of test/browser/vitals.ts: ms to the largest contentful paint (median), and how much anything moves. */
export const VITALS = { lcpMs: 3_000, cls: 0.02, runs: 5 };

/** Kilobytes (1,000 bytes) after gzip -9: what a page may weigh. */
export const BUDGETS = { overview: 200, login: 110, route: 45, css: 36, font: 30 };
const ENTRY = 'index.html';
const PAGES = /^src\/features\/[^/]+\/index\.tsx$/;

/**
 * What the built dashboard weighs, by the bundler's manifest: one line per budget, each with whether it holds.
 * @param {Record<string, { file: string, css?: string[], imports?: string[], dynamicImports?: string[], isDynamicEntry?: boolean }>} manifest
 * @param {(file: string) => number} size bytes after compression
 * @returns {{ ok: boolean, text: string }[]}
 */
export function budgetLines(manifest, size) {
  const weigh = (...names) => kilobytes([...filesOf(manifest, names)].filter((file) => file.endsWith('.js')), size);
  const app = 'src/app/entry.tsx';
  const first = filesOf(manifest, [ENTRY, app, 'src/features/overview/index.tsx']);
  const line = (what, value, budget) => ({ ok: value <= budget, text: `${what}: ${value.toFixed(1)} KB (at most ${budget})` });
  const routes = Object.keys(manifest).filter((name) => PAGES.test(name) && name !== 'src/features/overview/index.tsx').toSorted();
  const shared = filesOf(manifest, [ENTRY, app]);
  const fonts = [...new Set(Object.values(manifest).map(({ file }) => file))].filter((file) => file.endsWith('.woff2'));
  return [
    line('JavaScript to the first useful paint of the overview', weigh(ENTRY, app, 'src/features/overview/index.tsx'), BUDGETS.overview),
    line('JavaScript of the sign-in page', weigh(ENTRY, 'src/auth/entry.tsx'), BUDGETS.login),
    line('styles of the overview', kilobytes([...first].filter((file) => file.endsWith('.css')), size), BUDGETS.css),
    line('styles of all pages together', kilobytes([...new Set(Object.values(manifest).flatMap(({ css = [] }) => css))], size), BUDGETS.css),
    ...fonts.map((font) => line('font before the first paint', kilobytes([font], size), BUDGETS.font)),
    ...routes.map((name) => line(`JavaScript of ${name.split('/')[2]} alone`, kilobytes([...filesOf(manifest, [name])].filter((file) => file.endsWith('.js') && !shared.has(file)), size), BUDGETS.route)),
  ];
}

const kilobytes = (files, size) => files.reduce((sum, file) => sum + size(file), 0) / 1000;

/** The files of entries and of everything that they import before they run. */
function filesOf(manifest, names) {
  const files = new Set();
  const seen = new Set();
  const visit = (name) => {
    const chunk = manifest[name];
    if (chunk === undefined) throw new Error(`the build has no ${name}`);
    if (seen.has(name)) return;
    seen.add(name);
    files.add(chunk.file);
    for (const css of chunk.css ?? []) files.add(css);
    for (const imported of chunk.imports ?? []) visit(imported);
  };
  for (const name of names) visit(name);
  return files;
}

/**
 * What opening the dashboard costs, by runs of the overview, those of somebody's first visit apart, and one of every other page: one line per budget.
 * @param {{ overview: readonly { lcpMs: number, cls: number }[], first: readonly { lcpMs: number, cls: number }[], others: ReadonlyMap<string, { lcpMs: number, cls: number }> }} measured
 * @returns {{ ok: boolean, text: string, isTime?: boolean }[]}
 */
export function vitalsLines({ overview, first, others }) {
  const paint = (what, runs) => {
    const paints = runs.map(({ lcpMs }) => lcpMs).toSorted((a, b) => a - b);
    const median = paints[paints.length >> 1] ?? Infinity;
    return { ok: median > 0 && median <= VITALS.lcpMs, isTime: true, text: `largest contentful paint of ${what} on a slow phone: ${Math.round(median)} ms, median of ${paints.map(Math.round).join(', ')} (at most ${VITALS.lcpMs})` };
  };
  const shift = (what, cls) => ({ ok: cls <= VITALS.cls, text: `layout shift of ${what}: ${cls.toFixed(3)} (at most ${VITALS.cls})` });
  return [
    paint('the overview', overview),
    paint('the overview at a first visit', first),
    shift('the overview', Math.max(...[...overview, ...first].map(({ cls }) => cls))),
    ...[...others].map(([path, { cls }]) => shift(path, cls)),
  ];
}

/**
 * Whoever else is on the machine can make a page slower and never quicker: a time that is over is measured once more before it
 * counts, and both are told. What moves, moves whoever looks.
 * @param {() => Promise<{ ok: boolean, text: string, isTime?: boolean }[]>} measure
 * @returns {Promise<{ ok: boolean, text: string, isAgain?: boolean }[]>}
 */
export async function judgedTwice(measure) {
  const first = await measure();
  const slow = first.filter(({ ok, isTime }) => !ok && isTime);
  if (slow.length === 0) return first;
  const again = await measure();
  return [...slow.map(({ text }) => ({ ok: true, isAgain: true, text })), ...first.filter(({ ok, isTime }) => !ok && !isTime), ...again];
}

/** `npm run budgets:dashboard`: prints every budget; the exit code says whether all hold. */
if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const folder = dashboardFolder(join(fileURLToPath(import.meta.url), '..', '..'));
  const manifest = JSON.parse(readFileSync(join(folder, '.vite', 'manifest.json'), 'utf8'));
  const lines = budgetLines(manifest, (file) => {
    const bytes = readFileSync(join(folder, file));
    return file.endsWith('.woff2') ? bytes.length : gzipSync(bytes, { level: 9 }).length;
  });
  const print = ({ ok, text, isAgain }) => process.stdout.write(`${isAgain ? 'slow' : ok ? 'ok  ' : 'OVER'} ${text}${isAgain ? '; measured once more:' : ''}\n`);
  lines.forEach(print);
  const painted = await vitals();
  painted.forEach(print);
  if (![...lines, ...painted].every(({ ok }) => ok)) process.exitCode = 1;
}

/** Measured in a real Chromium; without one it is one line, which only an environment that asks for everything takes for a failure. */
async function vitals() {
  const { findBrowser } = await import('../test/browser/browser.ts');
  if (findBrowser(true) === undefined) return [{ ok: process.env.CI_REQUIRE !== '1', text: 'largest contentful paint and layout shift: not measured, there is no Chromium here' }];
  const { measureDashboard } = await import('../test/browser/vitals.ts');
  return judgedTwice(async () => vitalsLines(await measureDashboard(VITALS.runs)));
}
