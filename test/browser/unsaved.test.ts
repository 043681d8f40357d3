import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { needs } from '../support/optional.ts';
import { pageFaults } from './checks.ts';
import { openWorld, type World } from './world.ts';

needs('chromium')('what was entered and not saved', () => {
  let world: World;
  beforeAll(async () => {
    world = await openWorld();
    await world.addModel('cheap', { tier: 'simple', price: { input: 0.25, output: 2 } });
    await world.addKey('production');
  });
  afterAll(async () => { await world?.close(); });

  const FORMS: readonly { readonly path: string; readonly open?: string; readonly field: string }[] = [
    { path: '/keys?new=1', field: 'Name' }, { path: '/keys', open: 'Actions: production/Edit', field: 'Name' },
    { path: '/models?new=1', field: 'Provider model' }, { path: '/models', open: 'Actions: cheap/Edit', field: 'Provider model' },
    { path: '/settings?tab=people', open: 'Invite', field: 'Name' }, { path: '/settings?tab=tokens', open: 'Create token', field: 'Name' },
    { path: '/rules', open: 'Add alias', field: 'Alias' },
  ];

  test.each(FORMS)('in the form of $path ($open) is asked about once, whichever way it is left', async ({ path, open, field }) => {
    const tab = await world.open();
    const { page } = tab;
    const question = page.getByRole('dialog', { name: 'Leave without saving?' });
    const form = page.getByRole('dialog').filter({ has: page.locator('form') });
    await tab.go(path);
    const show = async (): Promise<void> => {
      const [button, item] = open?.split('/') ?? [];
      if (button !== undefined) await page.getByRole('button', { name: button }).click();
      if (item !== undefined) await page.getByRole('menuitem', { name: item }).click();
      await form.waitFor();
    };
    await show();
    const name = new RegExp(`^${field}`);
    const input = form.getByRole('textbox', { name }).or(form.getByRole('combobox', { name })).first();
    await input.fill('half-a-thought');
    await page.keyboard.press('Escape');
    await question.waitFor();
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Stay');
    expect(await pageFaults(tab, [390, 1440])).toEqual([]);
    await page.keyboard.press('Escape');
    await question.waitFor({ state: 'detached' });
    expect(await input.inputValue()).toBe('half-a-thought');
    await form.getByRole('button', { name: 'Cancel' }).click();
    await question.getByRole('button', { name: 'Leave' }).click();
    await form.waitFor({ state: 'detached' });
    // Nothing entered, nothing asked.
    if (path.includes('new=1')) await tab.go(path);
    else await show();
    await form.waitFor();
    await page.keyboard.press('Escape');
    await form.waitFor({ state: 'detached' });
    expect([await question.count(), tab.faults]).toEqual([0, []]);
    await tab.close();
  });

  test.each([['General', 'Time zone', 'Asia/Seoul', 'UTC'], ['Quality', 'Share of the strongest model’s quality', '97', '98']])('in the settings, %s, it stays until it is left on purpose, by a link, by another tab or by Back', async (name, field, entered, before) => {
    const tab = await world.open();
    const { page } = tab;
    const question = page.getByRole('dialog', { name: 'Leave without saving?' });
    await tab.go('/keys');
    await page.getByRole('link', { name: 'Settings', exact: true }).click();
    if (name !== 'General') await page.getByRole('tab', { name }).click();
    const input = page.getByLabel(field).first();
    await input.waitFor();
    expect(await input.inputValue()).toBe(before);
    await input.fill(entered);
    for (const leave of [() => page.getByRole('link', { name: 'Models', exact: true }).click(), () => page.getByRole('tab', { name: 'Data' }).click(), () => page.evaluate(() => history.back())]) {
      await leave();
      await question.getByRole('button', { name: 'Stay' }).click();
      await question.waitFor({ state: 'detached' });
      expect([new URL(page.url()).pathname, await input.inputValue()]).toEqual(['/settings', entered]);
    }
    await page.getByRole('link', { name: 'Models', exact: true }).click();
    await question.getByRole('button', { name: 'Leave' }).click();
    await page.getByRole('heading', { level: 1, name: 'Models' }).waitFor();
    await page.getByRole('link', { name: 'Settings', exact: true }).click();
    await page.getByLabel('Time zone').waitFor();
    expect([await page.getByLabel('Time zone').inputValue(), tab.faults]).toEqual(['UTC', []]);
    await tab.close();
  });
});
