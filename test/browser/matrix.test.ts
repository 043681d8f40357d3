import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { needs } from '../support/optional.ts';
import { pageFaults, shoot } from './checks.ts';
import { putTraffic, registerModels, traffic } from './traffic.ts';
import { openWorld, type Tab, type World } from './world.ts';

const NOW = Date.now();

interface State {
  readonly name: string;
  /** Client-side, as a link would; without it the state before stays. */
  readonly path?: string;
  /** Opens what lies over the page; Escape closes it, and the focus must come back to this. */
  readonly opener?: string;
  readonly ready: string;
  /** Something else that brings the state about. */
  readonly act?: (tab: Tab) => Promise<void>;
  /** Only on a narrow screen. */
  readonly isNarrow?: boolean;
}

const STATES: readonly State[] = [
  { name: 'overview', path: '/', ready: '.hero__amount' },
  { name: 'how the saving is worked out', opener: '.hero__text button', ready: '.how' },
  { name: 'palette', opener: '.sidebar__search, .top-bar > button:last-child', ready: 'dialog .palette__list' },
  { name: 'menu', isNarrow: true, opener: '.top-bar > button:first-child', ready: 'dialog .nav' },
  { name: 'rules', path: '/rules', ready: '.rules__name' },
  { name: 'new alias', opener: '.pipeline__side .button', ready: 'dialog form' },
  { name: 'versions', path: '/rules?history=1', ready: 'dialog .versions' },
  { name: 'models', path: '/models', ready: '[data-row]' },
  { name: 'new model', opener: '.page-head__actions .button--primary', ready: 'dialog form', act: unfold },
  { name: 'model', opener: '[data-row]', ready: 'dialog .chart__svg' },
  { name: 'routing test', path: '/test', ready: '.tester form' },
  { name: 'a tested request', ready: '.tester__result .ruler', act: runExample },
  { name: 'analytics', path: '/analytics', ready: '.savings__amount' },
  { name: 'range', opener: '.page-head__actions .segments .popover > button', ready: '.range-form input' },
  { name: 'keys', path: '/keys', ready: '[data-row]' },
  { name: 'new key', opener: '.page-head__actions .button--primary', ready: 'dialog form', act: unfold },
  { name: 'key', opener: '[data-row]', ready: 'dialog .chart__svg' },
  { name: 'requests', path: '/audit', ready: '[data-row]' },
  { name: 'request', opener: '[data-row]', ready: 'dialog .trace' },
  { name: 'changes', path: '/audit?tab=changes', ready: 'main:has(.tabs__tab:nth-child(2)[aria-selected=true]) [data-row]' },
  { name: 'change', opener: '[data-row]', ready: 'dialog .code' },
  ...['general', 'quality', 'people', 'tokens', 'data'].map((tab, at): State => ({ name: `settings, ${tab}`, path: `/settings?tab=${tab}`, ready: `main:has(.tabs__tab:nth-child(${at + 1})[aria-selected=true]) .settings .card` })),
  { name: 'no such page', path: '/nothing-here', ready: 'h1' },
];

async function runExample({ page }: Tab): Promise<void> {
  await page.locator('.tester .row button').nth(1).click();
  await page.locator('.tester button[type=submit]').click();
}

/** Shows the part of a form that most people leave as it is. */
async function unfold({ page }: Tab): Promise<void> {
  await page.locator('dialog summary').click();
}

/** As a link of the page would; what was there before is gone when this resolves. */
async function follow({ page }: Tab, path: string): Promise<void> {
  await page.evaluate((to) => {
    const isOtherPage = location.pathname.split('/')[1] !== to.split(/[/?]/)[1];
    if (isOtherPage) document.querySelector('h1')?.setAttribute('data-before', '');
    history.pushState({}, '', to);
    dispatchEvent(new PopStateEvent('popstate', { state: {} }));
  }, path);
  await page.locator('h1:not([data-before])').first().waitFor();
}

needs('chromium')('every page in every look', () => {
  let world: World;
  beforeAll(async () => {
    world = await openWorld();
    const keys = await registerModels(world);
    await world.admin('PUT', '/admin/routing', {
      aliases: [{ name: 'fast', target: 'model:claude-haiku' }], auto: { strategy: 'static', tiers: { simple: ['claude-haiku'], moderate: ['gpt-5-mini'], complex: ['claude-opus'] } },
      patterns: [{ id: 'code', name: 'Code', priority: 30, glob: 'code/*', conditions: [{ field: 'input_tokens', op: 'gt', value: 2000 }], target: 'model:claude-opus', fallbacks: ['gpt-5-mini'] }, { id: 'claude', priority: 20, glob: 'claude-*', target: 'auto' }],
    }, { 'if-match': '"0"' });
    await putTraffic(world, traffic({ days: 5, perDay: 40, nowMs: NOW, keys }), NOW);
  }, 60_000);
  afterAll(async () => { await world?.close(); });

  /** All states in one tab, one after the other; every fault with the state that it was seen in. */
  async function walk(theme: 'light' | 'dark', locale: 'en' | 'ko', width: 1440 | 390): Promise<string[]> {
    const tab = await world.open({ theme, locale, width, timezone: 'Asia/Seoul' });
    const { page } = tab;
    // Each width of 320 to 1440 px is looked at in every theme and language: the narrow ones (below 820 px) in one look, the wide ones in
    // the other, as crossing from one to the other takes away what the focus goes back to.
    const widths = width === 390 ? [320, 390, 768] : [1024, 1440];
    const found: string[] = [];
    for (const { name, path, opener, ready, act, isNarrow } of STATES) {
      if (isNarrow === true && width > 820) continue;
      if (path !== undefined) await follow(tab, path);
      await page.locator(path === undefined && opener !== undefined ? opener : 'h1').first().waitFor();
      const trigger = opener === undefined ? undefined : page.locator(opener).first();
      await trigger?.click();
      await act?.(tab);
      await page.locator(ready).first().waitFor();
      await page.waitForFunction(() => document.querySelector('.skeleton') === null && document.getAnimations().every(({ playState, timeline }) => playState !== 'running' || !(timeline instanceof DocumentTimeline)));
      await shoot(page, `matrix-${name.replaceAll(/\W+/g, '-')}-${theme}-${locale}-${width}`);
      found.push(...(await pageFaults(tab, widths)).map((fault) => `${name}: ${fault}`));
      tab.faults.length = 0;
      if (trigger === undefined) continue;
      await page.keyboard.press('Escape');
      await page.locator(ready).first().waitFor({ state: 'detached' });
      if (!(await trigger.evaluate((element) => element === document.activeElement))) found.push(`${name}: the focus is on ${await page.evaluate(() => document.activeElement?.outerHTML.slice(0, 120) ?? 'nothing')}`);
    }
    await tab.close();
    const stranger = await world.open({ theme, locale, width, isSignedIn: false });
    await stranger.go('/login');
    found.push(...(await pageFaults(stranger, widths)).map((fault) => `sign-in: ${fault}`));
    await stranger.close();
    return found;
  }

  test.each([['light', 'en'], ['light', 'ko'], ['dark', 'en'], ['dark', 'ko']] as const)('has no fault of accessibility, layout, policy or focus (%s, %s)', async (theme, locale) => {
    const found = await Promise.all([walk(theme, locale, 1440), walk(theme, locale, 390)]);
    expect(found).toEqual([[], []]);
  }, 180_000);
});
