import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { listKeys, putKeyOp } from '../../functions/adapters/store/keys.ts';
import { needs } from '../support/optional.ts';
import { pageFaults, shoot } from './checks.ts';
import { openWorld, TENANT, type World } from './world.ts';

const REVOKED = 250;

needs('chromium')('API Keys: many of them', () => {
  let world: World;
  beforeAll(async () => {
    world = await openWorld();
    for (const name of ['production', 'claude-code']) await world.addKey(name);
    const [pattern] = await listKeys(world.store, TENANT);
    if (pattern === undefined) throw new Error('no key');
    for (let n = 0; n < REVOKED; n += 1) {
      const at = new Date(Date.now() - n * 3_600_000).toISOString();
      await world.store.write([putKeyOp({ ...pattern, keyId: `Revoked${String(n).padStart(5, '0')}`, name: `old-${String(n).padStart(3, '0')}`, createdAt: at, revokedAt: at }, undefined)]);
    }
  }, 60_000);
  afterAll(async () => { await world?.close(); });

  test.each([['en', 1440, 'Revoked', 'Show 100 more', 'Show 50 more'], ['ko', 390, '폐기됨', '100개 더 보기', '50개 더 보기']] as const)('revoked ones are shown when asked for, a hundred at a time, in the order of all (%s, %d px)', async (locale, width, revoked, hundred, fifty) => {
    const tab = await world.open({ locale, width });
    const { page } = tab;
    const rows = page.locator('.table tbody tr, .cards > *');
    await tab.go('/keys');
    await rows.first().waitFor();
    expect(await rows.count()).toBe(2);
    await page.getByRole('button', { name: revoked, exact: true }).click();
    await page.getByRole('button', { name: hundred }).waitFor();
    expect(await rows.count()).toBe(100);
    await page.getByRole('button', { name: hundred }).scrollIntoViewIfNeeded();
    await shoot(page, `keys-many-${locale}-${width}`);
    expect(await pageFaults(tab, [320, width])).toEqual([]);
    await page.getByRole('button', { name: hundred }).click();
    await page.getByRole('button', { name: fifty }).click();
    await page.getByRole('button', { name: fifty }).waitFor({ state: 'detached' });
    expect(await rows.count()).toBe(REVOKED);
    await tab.go('/keys?status=revoked&sort=name&dir=desc');
    await rows.first().waitFor();
    expect([await rows.count(), (await rows.first().textContent())?.includes('old-249')]).toEqual([100, true]);
    await page.getByRole('searchbox').fill('old-10');
    await page.waitForFunction(() => document.querySelectorAll('.table tbody tr, .cards > *').length === 10);
    expect(tab.faults).toEqual([]);
    await tab.close();
  });
});
