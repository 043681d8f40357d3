import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Decision } from '../../functions/contract/decision.ts';
import { full } from '../support/full.ts';
import { needs } from '../support/optional.ts';
import { LOOKS, pageFaults, shoot } from './checks.ts';
import { openWorld, type Tab, type World } from './world.ts';

const price = (input: number, output: number) => ({ input, output });

needs('chromium')('the Routing Test page', () => {
  let world: World;
  let key: string;
  beforeAll(async () => {
    world = await openWorld();
    await world.addModel('cheap', { price: price(0.25, 2) });
    await world.addModel('mid', { price: price(1, 5) });
    await world.addModel('strong', { price: price(5, 25) });
    key = await world.addKey('ci');
    await world.addKey('narrow', { allowedModels: ['cheap'] });
    const { version } = await world.admin<{ version: number }>('GET', '/admin/routing');
    await world.admin('PUT', '/admin/routing', {
      aliases: [{ name: 'fast', target: 'model:cheap' }, { name: 'smart', target: 'auto' }],
      patterns: [
        { id: 'code', name: 'Code to the strong one', priority: 20, glob: 'code/*', conditions: [{ field: 'has_code', op: 'eq', value: true }], target: 'model:strong' },
        { id: 'claude', priority: 10, glob: 'claude-*', target: 'auto' },
      ],
      auto: { strategy: 'static', tiers: { simple: ['cheap'], moderate: ['mid'], complex: ['strong'] } },
    }, { 'if-match': `"${version}"` });
  });
  afterAll(async () => { await world?.close(); });

  const say = async (tab: Tab, text: string, model = 'auto'): Promise<void> => {
    const { page } = tab;
    await page.getByLabel('Model in the request').fill(model);
    await page.getByLabel('Message 1', { exact: true }).fill(text);
    const answered = page.waitForResponse((response) => response.url().endsWith('/admin/route/explain'));
    await page.keyboard.press('Control+Enter');
    await (await answered).finished();
  };

  test('journey 5: a test decides as live traffic does, and its parts add up', async () => {
    const texts = ['Hello!', 'What is the capital of France?', 'Prove that there are infinitely many primes and design an algorithm that lists them.', '안녕하세요', 'Refactor this:\n```py\nx = 1\n```', 'Thanks', 'Analyse the trade-offs of three architectures and design a migration.'];
    const names = ['auto', 'smart', 'fast', 'cheap', 'claude-opus-5', 'code/x'];
    const tab = await world.open();
    await tab.go('/test');
    for (let turn = 0; turn < full(200); turn += 1) {
      const text = `${texts[turn % texts.length] ?? ''} (${turn})`;
      const model = names[turn % names.length] ?? 'auto';
      const response = await fetch(`${world.origin}/v1/chat/completions`, { method: 'POST', headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' }, body: JSON.stringify({ model, messages: [{ role: 'user', content: text }] }) });
      await response.text();
      await say(tab, text, model);
      if (response.status !== 200) {
        await tab.page.locator('[data-verdict]', { hasText: String(response.status) }).waitFor();
        continue;
      }
      await tab.page.locator('[data-verdict]', { hasText: new RegExp(`^${response.headers.get('x-bsg-model') ?? ''}$`) }).waitFor();
      const shown = await tab.page.locator('details:has(summary:text("Decision as JSON")) code').textContent();
      const { decision } = await world.admin<{ decision: Decision }>('GET', `/admin/requests/${response.headers.get('x-request-id') ?? ''}`);
      const told = JSON.parse(shown ?? '{}') as Decision;
      // The session of a test is that of no key; everything else is the same.
      for (const field of ['stage', 'via', 'ruleId', 'tier', 'score', 'base', 'contributions', 'reason', 'candidates', 'route', 'baseline', 'policyVersion', 'strategy'] as const) expect(told[field]).toEqual(decision[field]);
      if (decision.score === null) continue;
      const parts = await tab.page.locator('.parts tbody .number').allTextContents();
      const sum = parts.reduce((total, part) => total + Math.round(Number(part.replace('\u2212', '-')) * 10), 0) / 10;
      expect(await tab.page.locator('.parts tfoot .number').textContent()).toBe(`${sum.toFixed(1)} → ${decision.score}`);
      expect(Math.round(sum + (sum % 1 === 0.5 ? 1e-9 : 0))).toBe(decision.score);
    }
    expect(tab.faults).toEqual([]);
    await tab.close();
  });

  test('the four stages, rules with the reason each failed, candidates, and a key that may not', async () => {
    const tab = await world.open();
    await tab.go('/test');
    await tab.page.getByText('A request goes through four stages').waitFor();
    expect(await pageFaults(tab)).toEqual([]);
    await say(tab, 'no code at all', 'code/review');
    await tab.page.getByText('The client would get 404 model_not_found').waitFor();
    await say(tab, 'no code at all', 'claude-haiku');
    await tab.page.getByText('The rule claude matched and hands over to automatic routing.').waitFor();
    await tab.page.getByText('Rules in the order they were tried').click();
    await tab.page.getByText('The name does not match').waitFor();
    await say(tab, 'Look:\n```js\nlet a;\n```', 'code/review');
    await tab.page.getByText('The rule Code to the strong one matched and sends it to strong.').waitFor();
    await tab.page.getByLabel('API key', { exact: true }).selectOption({ label: 'narrow' });
    await say(tab, 'Prove that design is hard and analyse why. Then prove it again and design a proof.');
    await tab.page.getByText('The API key may not use it.').first().waitFor();
    await shoot(tab.page, 'test-narrow-key');
    expect(await pageFaults(tab)).toEqual([]);
    await tab.close();
  });

  test('a whole request as JSON: where it breaks, which API it is for, and what the gateway says of it', async () => {
    const tab = await world.open();
    const { page } = tab;
    await tab.go('/test');
    await page.getByRole('tab', { name: 'JSON' }).click();
    const field = page.getByLabel('Whole request as JSON');
    expect(JSON.parse(await field.inputValue())).toMatchObject({ model: 'auto' });
    await field.fill('{"model": "auto",\n  "messages": [,]\n}');
    await page.getByRole('button', { name: 'Run test' }).click();
    await page.getByText('This is not JSON: line 2, column 16.').waitFor();
    await page.getByRole('button', { name: 'Go there' }).click();
    expect(await field.evaluate((element) => (element as HTMLTextAreaElement).selectionStart)).toBe(33);
    expect(await pageFaults(tab)).toEqual([]);
    await field.fill(JSON.stringify({ model: 'auto', input: [{ role: 'user', content: 'Hello' }] }));
    await page.keyboard.press('Control+Enter');
    await page.locator('[data-verdict]', { hasText: 'cheap' }).waitFor();
    await field.fill(JSON.stringify({ model: 'auto', messages: [{ role: 'nobody', content: 'Hello' }] }));
    await page.keyboard.press('Control+Enter');
    await page.getByText('The gateway would refuse this request').waitFor();
    await field.fill(JSON.stringify({ model: 'auto', messages: [{ role: 'user', content: 'x'.repeat(1_000_001) }] }));
    await page.keyboard.press('Control+Enter');
    await page.getByText('This is larger than 1 MB.').waitFor();
    await tab.close();
  });

  test('runs side by side, the copied command, and a link from the log', async () => {
    const tab = await world.open();
    const { page } = tab;
    await tab.go('/test');
    await say(tab, 'Hello!');
    await say(tab, 'Prove that P is not NP, design the proof and analyse each step. Compare three approaches.');
    await page.getByLabel('Compare run 1').check();
    await page.getByLabel('Compare run 2').check();
    await page.getByRole('region', { name: 'Compared' }).waitFor();
    expect(await page.locator('.compare__differs th').allTextContents()).toEqual(expect.arrayContaining([expect.stringContaining('Score')]));
    expect(await pageFaults(tab)).toEqual([]);
    await page.getByText('The request for curl').click();
    const command = await page.getByLabel('The request for curl').textContent();
    expect(command).toContain(`curl ${world.origin}/v1/chat/completions`);
    expect(command).toContain('$BSG_KEY');
    expect(command).not.toContain('bsg_test_');
    expect(await page.getByText('Send it for real').count()).toBe(0);
    const { items: [entry] } = await world.admin<{ items: { requestId: string; requestedModel: string }[] }>('GET', '/admin/requests?limit=1');
    await tab.go(`/test?from=${entry?.requestId ?? ''}`);
    expect(await page.getByLabel('Model in the request').inputValue()).toBe(entry?.requestedModel);
    // The keys' names may come after the entry.
    await page.getByLabel('API key', { exact: true }).locator('option:checked', { hasText: /^ci$/ }).waitFor({ state: 'attached' });
    expect(await pageFaults(tab)).toEqual([]);
    await tab.close();
  });

  test.each(LOOKS)('nothing is amiss (%s, %s, %d px)', async (theme, locale, width) => {
    const tab = await world.open({ theme, locale, width, height: 1400 });
    await tab.go('/test');
    await shoot(tab.page, `test-empty-${theme}-${locale}-${width}`);
    await tab.page.getByRole('button', { name: locale === 'en' ? 'Security review' : '보안 검토' }).click();
    await tab.page.getByRole('button', { name: locale === 'en' ? 'Run test' : '테스트 실행' }).click();
    await tab.page.locator('.parts').waitFor();
    await shoot(tab.page, `test-${theme}-${locale}-${width}`);
    expect(await pageFaults(tab)).toEqual([]);
    await tab.close();
  });
});
