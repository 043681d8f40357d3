import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import type { LedgerEntry } from '../../functions/contract/ledger.ts';
import { full } from '../support/full.ts';
import { needs } from '../support/optional.ts';
import { pageFaults, shoot } from './checks.ts';
import { putTraffic, registerModels, traffic } from './traffic.ts';
import { openWorld, type World } from './world.ts';

const DAY_MS = 86_400_000;
const NOW = Date.now();
const ZONES = ['Asia/Seoul', 'America/Los_Angeles', 'UTC'] as const;

/** The last change of the clocks in Los Angeles that is at least two weeks ago, to the hour. */
function lastClockChange(): number {
  const offset = (ms: number): string => new Intl.DateTimeFormat('en', { timeZone: 'America/Los_Angeles', timeZoneName: 'shortOffset' }).format(ms);
  let at = Math.floor((NOW - 14 * DAY_MS) / 3_600_000) * 3_600_000;
  while (offset(at) === offset(at - 3_600_000)) at -= 3_600_000;
  return at;
}

interface Sums { requests: number; cost: number; saved: number }
const truth = (entries: readonly LedgerEntry[]): Sums => ({ requests: entries.length, cost: entries.reduce((sum, { costMicros }) => sum + (costMicros ?? 0), 0), saved: entries.reduce((sum, { savedMicros }) => sum + (savedMicros ?? 0), 0) });
const micros = (text: string): number => Math.round(Number(text.replaceAll(/[^\d.-]/g, '')) * 1e6);

/** What the table says, row by row, and in its last line. */
const tableSums = (page: Page): Promise<{ rows: { requests: string; cost: string; saved: string }[]; total: { requests: string; cost: string; saved: string } }> => page.evaluate(() => {
  const table = [...document.querySelectorAll('.card--flush .table')].at(-1);
  const read = (row: Element) => {
    const cell = (index: number): string => row.children[index]?.querySelector('[title]')?.getAttribute('title') ?? '0';
    return { requests: cell(1), cost: cell(5), saved: cell(7) };
  };
  const last = table?.querySelector('tfoot tr');
  if (!table || !last) throw new Error('no table');
  return { rows: [...table.querySelectorAll('tbody tr')].map(read), total: read(last) };
});

/** The chart of requests as a table: the sum of all of its numbers. */
async function chartSum(page: Page): Promise<number> {
  const card = page.locator('.charts > .card').nth(1);
  await card.getByRole('button', { name: 'View as table' }).click();
  const cells = await card.locator('td').allTextContents();
  await card.getByRole('button', { name: 'View as chart' }).click();
  return cells.reduce((sum, text) => sum + Number(text.replaceAll(',', '')), 0);
}

async function saved(page: Page, item: string): Promise<{ name: string; lines: string[][] }> {
  await page.getByRole('button', { name: 'Export' }).click();
  const [file] = await Promise.all([page.waitForEvent('download'), page.getByRole('menuitem', { name: item, exact: true }).click()]);
  const text = await readFile(await file.path(), 'utf8');
  expect(text.charCodeAt(0)).toBe(0xfeff);
  return { name: file.suggestedFilename(), lines: text.slice(1).trim().split('\r\n').map((line) => line.split(',')) };
}
const column = ({ lines: [header = [], ...rows] }: { lines: string[][] }, name: string): number => rows.reduce((sum, row) => sum + Number(row[header.indexOf(name)]), 0);

