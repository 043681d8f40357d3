import type { Page } from 'playwright-core';
import { openWorld, type World } from './world.ts';

/** A slow phone: 1.6 Mbit/s down, 0.75 up, 150 ms there and back, a processor four times slower than this one. */
const SLOW = { offline: false, latency: 150, downloadThroughput: 1_600_000 / 8, uploadThroughput: 750_000 / 8 };
const SLOWER = 4;
const WIDTH = 390;
const HEIGHT = 844;
/** Nothing larger is painted later: everything has come, and this long nothing has changed. */
const QUIET_MS = 1_000;

export interface Vitals {
  /** Largest contentful paint, ms after the page was asked for. */
  readonly lcpMs: number;
  /** Cumulative layout shift, over all that happened. */
  readonly cls: number;
}

interface Watched { lcp: number; cls: number }

interface Visit {
  readonly path: string;
  /** What is seen once the page is there. */
  readonly ready: string;
  /** Whether this browser has not seen the person before: then the page asks for nothing before it knows who asks. */
  readonly isFirst?: boolean;
}

/** Opens a page on the slow phone with an empty cache, signed in, and waits until it is there and all is quiet. */
async function measure(world: World, { path, ready, isFirst = false }: Visit): Promise<Vitals> {
  const tab = await world.open({ width: WIDTH, height: HEIGHT, isPhone: true });
  try {
    const { page } = tab;
    if (isFirst) await page.evaluate(() => localStorage.removeItem('bsg.last-member'));
    await tab.context.addInitScript(watch);
    const devtools = await tab.context.newCDPSession(page);
    await devtools.send('Network.enable');
    await devtools.send('Network.setCacheDisabled', { cacheDisabled: true });
    await devtools.send('Network.emulateNetworkConditions', SLOW);
    await devtools.send('Emulation.setCPUThrottlingRate', { rate: SLOWER });
    await page.goto(`${world.origin}${path}`);
    await page.locator(ready).first().waitFor();
    await page.waitForLoadState('networkidle').catch(() => undefined);
    await page.waitForTimeout(QUIET_MS);
    return await read(page);
  } finally {
    await tab.close();
  }
}

/** Runs in the page before anything of its own. */
function watch(): void {
  const seen: Watched = { lcp: 0, cls: 0 };
  Object.assign(globalThis, { bsgVitals: seen });
  new PerformanceObserver((list) => { for (const { startTime } of list.getEntries()) seen.lcp = startTime; }).observe({ type: 'largest-contentful-paint', buffered: true });
  new PerformanceObserver((list) => { for (const entry of list.getEntries() as unknown as { value: number; hadRecentInput: boolean }[]) if (!entry.hadRecentInput) seen.cls += entry.value; }).observe({ type: 'layout-shift', buffered: true });
}

async function read(page: Page): Promise<Vitals> {
  const { lcp, cls } = await page.evaluate(() => (globalThis as unknown as { bsgVitals: Watched }).bsgVitals);
  return { lcpMs: lcp, cls };
}

const PAGES = [['/rules', '.rules__name'], ['/models', '[data-row]'], ['/test', '.tester form'], ['/analytics?range=1h', '.savings__amount'], ['/keys', '[data-row]'], ['/audit', '[data-row]'], ['/settings', '.settings .card']] as const;

/**
 * `times` runs of the overview for who was here before and for who was not, in turns, and one of every other page, of a
 * gateway with the demo's traffic. Signing in itself is not measured, but leaves the mark of a person who was here before;
 * most visits are of that kind. The others take it away, because theirs is the slower way and must keep the budget too.
 */
export async function measureDashboard(times: number): Promise<{ readonly overview: readonly Vitals[]; readonly first: readonly Vitals[]; readonly others: ReadonlyMap<string, Vitals> }> {
  const world = await openWorld({ isDemo: true, isWhole: true });
  try {
    const visit: Visit = { path: '/?range=1h', ready: '.hero__amount' };
    const [overview, first]: [Vitals[], Vitals[]] = [[], []];
    for (let run = 0; run < times; run += 1) {
      overview.push(await measure(world, visit));
      first.push(await measure(world, { ...visit, isFirst: true }));
    }
    const others = new Map<string, Vitals>();
    for (const [path, ready] of PAGES) others.set(path, await measure(world, { path, ready }));
    return { overview, first, others };
  } finally {
    await world.close();
  }
}
