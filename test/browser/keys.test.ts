import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import { needs } from '../support/optional.ts';
import { pageFaults, shoot } from './checks.ts';
import { openWorld, type Tab, type World } from './world.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const KEY = /bsg_(?:live|test)_[0-9A-Za-z]{12}_[0-9A-Za-z]{49}/;

/** Runs a program to its end; what it prints comes back, unless it fails. */
async function run(command: string, args: readonly string[], options: { cwd: string; env?: Record<string, string>; input?: string }): Promise<string> {
  const child = spawn(command, args, { cwd: options.cwd, env: { PATH: process.env['PATH'] ?? '', HOME: options.cwd, ...options.env } });
  let [out, problems] = ['', ''];
  child.stdout.on('data', (part) => { out += String(part); });
  child.stderr.on('data', (part) => { problems += String(part); });
  child.stdin.end(options.input ?? '');
  const code = await new Promise((resolve) => { child.on('close', resolve); });
  if (code !== 0) throw new Error(`${command} ended with ${String(code)}: ${problems}${out}`);
  return out;
}

/** Opens the dialog, fills the name in and creates; the dialog with the key is then open. */
async function createKey(page: Page, name: string): Promise<string> {
  await page.getByRole('button', { name: 'Create API key' }).first().click();
  await page.getByLabel('Name', { exact: true }).fill(name);
  await page.getByRole('dialog').getByRole('button', { name: 'Create API key' }).click();
  await page.getByRole('heading', { name: 'Save your key now' }).waitFor();
  return (await page.locator('.save-key__text').textContent()) ?? '';
}

/** The clipboard of a page that may write to it: what was last copied. */
async function withClipboard(tab: Tab): Promise<() => Promise<string>> {
  await tab.context.grantPermissions(['clipboard-read', 'clipboard-write']);
  return () => tab.page.evaluate(() => navigator.clipboard.readText());
}

