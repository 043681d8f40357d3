import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { needs } from '../support/optional.ts';
import { pageFaults, shoot } from './checks.ts';
import { putTraffic, registerModels, traffic } from './traffic.ts';
import { openWorld, type World } from './world.ts';

const NOW = Date.now();

needs('chromium')('Analytics', () => {
  let world: World;
  let keys: string[];
  beforeAll(async () => {
    world = await openWorld();
    keys = await registerModels(world);
    await putTraffic(world, traffic({ days: 20, perDay: 60, nowMs: NOW, keys }), NOW);
  }, 60_000);
  afterAll(async () => { await world?.close(); });

  describe.each([['light', 'en', 1440], ['dark', 'en', 390], ['light', 'ko', 390], ['dark', 'ko', 1440]] as const)('%s, %s, %d px', (theme, locale, width) => {
    test('is readable and whole', async () => {
      const tab = await world.open({ theme, locale, width, timezone: 'Asia/Seoul' });
      await tab.go('/analytics');
      await tab.page.locator('.savings__amount').waitFor();
      await tab.page.locator('.observations, .card .muted').first().waitFor();
      await tab.page.waitForTimeout(300);
      await shoot(tab.page, `analytics-${theme}-${locale}-${width}`);
      await tab.page.evaluate(() => scrollTo(0, 700));
      await shoot(tab.page, `analytics-${theme}-${locale}-${width}-2`);
      await tab.page.evaluate(() => scrollTo(0, 5_000));
      await shoot(tab.page, `analytics-${theme}-${locale}-${width}-3`);
      await tab.page.evaluate(() => scrollTo(0, 0));
      expect(await pageFaults(tab)).toEqual([]);
      await tab.close();
    });
  });
});
