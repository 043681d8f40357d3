import { readFile, writeFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { invitationDigest, putInvitationOp } from '../../functions/adapters/store/people.ts';
import { putTenantOps } from '../../functions/adapters/store/tenants.ts';
import { newTenant } from '../../functions/admin/people/new-tenant.ts';
import { needs } from '../support/optional.ts';
import { LOOKS, pageFaults, shoot } from './checks.ts';
import { setRole } from './roles.ts';
import { openWorld, type World } from './world.ts';

interface SettingsAnswer { version: number; paused: boolean; alwaysStrongest: boolean; corsOrigins: string[]; dailyUsd: number | null; timezone: string; retentionDays: { ledger: number | null } }

needs('chromium')('settings', () => {
  let world: World;
  let key: string;
  beforeAll(async () => {
    world = await openWorld();
    await world.addModel('cheap', { tier: 'simple', price: { input: 0.25, output: 2 } });
    await world.addModel('strong', { tier: 'complex', price: { input: 5, output: 25 } });
    key = await world.addKey('app');
  });
  afterAll(async () => { await world?.close(); });
  const current = (): Promise<SettingsAnswer> => world.admin<SettingsAnswer>('GET', '/admin/settings');
  const chatAs = async (body: object): Promise<Response> => fetch(`${world.origin}/v1/chat/completions`, { method: 'POST', headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' }, body: JSON.stringify({ model: 'auto', messages: [{ role: 'user', content: 'Hello' }], ...body }) });

  test('everything is paused in one action that says what it stops, and resumed in one; always strongest is a switch with Undo', async () => {
    expect((await world.chat(key, 'Hello')).status).toBe(200);
    const tab = await world.open();
    const { page } = tab;
    await tab.go('/settings');
    await page.getByRole('button', { name: 'Pause everything' }).click();
    await page.getByText('This gateway served 1 request in the last hour.').waitFor();
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Cancel');
    await shoot(page, 'settings-pause');
    await page.getByRole('dialog').getByRole('button', { name: 'Pause everything' }).click();
    await page.getByText('The gateway is paused').waitFor();
    expect((await world.chat(key, 'Hello')).status).toBe(503);
    await page.getByRole('button', { name: 'Resume' }).click();
    await page.getByText('The gateway serves requests again').waitFor();
    expect((await world.chat(key, 'Hello')).status).toBe(200);
    await page.getByText('Always use the strongest model').click();
    await page.getByText('Automatic routing now always uses the strongest model').waitFor();
    const served = await chatAs({});
    expect([served.headers.get('x-bsg-model'), served.headers.get('x-bsg-reason')]).toEqual(['strong', 'always_strongest']);
    await page.getByRole('button', { name: 'Undo' }).click();
    for (let tries = 0; tries < 50 && (await current()).alwaysStrongest; tries += 1) await page.waitForTimeout(100);
    expect((await chatAs({})).headers.get('x-bsg-model')).toBe('cheap');
    expect(tab.faults).toEqual([]);
    await tab.close();
  });

  test('settings are saved as a whole; what is wrong is told at its field; a switch in between loses nothing that was typed; somebody else\'s save is not overwritten', async () => {
    const tab = await world.open();
    const { page } = tab;
    await tab.go('/settings');
    await page.getByLabel('Time zone').fill('Asia/Seoul');
    await page.getByLabel('Allowed origins, one a line').fill('https://app.example.com/path');
    await page.getByText('This is not an origin: https://app.example.com/path.').waitFor();
    await page.getByLabel('Allowed origins, one a line').fill('https://app.example.com\nhttp://localhost:3000');
    await page.getByLabel('No limit (Per day (USD))').uncheck();
    await page.getByLabel('Per day (USD)', { exact: true }).fill('');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('This must be a number.').waitFor();
    await page.getByLabel('Per day (USD)', { exact: true }).fill('12.5');
    await page.getByText('This must be a number.').waitFor({ state: 'detached' });
    await page.getByLabel('For ever (Requests)').uncheck();
    await page.getByText('Always use the strongest model').click();
    await page.getByText('Automatic routing now always uses the strongest model').waitFor();
    expect(await page.getByLabel('Time zone').inputValue()).toBe('Asia/Seoul');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('Settings saved').waitFor();
    expect(await current()).toMatchObject({ timezone: 'Asia/Seoul', corsOrigins: ['https://app.example.com', 'http://localhost:3000'], dailyUsd: 12.5, alwaysStrongest: true, retentionDays: { ledger: 90 } });
    // Somebody else saves while this form is being filled in.
    await page.getByLabel('Per day (USD)', { exact: true }).fill('13');
    const { version, ...theirs } = await current();
    await world.admin('PUT', '/admin/settings', { ...theirs, dailyUsd: 7, alwaysStrongest: false }, { 'if-match': `"${version}"` });
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('Somebody else changed these settings').waitFor();
    await shoot(page, 'settings-conflict');
    expect((await current()).dailyUsd).toBe(7);
    await page.getByRole('button', { name: 'Load theirs' }).click();
    await page.waitForFunction(() => [...document.querySelectorAll('input')].some((input) => input.value === '7'));
    await page.getByLabel('Time zone').fill('Nowhere/Land');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('This is not the name of a time zone.').waitFor();
    expect(tab.faults.every((fault) => /status of (412|400)/.test(fault))).toBe(true);
    await tab.close();
  });

  test('the quality target and shadow judging with its cap go into the routing document; nothing else in it changes', async () => {
    const before = await world.admin<{ version: number; document: { auto: object; aliases: unknown[] } }>('GET', '/admin/routing');
    const tab = await world.open();
    const { page } = tab;
    await tab.go('/settings?tab=quality');
    await page.getByLabel('Share of the strongest').fill('96.5');
    await page.getByText('Compare answers').click();
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('Choose a judge model.').waitFor();
    await page.getByLabel('Judge model').selectOption('strong');
    await page.getByLabel('At most per day').fill('2.5');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText(`Saved as version ${before.version + 1} of the routing`).waitFor();
    const after = await world.admin<typeof before>('GET', '/admin/routing');
    expect(after.document).toEqual({ ...before.document, auto: { ...before.document.auto, qualityTarget: 0.965, judgeModel: 'strong', shadow: { enabled: true, dailyUsd: 2.5 } } });
    expect(tab.faults).toEqual([]);
    await tab.close();
  });

  test.each(LOOKS)('a message does not lie over the button that saves (%s, %s, %d px)', async (theme, locale, width) => {
    const tab = await world.open({ theme, locale, width });
    const { page } = tab;
    for (const path of ['/settings', '/settings?tab=quality']) {
      await tab.go(path);
      const save = page.locator('.settings__foot button[type=submit]');
      await save.click();
      await page.locator('.toast').waitFor();
      await shoot(page, `settings-toast-${path.length}-${theme}-${locale}-${width}`);
      for (const narrow of [320, 390, 768, width]) {
        await page.setViewportSize({ width: narrow, height: 844 });
        // As far down as the page goes, which is where the foot and the messages can meet.
        await page.evaluate(() => { scrollTo(0, document.documentElement.scrollHeight); });
        const [toasts, button] = [await page.locator('.toasts').boundingBox(), await save.boundingBox()];
        expect([path, narrow, toasts !== null && button !== null && (toasts.y + toasts.height <= button.y || toasts.y >= button.y + button.height || toasts.x >= button.x + button.width)]).toEqual([path, narrow, true]);
      }
      expect(await pageFaults(tab)).toEqual([]);
      await page.setViewportSize({ width, height: 844 });
    }
    await tab.close();
  });

  test('an invitation is a link that is shown once; a machine token too, and it works until it is ended', async () => {
    const tab = await world.open();
    const { page } = tab;
    await tab.go('/settings?tab=people');
    await page.getByRole('button', { name: 'Invite' }).click();
    await page.getByLabel('Name').fill('Jane Kim');
    await page.getByLabel('Role', { exact: true }).selectOption('viewer');
    await page.getByRole('dialog').getByRole('button', { name: 'Invite' }).click();
    await page.getByText('The invitation is ready').waitFor();
    const link = (await page.locator('.settings__secret-text').textContent()) ?? '';
    expect(link).toMatch(/\/invite#token=bsgi_[0-9a-f]{64}$/);
    for (let press = 0; press < 4; press += 1) await page.keyboard.press('Escape');
    expect(await page.getByText('The invitation is ready').isVisible()).toBe(true);
    expect(await pageFaults(tab, [320, 1440])).toEqual([]);
    await tab.context.grantPermissions(['clipboard-read', 'clipboard-write']);
    await page.getByRole('button', { name: 'Copy link' }).click();
    await page.getByRole('button', { name: 'Done' }).click();
    await page.getByRole('row').filter({ hasText: 'Jane Kim' }).getByText('Invited').waitFor();
    // The operator is a member already; the page says so in the words of the API.
    const other = await world.open();
    await other.page.goto(link);
    await other.page.getByRole('button', { name: 'Accept' }).click();
    await other.page.getByText('You belong to this tenant already').waitFor();
    await other.close();
    await page.getByRole('button', { name: 'Withdraw: Jane Kim' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Withdraw' }).click();
    await page.getByText('Jane Kim is removed').waitFor();
    await page.getByLabel('Role of Operator of this machine').selectOption('admin');
    await page.getByText('A tenant needs an owner').waitFor();
    await page.getByRole('tab', { name: 'Machine tokens' }).click();
    expect(new URL(page.url()).search).toBe('?tab=tokens');
    await page.getByRole('button', { name: 'Create token' }).click();
    await page.getByLabel('Name').fill('pipeline');
    await page.getByRole('dialog').getByRole('button', { name: 'Create token' }).click();
    await page.getByText('Save the token now').waitFor();
    const token = (await page.locator('.settings__secret-text').textContent()) ?? '';
    const me = (): Promise<Response> => fetch(`${world.origin}/admin/me`, { headers: { authorization: `Bearer ${token}` } });
    expect(await (await me()).json()).toMatchObject({ role: 'admin' });
    await page.getByRole('button', { name: 'Copy token' }).click();
    await page.getByRole('button', { name: 'I have saved it' }).click();
    await page.getByRole('button', { name: 'End: pipeline' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'End' }).click();
    await page.getByText('pipeline is ended').waitFor();
    expect((await me()).status).toBe(401);
    expect(tab.faults.every((fault) => /status of 409/.test(fault))).toBe(true);
    await tab.close();
  });

  test('the configuration goes out as a file and comes back: first what would change, then the change', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'bsg-config-'));
    const tab = await world.open();
    const { page } = tab;
    await tab.go('/settings?tab=data');
    const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Download' }).click()]);
    expect(download.suggestedFilename()).toMatch(/^bsgateway-config_\d{4}-\d\d-\d\d\.json$/);
    const document = JSON.parse(await readFile(await download.path(), 'utf8')) as { models: { id: string; maxOutputTokens?: number }[] };
    expect(document.models.map(({ id }) => id)).toEqual(['cheap', 'strong']);
    await page.getByLabel('… or paste it').fill('{"version": 1,');
    await page.getByRole('button', { name: 'Check' }).click();
    await page.getByText('This is not valid JSON').waitFor();
    const file = join(folder, 'config.json');
    await writeFile(file, JSON.stringify(document));
    await page.getByLabel('JSON file').setInputFiles(file);
    await page.getByRole('button', { name: 'Check' }).click();
    await page.getByText('Nothing would change').waitFor();
    for (const model of document.models) if (model.id === 'cheap') model.maxOutputTokens = 4_096;
    await writeFile(file, JSON.stringify(document));
    await page.getByLabel('JSON file').setInputFiles([]);
    await page.getByLabel('JSON file').setInputFiles(file);
    await page.getByRole('button', { name: 'Check' }).click();
    await page.getByText('Model cheap').waitFor();
    await shoot(page, 'settings-import');
    expect(await world.admin('GET', '/admin/models/cheap')).toMatchObject({ maxOutputTokens: null });
    await page.getByRole('button', { name: 'Apply' }).click();
    await page.getByText('1 change is applied').waitFor();
    expect(await world.admin('GET', '/admin/models/cheap')).toMatchObject({ maxOutputTokens: 4_096, credential: { last4: '1234' } });
    expect(tab.faults).toEqual([]);
    await tab.close();
    await rm(folder, { recursive: true, force: true });
  });

  test('what tells of a person is erased, and the sums stay', async () => {
    expect((await chatAs({ user: 'person-7' })).status).toBe(200);
    await expect(world.admin<{ items: { user?: string }[] }>('GET', '/admin/requests?limit=50')).resolves.toMatchObject({ items: expect.arrayContaining([expect.objectContaining({ user: 'person-7' })]) });
    const tab = await world.open();
    const { page } = tab;
    await tab.go('/settings?tab=data');
    await page.getByLabel('User, as requests name it').fill('person-7');
    await page.getByRole('button', { name: 'Erase' }).click();
    await page.getByLabel('Type person-7 to confirm').fill('person-7');
    await page.getByRole('dialog').getByRole('button', { name: 'Erase' }).click();
    await page.getByText('Erased in 1 request').waitFor();
    const { items } = await world.admin<{ items: { user?: string }[] }>('GET', '/admin/requests?limit=50');
    expect(items.some(({ user }) => user === 'person-7')).toBe(false);
    expect(tab.faults).toEqual([]);
    await tab.close();
  });

  test('an admin sees what an owner alone may do as such; a member is refused by the page and by the server', async () => {
    const tab = await world.open();
    const { page } = tab;
    try {
      await setRole(world, 'admin');
      await tab.go('/settings?tab=data');
      await page.getByText('Only an owner can do this.').waitFor();
      expect(await page.getByRole('tab').allTextContents()).toEqual(['General', 'Quality', 'People', 'Data']);
      await expect(world.admin('POST', '/admin/erase', { user: 'x' })).rejects.toThrow('403');
      await expect(world.admin('GET', '/admin/tokens')).rejects.toThrow('403');
      await tab.go('/settings?tab=people');
      await page.getByRole('button', { name: 'Invite' }).click();
      expect(await page.getByLabel('Role', { exact: true }).locator('option').allTextContents()).toEqual(['Viewer', 'Member', 'Admin']);
      expect(tab.faults).toEqual([]);
      await setRole(world, 'member');
      await tab.go('/settings');
      await page.getByText('You may not see this').waitFor();
      expect(await page.getByRole('link', { name: 'Settings' }).count()).toBe(0);
      await expect(world.admin('GET', '/admin/settings')).rejects.toThrow('403');
    } finally {
      await setRole(world, 'owner');
    }
    await tab.close();
  });

  test('somebody who is invited accepts by the link and is in that gateway; the link works once', async () => {
    const tenant = newTenant('acme', new Date().toISOString());
    const token = `bsgi_${'1'.repeat(64)}`;
    await world.store.write(putTenantOps({ ...tenant, name: 'Acme' }, undefined));
    await world.store.write([putInvitationOp({ invitationId: 'in_1', tenantId: 'acme', role: 'admin', name: 'Jane Kim', email: null, invitedBy: 'Somebody', createdAt: tenant.createdAt, validUntil: new Date(Date.now() + 60_000).toISOString(), digest: invitationDigest(token) })]);
    const tab = await world.open();
    const { page } = tab;
    await page.goto(`${world.origin}/invite#token=${token}`);
    await page.getByRole('button', { name: 'Accept' }).waitFor();
    expect(await pageFaults(tab)).toEqual([]);
    await page.getByRole('button', { name: 'Accept' }).click();
    await page.getByRole('button', { name: 'Gateway: Acme' }).or(page.getByRole('button', { name: 'Acme' })).first().waitFor();
    await tab.go('/settings?tab=people');
    await page.getByRole('row').filter({ hasText: 'Jane Kim' }).getByText('Admin').waitFor();
    expect(tab.faults).toEqual([]);
    await tab.close();
    const again = await world.open();
    await again.page.goto(`${world.origin}/invite#token=${token}`);
    await again.page.getByRole('button', { name: 'Accept' }).click();
    await again.page.getByText('This invitation cannot be used').waitFor();
    await again.close();
  });
});