needs('chromium')('API keys', () => {
  let world: World;
  beforeAll(async () => {
    world = await openWorld();
    await world.addModel('cheap', { tier: 'simple', price: { input: 0.25, output: 2 } });
    await world.addModel('strong', { tier: 'complex', price: { input: 5, output: 25 } });
  });
  afterAll(async () => { await world?.close(); });

  test('a gateway without keys says what a key is for', async () => {
    const tab = await world.open();
    await tab.go('/keys');
    await tab.page.getByText('No API keys yet').waitFor();
    await shoot(tab.page, 'keys-empty');
    expect(await pageFaults(tab, [320, 1440])).toEqual([]);
    await tab.close();
  });

  test('a key is shown once and stays until it is saved: Escape, a click beside it and Back do not close it; a reload leaves nothing of it', async () => {
    const tab = await world.open();
    const { page } = tab;
    const answers: string[] = [];
    page.on('response', (response) => { if (response.request().method() === 'GET' && response.url().includes('/admin/')) void response.text().then((text) => answers.push(text), () => {}); });
    page.on('dialog', (dialog) => { void dialog.accept(); });
    await tab.go('/models');
    await page.getByRole('link', { name: 'API Keys' }).click();
    await page.getByRole('heading', { level: 1, name: 'API Keys' }).waitFor();
    const key = await createKey(page, 'guarded');
    expect(key).toMatch(KEY);
    await expect(page.evaluate(() => document.activeElement?.textContent)).resolves.toContain('Copy key');
    const heading = page.getByRole('heading', { name: 'Save your key now' });
    for (let press = 0; press < 4; press += 1) await page.keyboard.press('Escape');
    await page.mouse.click(5, 5);
    await page.evaluate(() => history.back());
    await page.waitForTimeout(300);
    await page.evaluate(() => history.back());
    await page.waitForTimeout(300);
    expect(await heading.isVisible()).toBe(true);
    expect(new URL(page.url()).pathname).toBe('/keys');
    expect(await page.getByRole('button', { name: 'I have saved it' }).isDisabled()).toBe(true);
    await shoot(page, 'keys-save-light-en-1440');
    expect(await pageFaults(tab)).toEqual([]);
    await page.reload();
    await page.getByRole('button', { name: 'Open guarded' }).waitFor();
    const left = await page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }, location.href, document.documentElement.outerHTML, history.state]));
    const secret = key.slice(-49);
    expect(left.includes(secret)).toBe(false);
    expect(answers.join('').includes(secret)).toBe(false);
    expect(tab.faults.join('').includes(secret)).toBe(false);
    await tab.close();
  });

  test('where a page may not copy, the key is selected and the person is told what to press; the way on opens by hand', async () => {
    const tab = await world.open();
    const { page } = tab;
    await tab.context.addInitScript(() => {
      Object.defineProperty(navigator, 'clipboard', { value: undefined });
      document.execCommand = () => false;
    });
    await tab.go('/keys');
    const key = await createKey(page, 'by-hand');
    await page.getByRole('button', { name: 'Copy key' }).click();
    await page.getByText('The key is selected').waitFor();
    expect(await page.evaluate(() => getSelection()?.toString())).toBe(key);
    const done = page.getByRole('button', { name: 'I have saved it' });
    expect(await done.isDisabled()).toBe(true);
    await page.getByLabel('I stored it another way').check();
    await done.click();
    await page.getByRole('heading', { name: 'Save your key now' }).waitFor({ state: 'detached' });
    await page.waitForFunction(() => document.activeElement?.textContent?.includes('Create API key') === true);
    expect(tab.faults).toEqual([]);
    await tab.close();
  });

  describe('snippets', () => {
    let folder: string;
    let tab: Tab;
    let key: string;
    const copied = new Map<string, string>();
    const shown = new Map<string, string>();
    const served = (): number => world.upstream.received.length;
    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'bsg-snippets-'));
      await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
      tab = await world.open();
      const clipboard = await withClipboard(tab);
      await tab.go('/keys');
      key = await createKey(tab.page, 'snippets');
      for (const name of ['curl', 'Python', 'Node', 'Anthropic SDK', 'Claude Code', '.env']) {
        await tab.page.getByRole('tab', { name, exact: true }).click();
        shown.set(name, (await tab.page.locator('.code__text').textContent()) ?? '');
        await tab.page.getByRole('button', { name: 'Copy', exact: true }).click();
        await tab.page.getByText('Copied').waitFor();
        copied.set(name, await clipboard());
        await tab.page.getByText('Copied').waitFor({ state: 'detached' });
      }
    });
    afterAll(async () => {
      await tab?.close();
      await rm(folder, { recursive: true, force: true });
    });

    test('the screen shows them with the key masked unless asked; the clipboard gets the real one', async () => {
      for (const [name, text] of shown) {
        expect([name, text.includes(key)]).toEqual([name, false]);
        expect([name, copied.get(name)]).toEqual([name, text.replaceAll(/bsg_live_[0-9A-Za-z]{12}_•+\w{4}/g, key)]);
      }
      await tab.page.getByText('Show the key in the snippets').click();
      await tab.page.getByRole('tab', { name: 'curl' }).click();
      expect(await tab.page.locator('.code__text').textContent()).toBe(copied.get('curl'));
    });

    test('curl', async () => {
      const before = served();
      expect(JSON.parse(await run('sh', ['-c', copied.get('curl') ?? ''], { cwd: folder }))).toMatchObject({ choices: [{ message: { content: 'Hello' } }] });
      expect(served()).toBe(before + 1);
    });

    test('the dialog reports that first request by itself', async () => {
      await tab.page.getByText(/First request received: 200, cheap/).waitFor({ timeout: 20_000 });
      await shoot(tab.page, 'keys-first-request');
      expect(await pageFaults(tab, [390, 1440])).toEqual([]);
    });

    test('Python: compiles, and runs with a client of the standard library in the place of the package', async () => {
      const before = served();
      await writeFile(join(folder, 'snippet.py'), copied.get('Python') ?? '');
      // The same calls as the package offers, by urllib: the request is the one that the package would send.
      await writeFile(join(folder, 'openai.py'), `
import json, urllib.request
from types import SimpleNamespace as N

class OpenAI:
    def __init__(self, *, base_url, api_key):
        def create(**body):
            request = urllib.request.Request(base_url + "/chat/completions", json.dumps(body).encode(), {"authorization": "Bearer " + api_key, "content-type": "application/json"})
            return json.load(urllib.request.urlopen(request), object_hook=lambda parts: N(**parts))
        self.chat = N(completions=N(create=create))
`);
      await run('python3', ['-m', 'py_compile', 'snippet.py'], { cwd: folder });
      expect((await run('python3', ['snippet.py'], { cwd: folder })).trim()).toBe('Hello');
      expect(served()).toBe(before + 1);
    });

    test.each([['Node'], ['Anthropic SDK']])('%s: runs with the real package', async (name) => {
      const before = served();
      await writeFile(join(folder, 'snippet.mjs'), copied.get(name) ?? '');
      expect((await run(process.execPath, ['snippet.mjs'], { cwd: folder })).trim()).toBe('Hello');
      expect(served()).toBe(before + 1);
    });

    test('Claude Code: with the variables that it sets a request reaches the gateway as Claude Code sends it', async () => {
      const before = served();
      // What `claude` sends to these addresses is tested with the real program in test/clients.
      const claude = `claude() { test -z "$ANTHROPIC_API_KEY" && curl -sS "$ANTHROPIC_BASE_URL/v1/messages?beta=true" -H "authorization: Bearer $ANTHROPIC_AUTH_TOKEN" -H 'anthropic-version: 2023-06-01' -H 'content-type: application/json' -d "{\\"model\\":\\"$ANTHROPIC_MODEL\\",\\"max_tokens\\":64,\\"messages\\":[{\\"role\\":\\"user\\",\\"content\\":\\"Hello!\\"}]}"; }\n`;
      const out = await run('sh', ['-c', claude + (copied.get('Claude Code') ?? '')], { cwd: folder, env: { ANTHROPIC_API_KEY: 'sk-of-before' } });
      expect(JSON.parse(out)).toMatchObject({ type: 'message', content: [{ type: 'text', text: 'Hello' }] });
      expect(served()).toBe(before + 1);
    });

    test('.env: a shell that reads it can talk in both dialects; the file is the same', async () => {
      const [download] = await Promise.all([tab.page.waitForEvent('download'), tab.page.getByRole('button', { name: 'Download .env' }).click()]);
      const text = await readFile(await download.path(), 'utf8');
      expect(text.trim()).toBe(copied.get('.env'));
      await writeFile(join(folder, 'env'), text);
      const ask = `. ./env && curl -sS "$OPENAI_BASE_URL/models" -H "authorization: Bearer $OPENAI_API_KEY" && curl -sS "$ANTHROPIC_BASE_URL/v1/models" -H "authorization: Bearer $ANTHROPIC_AUTH_TOKEN" -H 'anthropic-version: 2023-06-01'`;
      const out = await run('sh', ['-c', ask], { cwd: folder });
      expect(out.match(/"id":"cheap"/g)).toHaveLength(2);
    });
  });

  test('rotation with an overlap: the new key works at once, the old one until its time; then it can be ended at once', async () => {
    const old = await world.addKey('rotated');
    expect((await world.chat(old, 'Hello')).status).toBe(200);
    const tab = await world.open();
    const { page } = tab;
    await tab.go('/keys');
    await page.getByRole('button', { name: 'Actions: rotated' }).click();
    await page.getByRole('menuitem', { name: 'Rotate' }).click();
    await page.getByText('for another hour').click();
    await page.getByRole('dialog').getByRole('button', { name: 'Rotate' }).click();
    await page.getByRole('heading', { name: 'Save your key now' }).waitFor();
    const key = (await page.locator('.save-key__text').textContent()) ?? '';
    expect([(await world.chat(key, 'Hello')).status, (await world.chat(old, 'Hello')).status]).toEqual([200, 200]);
    const { items } = await world.admin<{ items: { display: string; name: string; revokedAt: string | null }[] }>('GET', '/admin/keys');
    const before = items.find(({ display }) => display.endsWith(old.slice(-4)));
    const left = Date.parse(before?.revokedAt ?? '') - Date.now();
    expect(left > 3_500_000 && left <= 3_600_000).toBe(true);
    await page.getByLabel('I stored it another way').check();
    await page.getByRole('button', { name: 'I have saved it' }).click();
    const row = page.getByRole('row').filter({ hasText: 'Rotated out' });
    await row.waitFor();
    await shoot(page, 'keys-rotated');
    await row.getByRole('button', { name: 'Actions: rotated' }).click();
    await page.getByRole('menuitem', { name: 'End now' }).click();
    await page.getByLabel('Type rotated to confirm').fill('rotated');
    await page.getByRole('dialog').getByRole('button', { name: 'Revoke' }).click();
    await page.getByText('rotated is revoked').waitFor();
    expect([(await world.chat(key, 'Hello')).status, (await world.chat(old, 'Hello')).status]).toEqual([200, 401]);
    expect(tab.faults).toEqual([]);
    await tab.close();
  });

  test('revoking says in numbers what will fail; the next request is refused, and the log says who did it', async () => {
    const key = await world.addKey('doomed');
    for (let sent = 0; sent < 3; sent += 1) expect((await world.chat(key, 'Hello')).status).toBe(200);
    const tab = await world.open();
    const { page } = tab;
    await tab.go('/keys');
    await page.getByRole('button', { name: 'Actions: doomed' }).click();
    await page.getByRole('menuitem', { name: 'Revoke' }).click();
    await page.getByText('doomed made 3 requests in the last hour. They will start to fail with 401 at once.').waitFor();
    const confirm = page.getByRole('dialog').getByRole('button', { name: 'Revoke' });
    expect([await page.evaluate(() => document.activeElement?.textContent), await confirm.isDisabled()]).toEqual(['Cancel', true]);
    await shoot(page, 'keys-revoke');
    expect(await pageFaults(tab, [320, 1440])).toEqual([]);
    await page.getByLabel('Type doomed to confirm').fill('doomed');
    await confirm.click();
    await page.getByText('doomed is revoked').waitFor();
    await page.getByRole('row').filter({ hasText: 'doomed' }).waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Revoked' }).click();
    await page.getByRole('row').filter({ hasText: 'doomed' }).waitFor();
    expect(new URL(page.url()).search).toBe('?status=revoked');
    expect((await world.chat(key, 'Hello')).status).toBe(401);
    const { items: [latest] } = await world.admin<{ items: { action: string; target: { name: string } }[] }>('GET', '/admin/changes?limit=1');
    expect(latest).toMatchObject({ action: 'key.revoked', target: { name: 'doomed' } });
    await tab.close();
  });

  test('a wrong field is told at the field; presets fill the limits; what was changed is what the API has', async () => {
    const tab = await world.open();
    const { page } = tab;
    await tab.go('/keys?new=1');
    const dialog = page.getByRole('dialog');
    const create = dialog.getByRole('button', { name: 'Create API key' });
    await create.click();
    await page.getByText('This is needed.').waitFor();
    expect(await page.evaluate(() => (document.activeElement as HTMLInputElement).name)).toBe('name');
    await page.getByLabel('Name', { exact: true }).fill('guarded');
    await dialog.getByRole('button', { name: 'Coding agent' }).click();
    await create.click();
    await page.getByText('Another key has this name.').waitFor();
    // The browser itself says so of every refusal.
    expect(tab.faults.splice(0)).toEqual([expect.stringContaining('status of 409')]);
    await page.getByLabel('Name', { exact: true }).fill('agent');
    await page.getByLabel('No limit (Budget per month (USD))').uncheck();
    await page.getByLabel('Budget per month (USD)', { exact: true }).fill('12.5');
    await page.getByLabel('Requests per minute', { exact: true }).fill('0');
    await create.click();
    await page.getByText('More than 0.').waitFor();
    await page.getByLabel('Requests per minute', { exact: true }).fill('7');
    await page.getByText('Only these').click();
    await dialog.getByLabel('cheap').check();
    await shoot(page, 'keys-create-light-en-1440');
    expect(await pageFaults(tab)).toEqual([]);
    await create.click();
    await page.getByRole('heading', { name: 'Save your key now' }).waitFor();
    const made = (await world.admin<{ items: { name: string }[] }>('GET', '/admin/keys')).items.find(({ name }) => name === 'agent');
    expect(made).toMatchObject({ rpm: 7, tpm: 5_000_000, monthlyUsd: 12.5, allowedModels: ['cheap'], dailyUsd: null });
    await page.getByLabel('I stored it another way').check();
    await page.getByRole('button', { name: 'I have saved it' }).click();
    await page.getByRole('button', { name: 'Actions: agent' }).click();
    await page.getByRole('menuitem', { name: 'Edit' }).click();
    await page.getByLabel('No limit (Requests per minute)').check();
    await page.getByRole('dialog').getByRole('button', { name: 'Save' }).click();
    await page.getByText('Saved agent').waitFor();
    expect((await world.admin<{ items: { name: string }[] }>('GET', '/admin/keys')).items.find(({ name }) => name === 'agent')).toMatchObject({ rpm: null, monthlyUsd: 12.5 });
    expect(tab.faults).toEqual([]);
    await tab.close();
  });

  test('what the API refuses is said in the language of the page, at the field', async () => {
    await world.addKey('taken');
    const tab = await world.open({ locale: 'ko' });
    await tab.go('/keys?new=1');
    await tab.page.getByLabel('이름', { exact: true }).fill('taken');
    await tab.page.getByRole('dialog').getByRole('button', { name: 'API 키 만들기' }).click();
    await tab.page.getByText('같은 이름의 키가 있습니다.').waitFor();
    expect(await tab.page.getByText('Another key has this name.').count()).toBe(0);
    await tab.close();
  });

  test('a search that finds nothing offers to clear itself; a failing list fails alone and can be tried again', async () => {
    const tab = await world.open();
    const { page } = tab;
    await tab.go('/keys');
    await page.getByRole('searchbox').waitFor();
    await page.keyboard.press('/');
    await page.keyboard.type('nothing-like-this');
    await page.getByText('Nothing matches these filters').waitFor();
    expect(new URL(page.url()).searchParams.get('q')).toBe('nothing-like-this');
    await page.getByRole('button', { name: 'Clear filters' }).click();
    await page.getByRole('button', { name: 'Open guarded' }).waitFor();
    expect(tab.faults).toEqual([]);
    world.break('/admin/keys');
    await page.reload();
    await page.getByText('This could not be loaded').waitFor();
    world.break(null);
    await page.getByRole('button', { name: 'Retry' }).click();
    await page.getByRole('button', { name: 'Open guarded' }).waitFor();
    await tab.close();
  });
});
