import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { needs } from '../support/optional.ts';
import { pageFaults, shoot } from './checks.ts';
import { openWorld, type World } from './world.ts';

needs('chromium')('signing in', () => {
  let world: World;
  beforeAll(async () => { world = await openWorld(); });
  afterAll(async () => { await world?.close(); });

  test('the link that the start prints leads into the dashboard, once', async () => {
    const tab = await world.open({ isSignedIn: false });
    const link = world.link();
    await tab.page.goto(link);
    await tab.page.waitForURL(`${world.origin}/`);
    await tab.page.getByRole('heading', { level: 1, name: 'System Overview' }).waitFor();
    await shoot(tab.page, 'shell');
    expect(tab.faults).toEqual([]);
    await tab.close();
    const other = await world.open({ isSignedIn: false });
    await other.page.goto(link);
    expect(await other.page.locator('h1').textContent()).toBe('This link is over');
    await other.close();
  });

  test.each([['light', 'en', 1440], ['dark', 'en', 390], ['light', 'ko', 390], ['dark', 'ko', 1440]] as const)('a person without a session sees one button (%s, %s, %d px)', async (theme, locale, width) => {
    const tab = await world.open({ isSignedIn: false, theme, locale, width });
    await tab.page.goto(`${world.origin}/keys?status=active`);
    await tab.page.waitForURL(`${world.origin}/login`);
    await tab.page.getByRole('button', { name: locale === 'en' ? 'Sign in' : '로그인' }).waitFor();
    await shoot(tab.page, `login-${theme}-${locale}-${width}`);
    expect(await pageFaults(tab)).toEqual([]);
    await tab.close();
  });
});
