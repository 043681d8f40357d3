import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { ROUTES } from '../../functions/admin/routes.ts';
import { needs } from '../support/optional.ts';
import { pageFaults } from './checks.ts';
import { setRole } from './roles.ts';
import { putTraffic, registerModels, traffic } from './traffic.ts';
import { openWorld, type World } from './world.ts';

const NOW = Date.now();
const ROLES = ['viewer', 'member', 'admin', 'owner'] as const;
type Role = (typeof ROLES)[number];
const rank = (role: string): number => ROLES.indexOf(role as Role);

const NAV: Readonly<Record<Role, readonly string[]>> = {
  viewer: ['Dashboard', 'Analytics', 'Audit Log'],
  member: ['Dashboard', 'Rules', 'Models', 'Routing Test', 'Analytics', 'API Keys', 'Audit Log'],
  admin: ['Dashboard', 'Rules', 'Models', 'Routing Test', 'Analytics', 'API Keys', 'Audit Log', 'Settings'],
  owner: ['Dashboard', 'Rules', 'Models', 'Routing Test', 'Analytics', 'API Keys', 'Audit Log', 'Settings'],
};

/** What changes something, by its page and the least role that sees it. */
const CHANGES: readonly { readonly path: string; readonly button: string; readonly needs: Role }[] = [
  { path: '/rules', button: 'Add alias', needs: 'admin' }, { path: '/rules', button: 'Add rule', needs: 'admin' },
  { path: '/models', button: 'Add model', needs: 'admin' },
  { path: '/keys', button: 'Create API key', needs: 'admin' },
  { path: '/settings', button: 'Pause everything', needs: 'admin' }, { path: '/settings?tab=people', button: 'Invite', needs: 'admin' },
  { path: '/settings?tab=tokens', button: 'Create token', needs: 'owner' },
];

needs('chromium')('journey 11: roles', () => {
  let world: World;
  let keyId: string;
  beforeAll(async () => {
    world = await openWorld();
    const keys = await registerModels(world);
    keyId = keys[0] ?? '';
    await putTraffic(world, traffic({ days: 3, perDay: 20, nowMs: NOW, keys }), NOW);
  }, 60_000);
  afterAll(async () => { await world?.close(); });

  test.each(ROLES)('%s: the menu has what the role may see, every page opens, and what it may not do is not there', async (role) => {
    await setRole(world, role);
    try {
      const tab = await world.open();
      const { page } = tab;
      expect(await page.getByRole('navigation').getByRole('link').allTextContents()).toEqual(NAV[role]);
      for (const path of ['/', '/rules', '/models', '/models/claude-haiku', '/test', '/analytics', '/keys', `/keys/${keyId}`, '/audit', '/audit?tab=changes', '/settings', '/settings?tab=people', '/settings?tab=tokens']) {
        await tab.go(path);
        await page.waitForFunction(() => document.querySelector('.skeleton') === null);
        const shown = CHANGES.filter((change) => change.path === path);
        const seen = await Promise.all(shown.map(async ({ button }) => (await page.getByRole('button', { name: button, exact: true }).count()) > 0));
        expect([path, shown.map(({ button }, at) => [button, seen[at]])]).toEqual([path, shown.map(({ button, needs: least }) => [button, rank(role) >= rank(least)])]);
        // No question of a page is refused: it asks for what the role may see only.
        expect([path, tab.faults, await page.locator('.error-card').count()]).toEqual([path, [], 0]);
      }
      await tab.close();
    } finally {
      await setRole(world, 'owner');
    }
  }, 120_000);

  test('a member on the pages of keys, requests and figures reads everything and changes nothing', async () => {
    await setRole(world, 'member');
    try {
      const tab = await world.open();
      const { page } = tab;
      await tab.go('/keys?new=1');
      await page.getByRole('button', { name: 'Open production' }).waitFor();
      expect(await page.getByRole('dialog').count()).toBe(0);
      expect(await pageFaults(tab, [390, 1440])).toEqual([]);
      await page.keyboard.press('c');
      await page.waitForTimeout(300);
      expect(await page.getByRole('dialog').count()).toBe(0);
      await page.getByRole('button', { name: 'Open production' }).click();
      await page.getByRole('dialog').locator('.chart__svg').waitFor();
      for (const name of ['Edit', 'Rotate', 'Revoke']) expect([name, await page.getByRole('dialog').getByRole('button', { name, exact: true }).count()]).toEqual([name, 0]);
      expect(await pageFaults(tab, [390, 1440])).toEqual([]);
      await tab.go('/audit');
      await page.locator('[data-row]').first().click();
      await page.getByRole('link', { name: 'Test with these' }).waitFor();
      expect(await pageFaults(tab, [390, 1440])).toEqual([]);
      await tab.go('/audit?tab=changes');
      await page.getByText('Only admins can see the changes').waitFor();
      await tab.go('/analytics');
      await page.locator('tfoot').waitFor();
      await page.getByRole('button', { name: 'Export' }).waitFor();
      expect(await pageFaults(tab, [390, 1440])).toEqual([]);
      await tab.close();
    } finally {
      await setRole(world, 'owner');
    }
  }, 60_000);

  test.each(['viewer', 'member', 'admin'] as const)('the server refuses a %s everything above the role, whatever a page shows', async (role) => {
    const above = ROUTES.filter(({ role: needed }) => rank(needed) > rank(role));
    expect(above.length).toBeGreaterThan(4);
    await setRole(world, role);
    try {
      for (const { method, path } of above) {
        const body = method === 'GET' || method === 'DELETE' ? undefined : {};
        await expect(world.admin(method, path.replaceAll(/\{\w+\}/g, 'x'), body)).rejects.toThrow(/: 403 .*This needs the role/);
      }
    } finally {
      await setRole(world, 'owner');
    }
  });
});
