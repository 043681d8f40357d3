import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { json, sayHello } from '../support/scripted-upstream.ts';
import { needs } from '../support/optional.ts';
import { pageFaults, shoot } from './checks.ts';
import { setRole } from './roles.ts';
import { openWorld, type World } from './world.ts';

const SECRET = 'sk-canary-0123456789-wxyz';

needs('chromium')('models', () => {
  let world: World;
  beforeAll(async () => { world = await openWorld(); });
  afterAll(async () => { await world?.close(); });
  const modelOf = <T = Record<string, unknown>>(id: string): Promise<T> => world.admin<T>('GET', `/admin/models/${encodeURIComponent(id)}`);

  test('an empty gateway asks for a cheap and a strong model; each is tried by a call before it is saved', async () => {
    const tab = await world.open();
    const { page } = tab;
    await tab.go('/models');
    await page.getByText('No models yet').waitFor();
    await shoot(page, 'models-empty');
    expect(await pageFaults(tab, [320, 1440])).toEqual([]);
    await page.getByRole('button', { name: 'Add a cheap model' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Provider', { exact: true }).selectOption('openai-compatible');
    await dialog.getByRole('button', { name: 'Test and add' }).click();
    expect(await dialog.getByText('This is needed.').count()).toBeGreaterThanOrEqual(2);
    await dialog.getByLabel('Base URL').fill(world.upstream.baseUrl);
    await dialog.getByLabel('Provider model').fill('small one');
    expect(await dialog.getByLabel('Model ID').inputValue()).toBe('small-one');
    await dialog.getByLabel('Model ID').fill('auto');
    await dialog.getByLabel('Provider model').fill('small');
    await dialog.getByText('“auto” has a meaning of its own').waitFor();
    await dialog.getByLabel('Model ID').fill('cheap');
    await dialog.getByLabel('API key', { exact: false }).first().fill(SECRET);
    await dialog.getByText('More options').click();
    await dialog.getByLabel('Input', { exact: true }).fill('0.25');
    await dialog.getByRole('button', { name: 'Test and add' }).click();
    await dialog.getByText('This is needed.').waitFor();
    await dialog.getByLabel('Output', { exact: true }).fill('2');
    await shoot(page, 'models-add-light-en-1440');
    expect(await pageFaults(tab)).toEqual([]);
    const before = world.upstream.received.length;
    await dialog.getByRole('button', { name: 'Test and add' }).click();
    await page.getByText(/cheap is added. Answered in/).waitFor();
    expect(world.upstream.received.length).toBe(before + 1);
    expect(world.upstream.received.at(-1)?.headers.authorization).toBe(`Bearer ${SECRET}`);
    await page.getByRole('button', { name: 'Open cheap' }).waitFor();
    expect(await modelOf('cheap')).toMatchObject({ provider: 'openai-compatible', upstreamModel: 'small', baseUrl: world.upstream.baseUrl, price: { input: 0.25, output: 2 }, credential: { last4: 'wxyz' } });
    expect((await world.admin<{ document: { auto: { tiers: object } } }>('GET', '/admin/routing')).document.auto.tiers).toMatchObject({ simple: ['cheap'] });
    expect(new URL(page.url()).search).toBe('');
    expect(tab.faults).toEqual([]);
    await tab.close();
  });

  test('a failed test call says what the provider said and what to do, and leaves the choice', async () => {
    world.upstream.script((_received, response) => json(response, 401, { error: { message: 'Incorrect API key provided.', type: 'invalid_request_error', code: 'invalid_api_key' } }));
    const tab = await world.open();
    const { page } = tab;
    await tab.go('/models?new=1');
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Provider', { exact: true }).selectOption('openai-compatible');
    await dialog.getByLabel('Base URL').fill(world.upstream.baseUrl);
    await dialog.getByLabel('Provider model').fill('large');
    await dialog.getByLabel('Model ID').fill('cheap');
    await dialog.getByRole('button', { name: 'Test and add' }).click();
    await dialog.getByText('“cheap” is already used. Try cheap-2.').waitFor();
    await dialog.getByLabel('Model ID').fill('strong');
    await dialog.getByLabel('Use for automatic routing').selectOption('complex');
    await dialog.getByLabel('API key', { exact: false }).first().fill('sk-wrong-0123456789');
    await dialog.getByRole('button', { name: 'Test and add' }).click();
    await dialog.getByText('The test call failed').waitFor();
    await dialog.getByText('The provider does not accept this API key for this model.').waitFor();
    await shoot(page, 'models-failed-test');
    expect(await pageFaults(tab, [320, 1440])).toEqual([]);
    await dialog.getByRole('button', { name: 'Add anyway' }).click();
    await page.getByRole('button', { name: 'Open strong' }).waitFor();
    world.upstream.script(sayHello);
    await page.getByRole('button', { name: 'Actions: strong' }).click();
    await page.getByRole('menuitem', { name: 'Test' }).click();
    await page.getByText('The model works with this key.').waitFor();
    await page.keyboard.press('Escape');
    expect(tab.faults).toEqual([]);
    await tab.close();
  });

  test('an edit without a key keeps the key; one that moves the model asks for it again; what is emptied is taken away', async () => {
    const tab = await world.open();
    const { page } = tab;
    await tab.go('/models');
    await page.getByRole('button', { name: 'Actions: cheap' }).click();
    await page.getByRole('menuitem', { name: 'Edit' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText('Key ending …wxyz').waitFor();
    expect(await dialog.getByLabel('API key', { exact: false }).first().inputValue()).toBe('');
    await dialog.getByLabel('Provider model').fill('small-2');
    await dialog.getByText('More options').click();
    await dialog.getByLabel('Input', { exact: true }).fill('0.5');
    await dialog.getByLabel('Images').selectOption('no');
    await dialog.getByRole('button', { name: 'Save and test' }).click();
    await page.getByText(/cheap is saved. Answered in/).waitFor();
    expect(world.upstream.received.at(-1)?.headers.authorization).toBe(`Bearer ${SECRET}`);
    expect(await modelOf('cheap')).toMatchObject({ upstreamModel: 'small-2', price: { input: 0.5, output: 2 }, facts: { vision: false }, credential: { last4: 'wxyz' } });
    await page.getByRole('button', { name: 'Actions: cheap' }).click();
    await page.getByRole('menuitem', { name: 'Edit' }).click();
    await dialog.getByLabel('Base URL').fill(world.upstream.baseUrl.replace('127.0.0.1', 'localhost'));
    await dialog.getByRole('button', { name: 'Save without a test' }).click();
    await dialog.getByText('The address changes, so the key must be entered again.').waitFor();
    await dialog.getByLabel('Base URL').fill(world.upstream.baseUrl);
    await dialog.getByText('More options').click();
    await dialog.getByLabel('Images').selectOption('');
    await dialog.getByRole('button', { name: 'Save without a test' }).click();
    await dialog.waitFor({ state: 'detached' });
    expect(await modelOf('cheap')).toMatchObject({ facts: null, baseUrl: world.upstream.baseUrl });
    expect(await page.evaluate(() => document.activeElement?.getAttribute('aria-label'))).toBe('Actions: cheap');
    expect(tab.faults).toEqual([]);
    await tab.close();
  });

  test('a model in use is not deleted but can be disabled, with Undo; an unused one is deleted after a question with numbers', async () => {
    const tab = await world.open();
    const { page } = tab;
    await tab.go('/models');
    await page.getByRole('button', { name: 'Actions: cheap' }).click();
    await page.getByRole('menuitem', { name: 'Delete' }).click();
    await page.getByText('cheap is still used').waitFor();
    await page.getByRole('dialog').getByRole('link', { name: 'Tier simple' }).waitFor();
    await shoot(page, 'models-in-use');
    await page.getByRole('dialog').getByRole('button', { name: 'Disable' }).click();
    await page.getByText('cheap is disabled').waitFor();
    expect(await modelOf('cheap')).toMatchObject({ enabled: false });
    await page.getByRole('button', { name: 'Undo' }).click();
    await page.getByText('cheap is enabled').waitFor();
    expect(await modelOf('cheap')).toMatchObject({ enabled: true });
    await world.addModel('spare');
    const key = await world.addKey('spare-user');
    expect((await world.chat(key, 'Hello', 'spare')).status).toBe(200);
    await page.reload();
    await page.getByRole('button', { name: 'Actions: spare' }).click();
    await page.getByRole('menuitem', { name: 'Delete' }).click();
    await page.getByText('spare answered 1 request in the last 30 days.').waitFor();
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Cancel');
    await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
    await page.getByText('spare is deleted').waitFor();
    await page.getByRole('button', { name: 'Open spare' }).waitFor({ state: 'detached' });
    expect(tab.faults).toEqual([]);
    await tab.close();
  });

  test('a member sees the models and cannot change them; a viewer is told who can help', async () => {
    const tab = await world.open();
    const { page } = tab;
    try {
      await setRole(world, 'member');
      await tab.go('/models?new=1');
      await page.getByRole('button', { name: 'Open cheap' }).waitFor();
      expect([await page.getByRole('button', { name: 'Add model' }).count(), await page.getByRole('dialog').count()]).toEqual([0, 0]);
      await page.getByRole('button', { name: 'Actions: cheap' }).click();
      expect(await page.getByRole('menuitem').allTextContents()).toEqual(['Details']);
      await expect(world.admin('DELETE', '/admin/models/cheap')).rejects.toThrow('403');
      expect(tab.faults).toEqual([]);
      await setRole(world, 'viewer');
      await tab.go('/models');
      await page.getByText('You may not see this').waitFor();
      await expect(world.admin('GET', '/admin/models')).rejects.toThrow('403');
    } finally {
      await setRole(world, 'owner');
    }
    await tab.close();
  });

  test('filters stand in the address and can be cleared; a failing part fails alone', async () => {
    const tab = await world.open();
    const { page } = tab;
    await tab.go('/models?status=disabled&provider=openai-compatible&sort=nonsense');
    await page.getByText('Nothing matches these filters').waitFor();
    await page.getByRole('button', { name: 'Clear filters' }).click();
    await page.getByRole('button', { name: 'Open cheap' }).waitFor();
    await page.getByRole('button', { name: 'Sort by Spend 30d' }).or(page.getByTitle('Sort by Spend 30d')).first().click();
    expect(new URL(page.url()).search).toContain('sort=spend&dir=desc');
    await page.goBack();
    expect(new URL(page.url()).search).not.toContain('sort=spend');
    expect(tab.faults).toEqual([]);
    world.break('/admin/usage');
    await tab.go('/models/cheap');
    await page.getByRole('dialog').getByText('This could not be loaded').waitFor({ timeout: 10_000 });
    await page.getByRole('heading', { name: 'Facts' }).waitFor();
    world.break(null);
    await page.getByRole('dialog').getByRole('button', { name: 'Retry' }).click();
    await page.getByRole('dialog').locator('.chart').waitFor();
    await tab.close();
  });
});

needs('chromium')('the models on a phone', () => {
  test.each(['/admin/routing', '/admin/keys', '/admin/usage'])('what %s says later moves nothing, and nothing is called unused before it is known', async (part) => {
    const world = await openWorld({ isDemo: true });
    try {
      const tab = await world.open({ width: 390, height: 844, isPhone: true });
      const { page } = tab;
      const edges = (): Promise<number[]> => page.evaluate(() => [...document.querySelectorAll('.cards__card')].map((card) => Math.round(card.getBoundingClientRect().bottom)));
      world.break(part, 'hang', tab);
      await page.goto(`${world.origin}/models`);
      await page.locator('[data-row]').first().waitFor();
      await page.waitForTimeout(1_000);
      const before = await edges();
      const unused = page.getByText('nothing', { exact: true });
      if (part !== '/admin/usage') expect(await unused.count()).toBe(0);
      const answered = page.waitForResponse((response) => response.url().includes(part));
      world.break(null, undefined, tab);
      await answered;
      await page.waitForLoadState('networkidle');
      await shoot(page, 'models-phone');
      expect(before.length).toBe(2);
      expect(await edges()).toEqual(before);
      expect(tab.faults).toEqual([]);
    } finally {
      await world.close();
    }
  });
});
