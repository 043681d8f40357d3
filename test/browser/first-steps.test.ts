import { spawn } from 'node:child_process';
import { expect, test } from '@jest/globals';
import { needs } from '../support/optional.ts';
import { openWorld } from './world.ts';

const WORDS = {
  en: { models: 'Models', cheap: 'Add a cheap model', add: 'Add model', provider: 'Provider', url: 'Base URL', upstream: 'Provider model', apiKey: 'API key', tier: 'Use for automatic routing', testAndAdd: 'Test and add', keys: 'API Keys', create: 'Create API key', name: 'Name', copy: 'Copy', saved: 'I have saved it', first: /First request received: 200, small/ },
  ko: { models: '모델', cheap: '저렴한 모델 추가', add: '모델 추가', provider: '제공자', url: '기본 URL', upstream: '제공자 모델', apiKey: 'API 키', tier: '자동 라우팅에 사용', testAndAdd: '테스트 후 추가', keys: 'API 키', create: 'API 키 만들기', name: '이름', copy: '복사', saved: '저장했습니다', first: /첫 요청 도착: 200, small/ },
} as const;

needs('chromium')('first steps', () => {
  test.each([['en', 'light'], ['ko', 'dark']] as const)('an empty gateway gets two models and a key, and the copied curl is answered by the cheap one (%s)', async (locale, theme) => {
    const world = await openWorld();
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
    expect(tab.faults).toEqual([]);
    await tab.close();
    await world.close();
  });
});
