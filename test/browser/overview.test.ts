import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { json } from '../support/scripted-upstream.ts';
import { needs } from '../support/optional.ts';
import { pageFaults, shoot } from './checks.ts';
import { openWorld, type Tab, type World } from './world.ts';

const PRICES: Readonly<Record<string, { input: number; output: number }>> = { 'tiny-1': { input: 0.1, output: 0.4 }, 'grand-1': { input: 10, output: 30 } };
const EASY = ['Hello!', 'Thanks a lot', 'Hi there', 'What is the capital of France?', 'Good morning'];
const HARD = 'Prove that there are infinitely many primes of the form 4k+3, then refactor this distributed lock so that it survives clock skew:\n```ts\nasync function lock(key: string) { while (!(await store.put(key, { absent: true }))) await sleep(10); }\n```\nExplain every race condition step by step and give a formal argument.';

/** Answers with a known number of tokens, one more each time. */
function countingUpstream(world: World): void {
  let calls = 0;
  world.upstream.script(({ body }, response) => {
    calls += 1;
    json(response, 200, {
      id: `c${calls}`, object: 'chat.completion', created: 1, model: body['model'], choices: [{ index: 0, message: { role: 'assistant', content: 'Hello.' }, finish_reason: 'stop' }],
      usage: { prompt_tokens: 1_000 + calls, completion_tokens: 200 + calls, total_tokens: 1_200 + 2 * calls },
    });
  });
}

/** Micro-USD, rounded half up once per request (DECISIONS, money): worked out here from the script's own tokens. */
const costMicros = (model: string, call: number): number => {
  const { input, output } = PRICES[model] ?? { input: NaN, output: NaN };
  return Math.floor(((1_000 + call) * input * 1e6 + (200 + call) * output * 1e6) / 1e6 + 0.5);
};

async function addModels(world: World): Promise<void> {
  await world.addModel('tiny-1', { price: PRICES['tiny-1'], tier: 'simple' });
  await world.addModel('grand-1', { price: PRICES['grand-1'], tier: 'complex' });
}