needs('chromium')('Analytics: one truth', () => {
  let world: World;
  let keys: string[];
  let entries: LedgerEntry[];
  const change = lastClockChange();
  // 30 days and more have the end of a month in them, and these the change of the clocks as well.
  const [from, to] = [change - 20 * DAY_MS, Math.min(change + 14 * DAY_MS, NOW)];
  const range = `from=${new Date(from).toISOString()}&to=${new Date(to).toISOString()}`;
  const inRange = (test: (entry: LedgerEntry) => boolean = () => true): LedgerEntry[] => entries.filter((entry) => Date.parse(entry.at) >= from && Date.parse(entry.at) <= to && test(entry));

  beforeAll(async () => {
    world = await openWorld();
    keys = await registerModels(world);
    await world.addModel('homemade');
    entries = traffic({
      days: 40, perDay: full(120), nowMs: to + DAY_MS, keys,
      change: (i, entry) => {
        if (i % 29 === 0) return { ...entry, servedModel: 'homemade', costMicros: null, savedMicros: null };
        return entry.servedModel === 'gpt-5-mini' && entry.savedMicros !== null ? { ...entry, costMicros: 20_000, savedMicros: (entry.baselineMicros ?? 0) - 20_000 - entry.overheadMicros } : entry;
      },
    });
    await putTraffic(world, entries, NOW);
  }, 60_000);
  afterAll(async () => { await world?.close(); });

  const FILTERS: readonly (readonly [string, (entry: LedgerEntry) => boolean])[] = [
    ['', () => true],
    ['&model=claude-haiku,gpt-5-mini', ({ servedModel }) => servedModel === 'claude-haiku' || servedModel === 'gpt-5-mini'],
    ['&tier=complex', ({ decision }) => decision?.tier === 'complex'],
    ['&stage=alias', ({ decision }) => decision?.stage === 'alias'],
    ['&status=5xx', ({ status }) => status >= 500],
    ['&key=KEY&tier=simple', (entry) => entry.keyId === keys[0] && entry.decision?.tier === 'simple'],
  ];

  test.each(ZONES)('totals, parts, points, the overview and the files say the same (%s)', async (timezone) => {
    const tab = await world.open({ timezone });
    for (const [filter, holds] of FILTERS) {
      const expected = truth(inRange(holds));
      await tab.go(`/analytics?${range}${filter.replace('KEY', keys[0] ?? '')}`);
      await tab.page.locator('tfoot').waitFor();
      const { rows, total } = await tableSums(tab.page);
      expect([filter, { requests: Number(total.requests.replaceAll(',', '')), cost: micros(total.cost), saved: micros(total.saved) }]).toEqual([filter, expected]);
      expect({ requests: rows.reduce((sum, row) => sum + Number(row.requests.replaceAll(',', '')), 0), cost: rows.reduce((sum, row) => sum + micros(row.cost), 0), saved: rows.reduce((sum, row) => sum + micros(row.saved), 0) }).toEqual(expected);
      expect(await chartSum(tab.page)).toBe(expected.requests);
      const table = await saved(tab.page, 'This table (CSV)');
      const series = await saved(tab.page, 'Time series (CSV)');
      for (const file of [table, series]) expect({ requests: column(file, 'requests'), cost: column(file, 'costMicros'), saved: column(file, 'savedMicros') }).toEqual(expected);
      expect(table.name).toBe(`bsgateway-breakdown-model_${new Date(from).toISOString().slice(0, 10)}_${new Date(to).toISOString().slice(0, 10)}.csv`);
    }
    const all = truth(inRange());
    await tab.go(`/?${range}`);
    expect(Number(await tab.page.locator('[data-saved-micros]').getAttribute('data-saved-micros'))).toBe(all.saved);
    expect(tab.faults).toEqual([]);
    await tab.close();
  }, 120_000);

  test('a day in which the clocks change has its own length, and no request is in two days or none', async () => {
    const tab = await world.open({ timezone: 'America/Los_Angeles' });
    await tab.go(`/analytics?${range}`);
    const file = await saved(tab.page, 'Time series (CSV)');
    const starts = file.lines.slice(1).map(([at]) => Date.parse(at ?? ''));
    const lengths = starts.slice(1).map((start, i) => (start - (starts[i] ?? 0)) / 3_600_000);
    expect(lengths.filter((hours) => hours !== 24)).toHaveLength(1);
    expect([23, 25]).toContain(lengths.find((hours) => hours !== 24));
    await tab.close();
  });

  test('an unpriced model is said to be so, in the table, above it and among the observations; a loss keeps its sign', async () => {
    const tab = await world.open();
    await tab.go(`/analytics?${range}`);
    const unpriced = inRange(({ costMicros }) => costMicros === null).length;
    await tab.page.getByText(`${unpriced} requests have no known price and are in no sum of money`).waitFor();
    expect(await tab.page.locator('tr', { hasText: 'homemade' }).getByText('unpriced', { exact: true }).count()).toBe(1);
    expect(await tab.page.locator('[data-kind=unpriced]').textContent()).toContain(`homemade answered ${unpriced} requests without a known price`);
    await tab.go(`/analytics?${range}&model=gpt-5-mini`);
    await tab.page.getByText('Lost by routing').waitFor();
    const lost = truth(inRange(({ servedModel }) => servedModel === 'gpt-5-mini')).saved;
    expect(lost).toBeLessThan(0);
    expect(await tab.page.locator('[data-saved-micros]').getAttribute('title')).toMatch(/^-\$/);
    expect(Number(await tab.page.locator('[data-saved-micros]').getAttribute('data-saved-micros'))).toBe(lost);
    await tab.page.locator('[data-kind=loss]').waitFor();
    await shoot(tab.page, 'analytics-loss');
    expect(await pageFaults(tab, [390, 1440])).toEqual([]);
    await tab.close();
  });

  test('none and one request; a row becomes a filter and Back takes it away; unknown parameters are as if they were not there', async () => {
    const tab = await world.open();
    await tab.go('/analytics?from=2020-01-01T00:00:00.000Z&to=2020-01-02T00:00:00.000Z');
    await tab.page.getByText('No requests in this range').waitFor();
    expect(await pageFaults(tab, [390, 1440])).toEqual([]);
    await tab.go('/analytics?from=2020-01-01T00:00:00.000Z&to=2020-01-02T00:00:00.000Z&tier=simple');
    await tab.page.getByRole('button', { name: 'Clear filters' }).click();
    await tab.page.getByText('No requests in this range').waitFor();
    const one = inRange(({ status, costMicros }) => status === 200 && costMicros !== null)[0];
    const at = Date.parse(one?.at ?? '');
    await tab.go(`/analytics?from=${new Date(at - 1).toISOString()}&to=${new Date(at + 1).toISOString()}`);
    await tab.page.locator('tfoot').waitFor();
    expect((await tableSums(tab.page)).total.requests).toBe('1');
    await tab.go(`/analytics?${range}&by=nonsense&sort=nothing&dir=up&stack=x&tz=mars`);
    await tab.page.locator('tfoot').waitFor();
    await tab.page.locator('tbody [data-row]', { hasText: 'claude-haiku' }).click();
    await tab.page.waitForURL(/model=claude-haiku/);
    await tab.page.getByRole('button', { name: 'Remove filter: Model claude-haiku' }).waitFor();
    await tab.page.goBack();
    await tab.page.getByRole('button', { name: 'Model: any' }).waitFor();
    expect(tab.faults).toEqual([]);
    await tab.close();
  });

  test.each(['/analytics', '/'])('drawing over a chart of %s zooms into it; the chip and Escape lead back to where it was, Back does one step', async (path) => {
    const tab = await world.open();
    const { page } = tab;
    await tab.go(`${path}?range=90d`);
    const plot = page.locator('.chart__plot').first();
    await plot.locator('svg').waitFor();
    const draw = async (from: number, to: number, release = true): Promise<void> => {
      await plot.scrollIntoViewIfNeeded();
      const { x, y, width, height } = (await plot.boundingBox()) ?? { x: 0, y: 0, width: 0, height: 0 };
      await page.mouse.move(x + width * from, y + height / 2);
      await page.mouse.down();
      await page.mouse.move(x + (width * (from + to)) / 2, y + height / 2, { steps: 3 });
      await page.mouse.move(x + width * to, y + height / 2, { steps: 3 });
      if (release) await page.mouse.up();
    };
    const search = (): URLSearchParams => new URL(page.url()).searchParams;
    const zoomed = async (): Promise<number> => {
      await page.waitForURL(/from=.*to=/);
      expect(search().get('range')).toBe('90d');
      return Date.parse(search().get('to') ?? '') - Date.parse(search().get('from') ?? '');
    };
    // Escape before letting go gives it up, and a mere click is none.
    await draw(0.6, 0.9, false);
    await page.locator('.chart__zoom').waitFor();
    await plot.focus();
    await page.keyboard.press('Escape');
    await page.locator('.chart__zoom').waitFor({ state: 'detached' });
    await page.mouse.up();
    expect(search().has('from')).toBe(false);
    await draw(0.6, 0.9);
    const first = await zoomed();
    expect(first > 20 * DAY_MS && first < 40 * DAY_MS).toBe(true);
    await page.waitForFunction(() => document.querySelector('.query--old, [aria-busy=true]') === null);
    expect(await pageFaults(tab, [390, 1440])).toEqual([]);
    const once = page.url();
    await draw(0.4, 0.8);
    await page.waitForFunction((before) => location.href !== before, once);
    expect(await zoomed()).toBeLessThan(first);
    await page.goBack();
    expect(await zoomed()).toBe(first);
    await page.locator('.page-head__actions .chip').click();
    await page.waitForURL((url) => !url.searchParams.has('from'));
    expect(search().get('range')).toBe('90d');
    await draw(0.6, 0.9);
    await zoomed();
    await page.keyboard.press('Escape');
    await page.waitForURL((url) => !url.searchParams.has('from'));
    expect(tab.faults).toEqual([]);
    await tab.close();
  });
});
