import { createReadStream, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import { entryAt } from '../admin/support.ts';
import { bulkLedger } from '../support/bulk-ledger.ts';
import { needs } from '../support/optional.ts';
import { registerModels } from './traffic.ts';
import { openWorld, TENANT, type World } from './world.ts';

const ROWS = 100_000;
const END = Date.now() - 20 * 86_400_000;
const rangeOf = (rows: number): string => `from=${new Date(END - rows).toISOString()}&to=${new Date(END).toISOString()}`;
/** Of the page's process: less than the file, which is 22 MB as CSV and 100 MB as NDJSON; a page that held it as text would grow by more than that. */
const MAX_GROWTH_BYTES = 18 * 1024 * 1024;
/** Longer than that and a press is felt to be late. */
const MAX_FREEZE_MS = 200;

needs('chromium')('a file of 100,000 requests', () => {
  let world: World;
  beforeAll(async () => {
    world = await openWorld();
    const [keyId = ''] = await registerModels(world);
    const entries = function* () {
      for (let i = 0; i < ROWS; i += 1) yield entryAt(END - i - 1, { keyId, servedModel: 'claude-haiku', clientRequestId: '=HYPERLINK("http://x")', sessionId: '+1', translation: '@sum' });
    };
    expect(bulkLedger(world.file, TENANT, entries())).toBe(ROWS);
  }, 60_000);
  afterAll(async () => { await world?.close(); });

  test('is saved whole, in it nothing is a formula, and the page goes on working and holds none of it', async () => {
    const tab = await world.open();
    const { page } = tab;
    await tab.go(`/audit?${rangeOf(ROWS)}`);
    await page.locator('[data-row]').first().waitFor();
    const pids = await renderers(world);
    const before = residentBytes(pids);
    let most = 0;
    const sampling = setInterval(() => { most = Math.max(most, residentBytes(pids) - before); }, 50);
    await watchFreezes(page);
    await page.getByRole('button', { name: 'Export' }).click();
    const [file] = await Promise.all([page.waitForEvent('download', { timeout: 60_000 }), page.getByRole('menuitem', { name: 'This list (CSV)' }).click()]);
    const path = await file.path();
    const freeze = await page.evaluate(() => (globalThis as unknown as { longestMs: number }).longestMs);
    clearInterval(sampling);
    let lines = 0;
    let first = '';
    let formulas = 0;
    // A carriage return at the end of one piece and the line feed of the next are one line's end, however long the disk takes.
    for await (const line of createInterface({ input: createReadStream(path, 'utf8'), crlfDelay: Infinity })) {
      lines += 1;
      if (lines === 2) first = line;
      if (lines > 1 && /(^|,)"?[=+\-@]/.test(line)) formulas += 1;
    }
    expect(lines).toBe(ROWS + 1);
    expect(formulas).toBe(0);
    expect(first).toContain(`"'=HYPERLINK(""http://x"")"`);
    expect(file.suggestedFilename()).toMatch(/^bsgateway-requests_\d{4}-\d\d-\d\d_\d{4}-\d\d-\d\d\.csv$/);
    expect(freeze).toBeLessThan(MAX_FREEZE_MS);
    expect(most).toBeLessThan(MAX_GROWTH_BYTES);
    expect(tab.faults).toEqual([]);
    await tab.close();
  }, 60_000);

  test.each([['en', 'Export', 'This list (NDJSON)', 'The file broke off before its end, so nothing was saved. Please try again.'], ['ko', '내보내기', '이 목록 (NDJSON)', '파일이 끝나기 전에 연결이 끊겨 저장하지 않았습니다. 다시 시도하세요.']] as const)('that breaks off is not saved, and the page says so (%s)', async (locale, menu, item, said) => {
    const tab = await world.open({ locale });
    const { page } = tab;
    await tab.go(`/audit?${rangeOf(5_000)}`);
    await page.locator('[data-row]').first().waitFor();
    let files = 0;
    page.on('download', () => { files += 1; });
    world.break('/admin/export/', 'cut', tab);
    await page.getByRole('button', { name: menu }).click();
    await page.getByRole('menuitem', { name: item }).click();
    await page.getByText(said).waitFor();
    expect(files).toBe(0);
    world.break(null, 500, tab);
    await tab.close();
  });

  test('is saved also with a token that is not valid any more; a refusal is told in the words of the API', async () => {
    const tab = await world.open();
    const { page } = tab;
    await tab.go(`/audit?${rangeOf(5_000)}`);
    await page.locator('[data-row]').first().waitFor();
    await page.route('**/admin/export/**', (route) => route.fulfill({ status: 401, json: { error: { code: 'unauthenticated', message: 'Sign in.', requestId: 'r' } } }), { times: 1 });
    await page.getByRole('button', { name: 'Export' }).click();
    const [file] = await Promise.all([page.waitForEvent('download'), page.getByRole('menuitem', { name: 'This list (CSV)' }).click()]);
    expect(await file.failure()).toBeNull();
    world.break('/admin/export/', 503, tab);
    await page.getByRole('button', { name: 'Export' }).click();
    await page.getByRole('menuitem', { name: 'This list (CSV)' }).click();
    await page.getByText('Something broke.').waitFor();
    world.break(null, 500, tab);
    await tab.close();
  });
});

/** From now on the page keeps the longest time for which its thread did nothing else. */
const watchFreezes = (page: Page): Promise<void> => page.evaluate(() => {
  const kept = globalThis as unknown as { longestMs: number };
  kept.longestMs = 0;
  new PerformanceObserver((list) => { for (const { duration } of list.getEntries()) kept.longestMs = Math.max(kept.longestMs, duration); }).observe({ type: 'longtask' });
});

/** The processes that pages live in. */
async function renderers(world: World): Promise<number[]> {
  const session = await world.browser.newBrowserCDPSession();
  const { processInfo } = await session.send('SystemInfo.getProcessInfo');
  await session.detach();
  return processInfo.filter(({ type }) => type === 'renderer').map(({ id }) => id);
}

/** What they have in memory now. */
const residentBytes = (pids: readonly number[]): number => pids.reduce((sum, pid) => sum + 1024 * Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0), 0);