needs('chromium')('the overview', () => {
  describe('from an empty gateway to the first saving', () => {
    let world: World;
    let tab: Tab;
    beforeAll(async () => {
      world = await openWorld();
      countingUpstream(world);
      tab = await world.open();
    });
    afterAll(async () => {
      await tab?.close();
      await world?.close();
    });

    test('an empty gateway shows the way, and opening it takes at most four calls', async () => {
      await tab.page.getByText('1 of 5 done').waitFor();
      await tab.page.waitForLoadState('networkidle');
      expect(tab.takeCalls().filter((call, index, all) => all.indexOf(call) === index).toSorted()).toEqual(['GET /admin/me', 'GET /admin/requests', 'GET /admin/setup', 'GET /admin/usage']);
      await shoot(tab.page, 'overview-empty');
      expect(await pageFaults(tab)).toEqual([]);
    });

    test('the page notices models, a key, a refused attempt and the first request by itself', async () => {
      const { page } = tab;
      await addModels(world);
      await page.getByText('2 of 5 done').waitFor();
      const key = await world.addKey('production');
      await page.getByText('3 of 5 done').waitFor();
      expect((await world.chat('bsg_test_AAAAAAAAAAAA_nonsense', 'Hello!')).status).toBe(401);
      await page.getByText('1 request came and was turned away').waitFor();
      expect((await world.chat(key, 'Hello!', 'tini-1')).status).toBe(404);
      await page.getByText('2 requests came and were turned away').waitFor();
      await shoot(page, 'overview-refused');
      expect(await pageFaults(tab)).toEqual([]);
      expect((await world.chat(key, 'Hello!')).status).toBe(200);
      await page.getByRole('heading', { name: 'Recent requests' }).waitFor();
      await page.getByText('4 of 5 done').waitFor();
      await page.getByText('Needs 20 automatically routed requests to say something (1 so far).').waitFor();
      await shoot(page, 'overview-first');
      expect(await pageFaults(tab)).toEqual([]);
    });

    test('after twenty requests the hero shows the exact saving', async () => {
      const key = await world.addKey('batch');
      const served: (string | null)[] = ['tiny-1'];
      for (let i = 1; i < 24; i += 1) served.push((await world.chat(key, i % 4 === 0 ? `${HARD} ${i}` : `${EASY[i % EASY.length]} ${i}`)).model);
      expect(new Set(served)).toEqual(new Set(['tiny-1', 'grand-1']));
      const paid = served.reduce((sum, model, index) => sum + costMicros(model ?? '', index + 1), 0);
      const strongest = served.reduce((sum, _model, index) => sum + costMicros('grand-1', index + 1), 0);
      const { page } = tab;
      await page.keyboard.press('r');
      const amount = page.locator('[data-saved-micros]');
      await expect(pollFor(() => amount.getAttribute('data-saved-micros', { timeout: 10_000 }), String(strongest - paid), () => page.keyboard.press('r'))).resolves.toBe(String(strongest - paid));
      expect(await amount.textContent()).toBe(`$${((strongest - paid) / 1e6).toFixed((strongest - paid) / 1e6 >= 1 ? 2 : 4).replace(/(\.\d{3})0$/, '$1')}`);
      expect(await page.locator('.hero').textContent()).toContain(`${Math.round(((strongest - paid) / strongest) * 100)}% less`);
      expect(await page.locator('.hero').textContent()).toContain('against sending the same 24 requests to grand-1');
      expect(await page.locator('.tiles').textContent()).toContain('Requests24');
    });

    test('how it is worked out opens and closes by keyboard', async () => {
      const { page } = tab;
      await page.getByRole('button', { name: 'How this is worked out' }).focus();
      await page.keyboard.press('Enter');
      await page.getByText('24 automatically routed of 24 requests; 24 compared.').waitFor();
      expect(await pageFaults(tab)).toEqual([]);
      await page.getByRole('button', { name: 'How this is worked out' }).focus();
      await page.keyboard.press('Escape');
      expect(await page.getByText('24 automatically routed of 24 requests').count()).toBe(0);
    });

    test('the chart is read with the arrow keys, aloud, and as a table', async () => {
      const { page } = tab;
      const plot = page.getByRole('group', { name: 'Requests by tier. Use the arrow keys to read the values.' });
      await plot.focus();
      await page.keyboard.press('End');
      const said = page.locator('figure [aria-live=polite]').first();
      expect(await said.textContent()).toMatch(/\(so far\): Simple \d+.*Complex \d+/);
      await page.getByRole('button', { name: 'View as table' }).click();
      await page.getByRole('table', { name: 'Requests by tier' }).waitFor();
      expect(await pageFaults(tab, [390, 1440])).toEqual([]);
      await page.getByRole('button', { name: 'View as chart' }).click();
    });

    test.each([['light', 'en', 1440], ['dark', 'en', 1440], ['light', 'ko', 1440], ['dark', 'ko', 1440], ['light', 'en', 390], ['dark', 'en', 390], ['light', 'ko', 390], ['dark', 'ko', 390]] as const)('is whole in %s, %s, at %d px', async (theme, locale, width) => {
      const other = await world.open({ theme, locale, width, height: width === 390 ? 844 : 900 });
      await other.page.locator('.hero').waitFor();
      await other.page.waitForLoadState('networkidle');
      await shoot(other.page, `overview-${theme}-${locale}-${width}`);
      expect(await pageFaults(other)).toEqual([]);
      await other.close();
    });
  });
});

/** Asks until the answer is the wanted one, nudging in between; the last answer either way. */
async function pollFor(ask: () => Promise<string | null>, wanted: string, nudge: () => Promise<unknown>): Promise<string | null> {
  for (let round = 0; round < 20; round += 1) {
    const answer = await ask();
    if (answer === wanted) return answer;
    await nudge();
    await new Promise((resolve) => { setTimeout(resolve, 250); });
  }
  return ask();
}
