import { spawn } from 'node:child_process';
import { expect, test } from '@jest/globals';
import { needs } from '../support/optional.ts';
import { json } from '../support/scripted-upstream.ts';
import { openWorld } from './world.ts';

const WORDS = {
  en: { models: 'Models', cheap: 'Add a cheap model', add: 'Add model', provider: 'Provider', url: 'Base URL', upstream: 'Provider model', apiKey: 'API key', tier: 'Use for automatic routing', testAndAdd: 'Test and add', keys: 'API Keys', create: 'Create API key', name: 'Name', copy: 'Copy', saved: 'I have saved it', first: /First request received: 200, small/ },
  ko: { models: '모델', cheap: '저렴한 모델 추가', add: '모델 추가', provider: '제공자', url: '기본 URL', upstream: '제공자 모델', apiKey: 'API 키', tier: '자동 라우팅에 사용', testAndAdd: '테스트 후 추가', keys: 'API 키', create: 'API 키 만들기', name: '이름', copy: '복사', saved: '저장했습니다', first: /첫 요청 도착: 200, small/ },
} as const;

/** USD for a million tokens. */
const PRICES = { small: { input: 0.1, output: 0.4 }, large: { input: 10, output: 30 } } as const;

needs('chromium')('first steps', () => {
  test.each([['en', 'light'], ['ko', 'dark']] as const)('journey 1: an empty gateway gets two models and a key, the copied curl is answered by the cheap one, and after twenty requests the overview shows the exact saving (%s)', async (locale, theme) => {
    const world = await openWorld();
    world.upstream.script(({ body }, response) => json(response, 200, {
      id: 'c', object: 'chat.completion', created: 1, model: body['model'], choices: [{ index: 0, message: { role: 'assistant', content: 'Hello.' }, finish_reason: 'stop' }], usage: { prompt_tokens: 1_000, completion_tokens: 200, total_tokens: 1_200 },
    }));
    const tab = await world.open({ locale, theme });
    const { page } = tab;
    const words = WORDS[locale];
    await tab.context.grantPermissions(['clipboard-read', 'clipboard-write']);
    await page.getByRole('link', { name: words.models, exact: true }).click();
    const dialog = page.getByRole('dialog');
    for (const [id, tier] of [['small', 'simple'], ['large', 'complex']] as const) {
      await page.getByRole('button', { name: tier === 'simple' ? words.cheap : words.add, exact: true }).click();
      await dialog.getByLabel(words.provider, { exact: true }).selectOption('openai-compatible');
      await dialog.getByLabel(words.url).fill(world.upstream.baseUrl);
      await dialog.getByLabel(words.upstream).fill(id);
      await dialog.locator('input[type=password]').fill('sk-of-the-upstream-1234');
      await dialog.getByLabel(words.tier).selectOption(tier);
      await dialog.locator('summary').click();
      await dialog.locator('input[name=priceInput]').fill(String(PRICES[id].input));
      await dialog.locator('input[name=priceOutput]').fill(String(PRICES[id].output));
      await dialog.getByRole('button', { name: words.testAndAdd }).click();
      await page.getByRole('row').filter({ hasText: id }).waitFor();
    }
    expect(world.upstream.received.map(({ body }) => body['model'])).toEqual(['small', 'large']);
    await page.getByRole('link', { name: words.keys, exact: true }).click();
    await page.getByRole('button', { name: words.create }).first().click();
    await dialog.getByLabel(words.name, { exact: true }).fill('production');
    await dialog.getByRole('button', { name: words.create }).click();
    await page.locator('.code__text').waitFor();
    await page.getByRole('tab', { name: 'curl' }).click();
    await page.getByRole('button', { name: words.copy, exact: true }).click();
    const curl = await page.evaluate(() => navigator.clipboard.readText());
    // In a process of its own, while this one serves it.
    const code = await new Promise((resolve) => { spawn('sh', ['-c', curl.replace(/^curl/, 'curl -sSf')], { stdio: 'ignore' }).on('close', resolve); });
    expect(code).toBe(0);
    await page.getByText(words.first).waitFor({ timeout: 20_000 });
    await page.getByRole('button', { name: words.saved }).click();
    await page.getByRole('row').filter({ hasText: 'production' }).waitFor();
    const key = /bsg_live_\w+/.exec(curl)?.[0] ?? '';
    for (let sent = 0; sent < 20; sent += 1) expect(await world.chat(key, 'Hello!')).toEqual({ status: 200, model: 'small' });
    // Micro-USD: so many tokens at so much for a million of them.
    const cost = ({ input, output }: { input: number; output: number }): number => 1_000 * input + 200 * output;
    await page.locator('.nav a[href="/"]').click();
    const amount = page.locator('[data-saved-micros]');
    await amount.waitFor();
    const expected = String(21 * (cost(PRICES.large) - cost(PRICES.small)));
    for (let tries = 0; tries < 20 && (await amount.getAttribute('data-saved-micros')) !== expected; tries += 1) {
      await page.keyboard.press('r');
      await page.waitForTimeout(500);
    }
    expect(await amount.getAttribute('data-saved-micros')).toBe(expected);
    expect(await page.locator('.hero').textContent()).toContain('large');
    expect(tab.faults).toEqual([]);
    await tab.close();
    await world.close();
  });
});
