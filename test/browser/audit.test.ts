import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { needs } from '../support/optional.ts';
import { pageFaults, shoot } from './checks.ts';
import { putTraffic, registerModels, traffic } from './traffic.ts';
import { openWorld, type World } from './world.ts';

const NOW = Date.now();

needs('chromium')('Audit Log', () => {
  let world: World;
  let keys: string[];
  beforeAll(async () => {
    world = await openWorld();
    keys = await registerModels(world);
    await putTraffic(world, traffic({ days: 5, perDay: 40, nowMs: NOW, keys }), NOW);
  }, 60_000);
  afterAll(async () => { await world?.close(); });

  describe.each([['light', 'en', 1440], ['dark', 'en', 390], ['light', 'ko', 390], ['dark', 'ko', 1440]] as const)('%s, %s, %d px', (theme, locale, width) => {
    test('requests, a request, changes and a change are readable and whole', async () => {
      const tab = await world.open({ theme, locale, width, timezone: 'Asia/Seoul' });
      await tab.go('/audit');
      await tab.page.locator('[data-row]').first().waitFor();
      await shoot(tab.page, `audit-${theme}-${locale}-${width}`);
      expect(await pageFaults(tab)).toEqual([]);
      await tab.page.locator('[data-row]').nth(2).click();
      await tab.page.locator('dialog .trace').waitFor();
      await tab.page.waitForTimeout(400);
      await shoot(tab.page, `audit-${theme}-${locale}-${width}-drawer`);
      await tab.page.locator('dialog .dialog__body').evaluate((body) => { body.scrollTop = 640; });
      await shoot(tab.page, `audit-${theme}-${locale}-${width}-drawer-2`);
      expect(await pageFaults(tab)).toEqual([]);
      await tab.go('/audit?tab=changes');
      await tab.page.locator('[data-row]').first().waitFor();
      await shoot(tab.page, `audit-${theme}-${locale}-${width}-changes`);
      expect(await pageFaults(tab)).toEqual([]);
      await tab.page.locator('[data-row]').first().click();
      await tab.page.locator('dialog .code').waitFor();
      await shoot(tab.page, `audit-${theme}-${locale}-${width}-change`);
      expect(await pageFaults(tab)).toEqual([]);
      await tab.close();
    });
  });
});
