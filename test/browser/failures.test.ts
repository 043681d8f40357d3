import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { needs } from '../support/optional.ts';
import { pageFaults, shoot } from './checks.ts';
import { setRole } from './roles.ts';
import { putTraffic, registerModels, traffic } from './traffic.ts';
import { openWorld, type Tab, type World } from './world.ts';

const NOW = Date.now();
/** What everything waits for: without it there is no page at all. */
const NEEDED = '/admin/me';
const PAGES = [
  '/', '/analytics', '/analytics?by=key&stack=model', '/audit', '/audit?tab=changes', '/audit/REQUEST', '/rules', '/rules?history=1', '/models', '/models/claude-haiku', '/test', '/keys', '/keys/KEY',
  '/settings', '/settings?tab=quality', '/settings?tab=people', '/settings?tab=tokens',
];
/** What is a part of its own on a page: as many must be there again once all is well. */
const PARTS = '.shell__main section:not(dialog *), .shell__main table:not(dialog *), .shell__main form:not(dialog *)';

/** The browser itself notes each answer of 500 on its console; that is no fault of the page. */
const faultsOf = ({ faults }: Tab): string[] => faults.filter((fault) => !fault.includes('Failed to load resource'));

needs('chromium')('when something fails', () => {
  let world: World;
  let requestId: string;
  let keyId: string;
  let lanes: Tab[] = [];
  const addressOf = (path: string): string => path.replace('REQUEST', requestId).replace('KEY', keyId);
  beforeAll(async () => {
    world = await openWorld();
    const keys = await registerModels(world);
    keyId = keys[0] ?? '';
    const entries = traffic({ days: 10, perDay: 30, nowMs: NOW, keys });
    requestId = entries[3]?.requestId ?? '';
    await putTraffic(world, entries, NOW);
    lanes = await Promise.all([1, 2, 3, 4].map(() => world.open()));
  }, 60_000);
  afterEach(() => {
    for (const tab of lanes) {
      world.break(null, 500, tab);
      tab.faults.length = 0;
    }
    world.break(null);
  });
  afterAll(async () => { await world?.close(); });

  const settled = async ({ page }: Tab): Promise<void> => {
    await page.waitForLoadState('networkidle').catch(() => undefined);
    await page.waitForTimeout(1_300);
  };

  /** The questions that a page asks, and how many parts it has once they are answered. */
  interface Whole { readonly calls: readonly string[]; readonly whole: number }
  const known = new Map<string, Promise<Whole>>();
  function questionsOf(path: string): Promise<Whole> {
    const found = known.get(path) ?? askWhole(path);
    known.set(path, found);
    return found;
  }

  async function askWhole(path: string): Promise<Whole> {
    const [tab] = lanes;
    if (tab === undefined) throw new Error('there is no tab');
    tab.takeCalls();
    await tab.go(path);
    await settled(tab);
    return { calls: [...new Set(tab.takeCalls())].filter((call) => call.startsWith('GET ')).map((call) => call.slice(4)).filter((call) => call !== NEEDED), whole: await tab.page.locator(PARTS).count() };
  }

  /** Several tabs at a time, for each of which the server is broken in another place: most of the time they wait. */
  async function eachInTurn(calls: readonly string[], run: (tab: Tab, call: string) => Promise<void>): Promise<void> {
    const left = [...calls];
    await Promise.all(lanes.map(async (tab) => {
      for (let call = left.shift(); call !== undefined; call = left.shift()) await run(tab, call);
    }));
  }

  async function retryAll({ page }: Tab, failed: number): Promise<void> {
    for (let left = failed; left > 0; left -= 1) {
      // What lies behind an open drawer is reached once that is closed.
      const inDrawer = page.locator('dialog .error-card');
      if (await page.locator('dialog').count() > 0 && await inDrawer.count() === 0) await page.keyboard.press('Escape');
      await (await inDrawer.count() > 0 ? inDrawer : page.locator('.error-card')).first().getByRole('button', { name: 'Retry' }).click();
      await page.waitForFunction((most) => document.querySelectorAll('.error-card').length < most, left);
    }
  }

  const isWhole = ({ page }: Tab, whole: number): Promise<unknown> => page.waitForFunction(([parts, count]) => document.querySelectorAll(parts).length === count && document.querySelector('.shell__main .skeleton') === null, [PARTS, whole] as const);

  test.each(PAGES)('each question of %s may be slow alone, and fail in the end: the rest is there meanwhile, the page stays, and Retry brings the answer', async (path) => {
    const address = addressOf(path);
    const { calls, whole } = await questionsOf(address);
    await eachInTurn(calls, async (tab, call) => {
      world.break(call, 'hang', tab);
      tab.takeCalls();
      await tab.go(address);
      const asked = new Set<string>();
      // Everything else is asked for and answered while this one waits, but for what needs its answer.
      for (let waited = 0; waited < 2_000 && asked.size < calls.length - 1; waited += 200) {
        await tab.page.waitForTimeout(200);
        for (const one of tab.takeCalls()) if (one !== `GET ${call}`) asked.add(one);
      }
      await tab.page.waitForTimeout(300);
      expect([call, await tab.page.locator('h1').count(), await tab.page.locator('.error-card').count(), faultsOf(tab)]).toEqual([call, 1, 0, []]);
      world.break(call, 500, tab);
      await settled(tab);
      expect([call, await tab.page.locator('h1').count(), faultsOf(tab)]).toEqual([call, 1, []]);
      const failed = await tab.page.locator('.error-card').count();
      if (failed > 0) {
        expect(await tab.page.locator('.error-card').first().textContent()).toContain('broken-by-test');
        if (call === calls[0]) await shoot(tab.page, `failed${path.replaceAll(/\W+/g, '-')}`);
      }
      world.break(null, 500, tab);
      await retryAll(tab, failed);
      if (failed > 0) await isWhole(tab, whole);
    });
  }, 120_000);

  test.each(['/', '/analytics', '/audit', '/rules', '/keys/KEY'])('each question of %s may be slow alone: its part comes with the answer', async (path) => {
    const address = addressOf(path);
    const { calls, whole } = await questionsOf(address);
    await eachInTurn(calls, async (tab, call) => {
      world.break(call, 'hang', tab);
      await tab.go(address);
      await tab.page.waitForTimeout(500);
      world.break(null, 'hang', tab);
      await isWhole(tab, whole);
    });
  }, 120_000);

  test.each(['/', '/analytics', '/audit', '/models', '/keys'])('a line that breaks under each question of %s is told in its part, and Retry brings the answer', async (path) => {
    const { calls } = await questionsOf(path);
    await eachInTurn(calls, async (tab, call) => {
      world.break(call, 'drop', tab);
      await tab.go(path);
      await settled(tab);
      const failed = await tab.page.locator('.error-card').count();
      if (failed > 0) expect(await tab.page.locator('.error-card').first().textContent()).toContain('The gateway could not be reached.');
      world.break(null, 'drop', tab);
      await retryAll(tab, failed);
      expect([call, await tab.page.locator('h1').count(), faultsOf(tab)]).toEqual([call, 1, []]);
    });
  }, 120_000);

  test.each(PAGES)('unknown parameters in the address of %s are as if they were not there', async (path) => {
    const address = addressOf(path);
    const { whole } = await questionsOf(address);
    const [tab] = lanes;
    if (tab === undefined) throw new Error('there is no tab');
    await tab.go(`${address}${address.includes('?') ? '&' : '?'}range=tomorrow&from=yesterday&to=%00&tz=Mars&model=&key=%22&tier=huge&stage=5&status=abc&sort=constructor&dir=up&q=&live=perhaps&minLatencyMs=-1&version=x&event=__proto__&by=nothing&stack=%3Cscript%3E&tenant=${'x'.repeat(65)}`);
    await isWhole(tab, whole);
    expect([await tab.page.locator('h1').count(), await tab.page.locator('.error-card').count(), tab.faults]).toEqual([1, 0, []]);
  });

  test('offline: it is said, what was loaded stays, and everything goes on when the line is back', async () => {
    const tab = await world.open();
    await tab.go('/audit?live=1');
    await tab.page.locator('[data-row]').first().waitFor();
    await tab.context.setOffline(true);
    await tab.page.getByText('You are offline. Showing data from').waitFor();
    await tab.page.getByText('New requests could not be loaded').waitFor({ timeout: 15_000 });
    expect(await tab.page.locator('[data-row]').count()).toBeGreaterThan(10);
    await tab.context.setOffline(false);
    await tab.page.getByText('You are offline. Showing data from').waitFor({ state: 'detached' });
    await tab.page.getByText('New requests could not be loaded').waitFor({ state: 'detached', timeout: 15_000 });
    await tab.close();
  });

  test('a part of the program that is gone offers to reload, and the page comes back with it', async () => {
    const tab = await world.open();
    world.break('/assets/', 404);
    await tab.page.getByRole('link', { name: 'Analytics' }).click();
    await tab.page.getByText('A new version of the dashboard is there.').waitFor();
    world.break(null);
    await tab.page.getByRole('status').getByRole('button', { name: 'Reload' }).click();
    await tab.page.locator('h1').first().waitFor();
    await tab.page.getByRole('link', { name: 'Analytics' }).click();
    await tab.page.locator('.savings__amount').waitFor();
    await tab.close();
  });

  test('a viewer sees figures and requests without what is above the role, a member no changes', async () => {
    await setRole(world, 'viewer');
    try {
      const tab = await world.open();
      await tab.go('/analytics');
      await tab.page.locator('tfoot').waitFor();
      await tab.page.getByRole('button', { name: 'Model: any' }).click();
      await tab.page.getByLabel('claude-haiku').check();
      await tab.page.waitForURL(/model=claude-haiku/);
      await tab.go(`/audit/${requestId}`);
      await tab.page.getByRole('heading', { name: 'Why it went there' }).waitFor();
      expect(await tab.page.getByRole('link', { name: 'Test with these' }).count()).toBe(0);
      expect(await pageFaults(tab, [390, 1440])).toEqual([]);
      await tab.go('/audit?tab=changes');
      await tab.page.getByText('Only admins can see the changes').waitFor();
      expect(await tab.page.getByRole('button', { name: 'Export' }).count()).toBe(0);
      expect(tab.takeCalls().filter((call) => call.includes('/admin/changes'))).toEqual([]);
      expect(await pageFaults(tab, [390, 1440])).toEqual([]);
      await expect(world.admin('GET', '/admin/changes')).rejects.toThrow(/403/);
      await tab.close();
    } finally {
      await setRole(world, 'owner');
    }
  });
});
