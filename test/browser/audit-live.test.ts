import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import { entryAt, putEntries } from '../admin/support.ts';
import { needs } from '../support/optional.ts';
import { putTraffic, registerModels, traffic } from './traffic.ts';
import { openWorld, TENANT, type World } from './world.ts';

const NOW = Date.now();
const SECOND_MS = 1_000;

needs('chromium')('Audit Log: journeys', () => {
  let world: World;
  let keys: string[];
  let virtualKey: string;
  beforeAll(async () => {
    world = await openWorld();
    keys = await registerModels(world);
    virtualKey = await world.addKey('live');
    await putTraffic(world, traffic({ days: 3, perDay: 60, nowMs: NOW - 600 * SECOND_MS, keys }), NOW);
  }, 60_000);
  afterAll(async () => { await world?.close(); });

  const rows = (page: Page) => page.locator('.audit-list tbody tr');
  const add = (count: number): Promise<void> => putEntries(world.store, Array.from({ length: count }, (_, i) => entryAt(Date.now() - i, { keyId: keys[0] ?? '', servedModel: 'claude-haiku' })), TENANT);
  /** The pointer on nothing that counts as reading. */
  const lookAway = (page: Page): Promise<void> => page.mouse.move(5, 5);

  test('a request that goes through the gateway appears by itself at the top, also one that began before the newest and ended after it', async () => {
    const tab = await world.open();
    await tab.go('/audit');
    await rows(tab.page).first().waitFor();
    await tab.page.keyboard.press('l');
    await tab.page.waitForURL(/live=1/);
    await lookAway(tab.page);
    const before = await rows(tab.page).count();
    expect((await world.chat(virtualKey, 'hello', 'claude-haiku')).status).toBe(200);
    await tab.page.locator('.audit-list tbody tr:first-child', { hasText: 'live' }).waitFor({ timeout: 15_000 });
    expect(await rows(tab.page).count()).toBe(before + 1);
    await putEntries(world.store, [entryAt(Date.now() - 120 * SECOND_MS, { keyId: keys[1] ?? '', servedModel: 'claude-opus', latencyMs: 118_000 })], TENANT);
    await tab.page.locator('.audit-list tbody tr:nth-child(2)', { hasText: 'claude-opus' }).waitFor({ timeout: 15_000 });
    expect(tab.faults).toEqual([]);
    await tab.close();
  }, 60_000);

  test('a reader who has scrolled down, rests on a row or has one open is not moved; what is new waits and is announced as a number', async () => {
    const tab = await world.open();
    await tab.go('/audit?live=1');
    await rows(tab.page).nth(40).waitFor();
    const line = rows(tab.page).nth(30);
    await line.scrollIntoViewIfNeeded();
    await lookAway(tab.page);
    const before = { top: (await line.boundingBox())?.y, text: await line.textContent(), count: await rows(tab.page).count() };
    await add(3);
    await tab.page.getByRole('button', { name: '3 new requests' }).waitFor({ timeout: 15_000 });
    expect({ top: (await line.boundingBox())?.y, text: await line.textContent(), count: await rows(tab.page).count() }).toEqual(before);
    expect(await tab.page.locator('[aria-live=polite]', { hasText: '3 new requests' }).count()).toBeGreaterThan(0);
    await tab.page.getByRole('button', { name: '3 new requests' }).click();
    await tab.page.waitForFunction(([count]) => document.querySelectorAll('.audit-list tbody tr').length === count + 3 && scrollY === 0, [before.count] as const);
    // At the top, but the pointer rests on a row.
    await rows(tab.page).nth(2).hover();
    await add(2);
    await tab.page.getByRole('button', { name: '2 new requests' }).waitFor({ timeout: 15_000 });
    expect(await rows(tab.page).count()).toBe(before.count + 3);
    await lookAway(tab.page);
    await tab.page.waitForFunction(([count]) => document.querySelectorAll('.audit-list tbody tr').length === count + 5, [before.count] as const);
    expect(tab.faults).toEqual([]);
    await tab.close();
  }, 60_000);

  test('nothing is asked for while the page is hidden or the switch is off', async () => {
    const tab = await world.open();
    await tab.go('/audit?live=1');
    await rows(tab.page).first().waitFor();
    const polls = (): number => tab.takeCalls().filter((call) => call === 'GET /admin/requests').length;
    await tab.page.waitForTimeout(5 * SECOND_MS);
    expect(polls()).toBeGreaterThan(1);
    const become = (state: string): Promise<void> => tab.page.evaluate((value) => {
      Object.defineProperty(document, 'visibilityState', { value, configurable: true });
      Object.defineProperty(document, 'hidden', { value: value === 'hidden', configurable: true });
      document.dispatchEvent(new Event('visibilitychange'));
    }, state);
    await become('hidden');
    await tab.page.waitForTimeout(SECOND_MS);
    polls();
    await tab.page.waitForTimeout(6 * SECOND_MS);
    expect(polls()).toBe(0);
    await become('visible');
    await tab.page.waitForTimeout(SECOND_MS);
    expect(polls()).toBeGreaterThan(0);
    await tab.page.keyboard.press('l');
    await tab.page.waitForURL((url) => !url.search.includes('live'));
    await tab.page.waitForTimeout(SECOND_MS);
    polls();
    await tab.page.waitForTimeout(4 * SECOND_MS);
    expect(polls()).toBe(0);
    await tab.close();
  }, 60_000);

  test('no more than 500 rows are in the document, and the list goes on from there', async () => {
    const tab = await world.open();
    await tab.go('/audit?live=1');
    await rows(tab.page).first().waitFor();
    await lookAway(tab.page);
    await add(620);
    await tab.page.getByText('The newest 500 are shown.').waitFor({ timeout: 30_000 });
    expect(await rows(tab.page).count()).toBe(500);
    const last = (await rows(tab.page).last().locator('[title]').last().getAttribute('title')) ?? '';
    await tab.page.getByRole('button', { name: 'Go on from here' }).click();
    await tab.page.waitForURL(/to=/);
    await tab.page.waitForFunction((id) => { const first = document.querySelector('.audit-list tbody tr:first-child td:last-child [title]')?.getAttribute('title') ?? ''; return first !== '' && first.slice(0, 10) <= id.slice(0, 10); }, last);
    expect(tab.faults).toEqual([]);
    await tab.close();
  }, 60_000);

  test('filters narrow the list, are in the address, and say when nothing matches', async () => {
    const tab = await world.open();
    await tab.go('/audit');
    await rows(tab.page).first().waitFor();
    await tab.page.getByRole('button', { name: 'Status: any' }).click();
    await tab.page.getByLabel('5xx failed').check();
    await tab.page.waitForURL(/status=5xx/);
    await tab.page.waitForFunction(() => [...document.querySelectorAll('.audit-list tbody tr')].every((row) => row.textContent?.includes('502')));
    expect(await rows(tab.page).count()).toBeGreaterThan(0);
    const id = (await rows(tab.page).first().locator('td').last().locator('[title]').getAttribute('title')) ?? '';
    await tab.go('/audit');
    await rows(tab.page).first().waitFor();
    await tab.page.keyboard.press('/');
    await tab.page.keyboard.type(id.slice(-8).toLowerCase());
    await tab.page.waitForURL((url) => url.searchParams.get('q') === id.slice(-8).toLowerCase());
    await tab.page.waitForFunction(() => document.querySelectorAll('.audit-list tbody tr').length === 1);
    await tab.page.getByRole('searchbox').fill('not an id!');
    await tab.page.getByText('An id has only letters and digits.').waitFor();
    await tab.page.getByText('Nothing matches these filters').waitFor();
    await tab.page.getByRole('button', { name: 'Clear filters' }).click();
    await tab.page.getByRole('button', { name: 'Slow or costly' }).click();
    await tab.page.getByLabel('Took at least (ms)').fill('3500');
    await tab.page.getByRole('button', { name: 'Apply' }).click();
    await tab.page.waitForURL(/minLatencyMs=3500/);
    await tab.page.waitForFunction(() => { const all = [...document.querySelectorAll('.audit-list tbody .latency .number')]; return all.length > 0 && all.every((one) => (one.textContent ?? '').endsWith('min') || parseFloat(one.textContent ?? '') >= 3.5); });
    await tab.go('/audit?status=9xx&minLatencyMs=many&live=perhaps&tab=none');
    await tab.page.locator('h1').waitFor();
    await rows(tab.page).first().waitFor();
    expect(tab.faults).toEqual([]);
    await tab.close();
  }, 60_000);

  test('a request has an address; j and k walk through the list behind it, Escape goes back to the row', async () => {
    const tab = await world.open();
    await tab.go('/audit?tier=simple');
    await rows(tab.page).nth(5).waitFor();
    const ids = await tab.page.locator('.audit-list tbody td:last-child [title]').evaluateAll((all) => all.map((one) => one.getAttribute('title') ?? ''));
    const row = tab.page.locator('[data-row]').nth(2);
    await row.click();
    await tab.page.waitForURL(new RegExp(`/audit/${ids[2]}\\?tier=simple`));
    await tab.page.getByRole('heading', { name: 'Why it went there' }).waitFor();
    await tab.page.keyboard.press('j');
    await tab.page.waitForURL(new RegExp(ids[3] ?? ''));
    await tab.page.keyboard.press('k');
    await tab.page.keyboard.press('k');
    await tab.page.waitForURL(new RegExp(ids[1] ?? ''));
    await tab.page.keyboard.press('Escape');
    await tab.page.waitForURL((url) => url.pathname === '/audit' && url.search === '?tier=simple');
    expect(await row.evaluate((element) => document.activeElement === element)).toBe(true);
    await tab.go(`/audit/${ids[4]}`);
    await tab.page.getByRole('dialog').getByText(ids[4] ?? '').waitFor();
    await tab.page.getByText('What was asked and answered is not stored.').waitFor();
    await tab.go('/audit/01AAAAAAAAAAAAAAAAAAAAAAAA');
    await tab.page.getByRole('dialog').getByText('There is no request with this id.').waitFor();
    await tab.close();
  }, 60_000);

  test('changes say who did what, from what to what; a model that was changed shows both prices', async () => {
    const { version } = await world.admin<{ version: number }>('GET', '/admin/models/gpt-5-mini');
    await world.admin('PATCH', '/admin/models/gpt-5-mini', { price: { input: 6, output: 20 } }, { 'if-match': `"${version}"` });
    const tab = await world.open();
    await tab.go('/audit?tab=changes');
    const row = tab.page.locator('tbody tr', { hasText: 'changed a model' });
    await row.waitFor();
    expect(await row.textContent()).toMatch(/price\.input\s*4\s*→\s*6/);
    await tab.page.getByRole('button', { name: 'Kind: any' }).click();
    await tab.page.getByLabel('Keys', { exact: true }).check();
    await tab.page.waitForURL(/kind=key/);
    await tab.page.waitForFunction(() => { const all = [...document.querySelectorAll('.card tbody tr')]; return all.length === 3 && all.every((one) => one.textContent?.includes('key')); });
    await tab.page.getByRole('button', { name: 'Export' }).click();
    const [file] = await Promise.all([tab.page.waitForEvent('download'), tab.page.getByRole('menuitem', { name: 'This list (NDJSON)' }).click()]);
    expect((await readFile(await file.path(), 'utf8')).trim().split('\n').map((line) => (JSON.parse(line) as { action: string }).action)).toEqual(['key.created', 'key.created', 'key.created']);
    await tab.page.getByRole('button', { name: 'Remove filter: Kind Keys' }).click();
    await row.locator('[data-row]').click();
    await tab.page.getByRole('dialog').getByText('price.input').first().waitFor();
    expect(tab.faults).toEqual([]);
    await tab.close();
  }, 60_000);
});
