import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Page } from 'playwright-core';
import { openWorld, type Tab, type TabOptions } from '../../test/browser/world.ts';
import { withPalette } from './palette-png.ts';

/**
 * `npm run screenshots [-- --locale ko --out FOLDER]`: every page of the dashboard as the demo shows it, on a desktop in
 * light and in dark and on a phone, into docs/screenshots. Without a fault on the page's console, or it fails.
 */
const LOOKS: Readonly<Record<string, TabOptions>> = {
  'desktop-light': { theme: 'light', width: 1440, height: 900 },
  'desktop-dark': { theme: 'dark', width: 1440, height: 900 },
  'phone': { theme: 'light', width: 390, height: 844, isPhone: true },
};
/** A picture ends here however long its page is. */
const MOST_HEIGHT = 1_800;

interface Shot {
  readonly name: string;
  readonly path: string;
  /** What is there once the page has all it shows. */
  readonly ready: string;
  readonly act?: (page: Page) => Promise<void>;
  /** The window as it is, for what lies over the page. */
  readonly isOverlay?: boolean;
}

const shots = (requestId: string): readonly Shot[] => [
  { name: 'overview', path: '/?range=1h', ready: '.hero__amount' },
  { name: 'rules', path: '/rules?range=1h', ready: '.rules__one' },
  { name: 'models', path: '/models?range=1h', ready: '[data-row]' },
  { name: 'add-model', path: '/models?new=1', ready: 'dialog input', isOverlay: true },
  { name: 'routing-test', path: '/test', ready: 'form', act: runExample },
  { name: 'analytics', path: '/analytics?range=1h', ready: '.savings__amount' },
  { name: 'keys', path: '/keys', ready: '[data-row]' },
  { name: 'save-your-key', path: '/keys?new=1', ready: 'dialog input', isOverlay: true, act: createKey },
  { name: 'audit-log', path: '/audit?range=1h', ready: '[data-row]' },
  { name: 'request', path: `/audit/${requestId}?range=1h`, ready: 'dialog .ruler', isOverlay: true },
  { name: 'changes', path: '/audit?tab=changes', ready: '[data-row]' },
  { name: 'settings', path: '/settings', ready: 'form' },
];

/** The second example, which is code. */
async function runExample(page: Page): Promise<void> {
  await page.locator('.tester .row button').nth(1).click();
  await page.locator('.tester button[type=submit]').click();
  await page.locator('.tester__result .ruler').waitFor();
}

/** Names are unique; one per look. */
const KEY_NAMES = ['production', 'staging', 'batch-jobs'].values();

async function createKey(page: Page): Promise<void> {
  await page.locator('dialog input').first().fill(KEY_NAMES.next().value ?? '');
  await page.locator('dialog [type=submit]').click();
  await page.locator('.save-key__text').waitFor();
}

async function take(tab: Tab, { path, ready, act, isOverlay = false }: Shot, { width = 1440, height = 900 }: TabOptions): Promise<Buffer> {
  const { page } = tab;
  await page.setViewportSize({ width, height });
  await tab.go(path);
  await page.locator(ready).first().waitFor();
  await act?.(page);
  await page.waitForLoadState('networkidle').catch(() => undefined);
  if (!isOverlay) {
    // A window as high as its page, instead of a picture put together: what sticks to an edge of the window is then where it belongs.
    const wanted = await page.evaluate(() => document.documentElement.scrollHeight);
    await page.setViewportSize({ width, height: Math.min(Math.max(wanted, height), MOST_HEIGHT) });
    await page.evaluate(() => scrollTo(0, 0));
  }
  await page.waitForTimeout(700);
  return withPalette(await page.screenshot());
}

const { values: { locale = 'en', out = join(import.meta.dirname, '..', '..', 'docs', 'screenshots'), only } } = parseArgs({ options: { locale: { type: 'string' }, out: { type: 'string' }, only: { type: 'string' } } });
const world = await openWorld({ isDemo: true });
try {
  const { items } = await world.admin<{ items: { requestId: string; status: number; decision: { stage: string; tier: string | null } }[] }>('GET', '/admin/requests?limit=50');
  const shown = items.find(({ status, decision }) => status === 200 && decision.stage === 'auto' && decision.tier === 'moderate') ?? items[0];
  await mkdir(out, { recursive: true });
  if (only === undefined) for (const file of await readdir(out)) if (file.endsWith('.png')) await rm(join(out, file));
  for (const [look, options] of Object.entries(LOOKS)) {
    const tab = await world.open({ ...options, locale: locale === 'ko' ? 'ko' : 'en' });
    for (const shot of shots(shown?.requestId ?? '')) {
      if (only !== undefined && !shot.name.includes(only)) continue;
      const png = await take(tab, shot, options);
      await writeFile(join(out, `${shot.name}-${look}.png`), png);
      process.stdout.write(`${shot.name}-${look}.png ${(png.length / 1000).toFixed(0)} KB\n`);
    }
    if (tab.faults.length > 0) throw new Error(`faults on the pages: ${tab.faults.join('; ')}`);
    await tab.close();
    const stranger = await world.open({ ...options, locale: locale === 'ko' ? 'ko' : 'en', isSignedIn: false });
    await stranger.go('/login');
    if (only === undefined) await writeFile(join(out, `sign-in-${look}.png`), withPalette(await stranger.page.screenshot()));
    await stranger.close();
  }
} finally {
  await world.close();
}
