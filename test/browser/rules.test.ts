import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import type { RoutingDocument } from '../../functions/contract/routing.ts';
import { needs } from '../support/optional.ts';
import { LOOKS, pageFaults, shoot } from './checks.ts';
import { setRole } from './roles.ts';
import { openWorld, type Tab, type World } from './world.ts';

interface Routing { readonly version: number; readonly document: RoutingDocument; readonly rollout: { readonly percent: number; readonly before: number } | null }
const price = (input: number, output: number) => ({ input, output });
const AUTO = { strategy: 'static', tiers: { simple: ['cheap'], moderate: ['mid'], complex: ['strong'] } };
const RULES = [
  { id: 'code', name: 'Code', priority: 30, glob: 'code/*', conditions: [{ field: 'has_code', op: 'eq', value: true }, { field: 'input_tokens', op: 'gt', value: 2000, negate: true }], target: 'model:strong', fallbacks: ['mid'] },
  { id: 'claude', priority: 20, glob: 'claude-*', target: 'auto' },
  { id: 'night', name: 'At night', priority: 10, conditions: [{ field: 'hour', op: 'between', value: [0, 6] }, { field: 'weekday', op: 'in', value: ['sat', 'sun'] }], target: 'tier:simple' },
];

needs('chromium')('the Rules page', () => {
  let world: World;
  let key: string;
  const routing = (): Promise<Routing> => world.admin('GET', '/admin/routing');
  const put = async (document: object): Promise<Routing> => world.admin('PUT', '/admin/routing', document, { 'if-match': `"${(await routing()).version}"` });
  beforeAll(async () => {
    world = await openWorld();
    await world.addModel('cheap', { price: price(0.25, 2), facts: { contextWindow: 128_000 } });
    await world.addModel('mid', { price: price(1, 5), facts: { contextWindow: 200_000 } });
    await world.addModel('strong', { price: price(5, 25), facts: { contextWindow: 400_000 } });
    key = await world.addKey('ci');
    await put({ auto: AUTO });
    for (const text of ['Hello!', 'Prove that there are infinitely many primes and design an algorithm. Analyse its cost.', 'Thanks']) await world.chat(key, text);
  });
  beforeEach(async () => { await put({ aliases: [{ name: 'fast', target: 'model:cheap' }], patterns: RULES, auto: AUTO }); });
  afterAll(async () => { await world?.close(); });

  const names = (tab: Tab): Promise<string[]> => tab.page.locator('.rules__name').allTextContents();
  async function save(tab: Tab): Promise<void> {
    const { page } = tab;
    await page.getByRole('button', { name: 'Review and save' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Save', exact: true }).click();
    await page.getByText(/^Saved as version/).first().waitFor();
  }

  test('journey 6: an alias and a rule are added, with what would be wrong said before', async () => {
    const tab = await world.open();
    const { page } = tab;
    await tab.go('/rules');
    await page.getByRole('button', { name: 'Add alias' }).click();
    const name = page.getByLabel('Alias', { exact: true });
    for (const [typed, fault] of [['auto', '“auto” is reserved.'], ['fast', '“fast” is already an alias.'], ['mid', 'Direct always comes first']] as const) {
      await name.fill(typed);
      await page.getByRole('button', { name: 'Apply to draft' }).click();
      await page.getByText(fault).waitFor();
    }
    expect(await pageFaults(tab)).toEqual([]);
    await name.fill('smart');
    await page.getByLabel('Goes to').selectOption('auto');
    await page.getByRole('button', { name: 'Apply to draft' }).click();
    await page.getByText('1 unsaved change.').waitFor();
    expect((await routing()).document.aliases).toHaveLength(1);

    await page.getByRole('button', { name: 'Add rule' }).click();
    await page.getByRole('button', { name: 'Apply to draft' }).click();
    await page.getByText('A rule needs a name pattern or a condition.').waitFor();
    await page.getByLabel('Name (optional)').fill('Korean and long');
    await page.getByLabel('Name pattern').fill('claude-*');
    await page.getByText('Matches no name of the last').waitFor();
    await page.getByRole('button', { name: 'Add condition' }).click();
    const one = page.getByRole('group', { name: 'Condition 1' });
    await one.getByLabel('Comparison').selectOption('between');
    await one.getByLabel('From').fill('9000');
    await one.getByLabel('To').fill('10');
    await page.getByRole('button', { name: 'Add condition' }).click();
    const two = page.getByRole('group', { name: 'Condition 2' });
    await two.getByLabel('Look at').selectOption('language');
    await two.getByLabel('Comparison').selectOption('in');
    await two.getByLabel('Values').fill('ko\nja');
    await two.getByText('Not', { exact: true }).click();
    await page.getByLabel('Goes to').selectOption('model:strong');
    await page.getByRole('button', { name: 'Apply to draft' }).click();
    await page.getByText('Two numbers are needed, the lower one first.').waitFor();
    await shoot(page, 'rules-dialog');
    expect(await pageFaults(tab)).toEqual([]);
    await one.getByLabel('From').fill('10');
    await one.getByLabel('To').fill('9000');
    await page.getByRole('button', { name: 'Apply to draft' }).click();
    // "claude" takes everything that this one would.
    await page.getByText('Rule Korean and long').waitFor();
    await page.getByText('a rule above it catches everything that it would').waitFor();
    expect(await pageFaults(tab)).toEqual([]);
    await save(tab);
    const { document } = await routing();
    expect(document.aliases).toMatchObject([{ name: 'fast' }, { name: 'smart', target: 'auto' }]);
    expect(document.patterns.find(({ id }) => id === 'korean-and-long')).toMatchObject({ name: 'Korean and long', glob: 'claude-*', target: 'model:strong', conditions: [{ field: 'input_tokens', op: 'between', value: [10, 9000], negate: false }, { field: 'language', op: 'in', value: ['ko', 'ja'], negate: true }] });
    expect(tab.faults).toEqual([]);
    await tab.close();
  });

  test('rules are reordered by keyboard and by drag, switched with a way back, and nothing is live before it is saved', async () => {
    const tab = await world.open();
    const { page } = tab;
    await tab.go('/rules?tab=pattern');
    expect(await names(tab)).toEqual(['Code', 'claude', 'At night']);
    await page.getByRole('button', { name: 'Move Code, now at place 1' }).focus();
    await page.keyboard.press('ArrowDown');
    expect(await names(tab)).toEqual(['claude', 'Code', 'At night']);
    await page.locator('[data-handle=code]:focus').waitFor();
    await page.locator('.toast').getByRole('button', { name: 'Undo' }).click();
    expect(await names(tab)).toEqual(['Code', 'claude', 'At night']);
    expect(await page.getByText('unsaved change').count()).toBe(0);

    const handle = await page.locator('[data-handle=night]').boundingBox();
    const first = await page.locator('.rules__one').first().boundingBox();
    if (handle === null || first === null) throw new Error('no rules');
    await page.mouse.move(handle.x + 10, handle.y + 10);
    await page.mouse.down();
    await page.mouse.move(handle.x + 10, first.y + 40, { steps: 6 });
    await page.mouse.move(handle.x + 10, first.y + 6, { steps: 3 });
    await page.locator('.rules__one--before').waitFor();
    await page.mouse.up();
    expect(await names(tab)).toEqual(['At night', 'Code', 'claude']);
    await page.getByText('Code is active').locator('..').locator('label, .amplify-switch__track').first().click();
    await page.getByText('“Code” is off.').waitFor();
    expect((await routing()).document.patterns.every(({ enabled }) => enabled)).toBe(true);
    await page.getByText('2 unsaved changes.').waitFor();
    // Another page and back: the draft is still there, and a test can be made under it.
    await page.getByRole('link', { name: 'Test with this draft' }).click();
    await page.getByRole('heading', { level: 1, name: 'Routing Test' }).waitFor();
    expect(await page.getByLabel('Rules', { exact: true }).inputValue()).toBe('draft');
    await page.getByRole('button', { name: 'Security review' }).click();
    await page.getByRole('button', { name: 'Run test' }).click();
    await page.locator('.verdict').getByText('unsaved draft').waitFor();
    await page.goBack();
    await page.getByText('2 unsaved changes.').waitFor();
    await save(tab);
    const { document } = await routing();
    expect(document.patterns.toSorted((a, b) => b.priority - a.priority).map(({ id, enabled }) => [id, enabled])).toEqual([['night', true], ['code', false], ['claude', true]]);
    expect(tab.faults).toEqual([]);
    await tab.close();
  });

  test.each(LOOKS)('what says that nothing is live yet does not lie over the button that makes it so (%s, %s, %d px)', async (theme, locale, width) => {
    const tab = await world.open({ theme, locale, width });
    const { page } = tab;
    await tab.go('/rules?tab=pattern');
    await page.locator('.amplify-switch__track').first().click();
    await page.locator('.toast').waitFor();
    await shoot(page, `rules-toast-${theme}-${locale}-${width}`);
    for (const narrow of [320, 390, 768, width]) {
      await page.setViewportSize({ width: narrow, height: 844 });
      const [toasts, bar] = [await page.locator('.toasts').boundingBox(), await page.locator('.draft').boundingBox()];
      expect([narrow, toasts !== null && bar !== null && toasts.y + toasts.height <= bar.y]).toEqual([narrow, true]);
    }
    expect(await pageFaults(tab)).toEqual([]);
    await tab.close();
  });

  test('tiers, boundaries and dial; what the last requests would have done; a rollout on some sessions', async () => {
    const tab = await world.open();
    const { page } = tab;
    await tab.go('/rules?tab=auto');
    const complex = page.getByRole('slider', { name: 'Start of the complex tier' });
    await complex.focus();
    for (const pressed of ['ArrowLeft', 'Shift+ArrowLeft', 'ArrowRight']) await page.keyboard.press(pressed);
    expect(await complex.getAttribute('aria-valuenow')).toBe('55');
    expect(await page.getByLabel('Start of the complex tier').last().inputValue()).toBe('55');
    const bar = await page.locator('.ruler--edit .ruler__bar').boundingBox();
    const thumb = await page.getByRole('slider', { name: 'Start of the moderate tier' }).boundingBox();
    if (bar === null || thumb === null) throw new Error('no ruler');
    await page.mouse.move(thumb.x + 12, thumb.y + 10);
    await page.mouse.down();
    await page.mouse.move(bar.x + bar.width * 0.1, thumb.y + 10, { steps: 5 });
    await page.mouse.up();
    expect(await page.getByRole('slider', { name: 'Start of the moderate tier' }).getAttribute('aria-valuenow')).toBe('10');
    await page.getByRole('button', { name: 'Take strong out of the complex tier' }).click();
    await page.getByLabel('Add a model').last().selectOption('cheap');
    await page.getByRole('button', { name: 'Add', exact: true }).last().click();
    await page.getByText('The first model of the complex tier is cheaper than that of the moderate tier.').waitFor();
    await page.getByRole('button', { name: 'Review and save' }).click();
    await page.getByRole('button', { name: 'What would have changed?' }).click();
    await page.getByText('1 of 3').waitFor();
    await page.locator('.changes del', { hasText: 'strong' }).first().waitFor();
    await page.getByText('A share of the sessions first').click();
    await page.getByLabel('Share of sessions (%)').fill('25');
    await shoot(page, 'rules-review');
    expect(await pageFaults(tab)).toEqual([]);
    await page.getByRole('dialog').getByRole('button', { name: 'Save', exact: true }).click();
    await page.getByText('is tried on 25 % of the sessions.').waitFor();
    const tried = await routing();
    expect(tried).toMatchObject({ rollout: { percent: 25, before: tried.version - 1 }, document: { auto: { boundaries: [10, 55], dial: null, tiers: { complex: ['cheap'] } } } });
    await shoot(page, 'rules-rollout');
    expect(await pageFaults(tab)).toEqual([]);
    await page.getByRole('button', { name: `Back to version ${tried.version - 1}` }).click();
    await page.getByText('is tried on').waitFor({ state: 'detached' });
    expect(await routing()).toMatchObject({ rollout: null, document: { auto: { boundaries: null, tiers: { complex: ['strong'] } } } });
    await tab.close();
  });

  test('two editors: the second sees both sides, loses nothing and overwrites nothing', async () => {
    const tab = await world.open();
    const { page } = tab;
    await tab.go('/rules');
    await page.getByRole('button', { name: 'Add alias' }).click();
    await page.getByLabel('Alias', { exact: true }).fill('mine');
    await page.getByLabel('Goes to').selectOption('model:mid');
    await page.getByRole('button', { name: 'Apply to draft' }).click();
    const theirs = await put({ aliases: [{ name: 'fast', target: 'model:strong' }, { name: 'theirs', target: 'auto' }], patterns: RULES, auto: AUTO });
    await page.getByRole('button', { name: 'Review and save' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Save', exact: true }).click();
    await page.getByRole('heading', { name: `Somebody saved version ${theirs.version} meanwhile` }).waitFor();
    await page.getByText('Alias theirs added: automatic routing').waitFor();
    await page.getByText('Alias fast, goes to: cheap → strong').waitFor();
    await page.getByText('Alias mine added: mid').waitFor();
    await shoot(page, 'rules-conflict');
    expect((await pageFaults(tab)).filter((fault) => !fault.includes('412'))).toEqual([]);
    expect((await routing()).version).toBe(theirs.version);
    await page.getByRole('button', { name: `Put my changes on top of version ${theirs.version}` }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Save', exact: true }).click();
    await page.getByText(`Saved as version ${theirs.version + 1}. It is live.`).waitFor();
    expect((await routing()).document.aliases).toMatchObject([{ name: 'fast', target: 'model:strong' }, { name: 'theirs' }, { name: 'mine', target: 'model:mid' }]);
    await tab.close();
  });

  test('the history: what a version changed, and the way back to it', async () => {
    const before = await put({ auto: { ...AUTO, dial: 80 }, aliases: [{ name: 'old', target: 'auto' }] });
    await put({ auto: AUTO });
    const tab = await world.open();
    const { page } = tab;
    await tab.go('/rules');
    await page.getByRole('button', { name: 'History' }).click();
    await page.getByRole('button', { name: `Version ${before.version}`, exact: true }).click();
    await page.getByText('Dial: none → 80').waitFor();
    await shoot(page, 'rules-history');
    expect(await pageFaults(tab)).toEqual([]);
    await page.getByRole('button', { name: `Restore version ${before.version}` }).click();
    await page.getByRole('button', { name: 'Restore', exact: true }).click();
    await page.getByText(`Version ${before.version} is restored as version ${before.version + 2}.`).waitFor();
    expect((await routing()).document).toMatchObject({ aliases: [{ name: 'old' }], auto: { dial: 80 } });
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    expect(new URL(page.url()).search).toBe('');
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('History');
    await tab.close();
  });

  test('names that nothing knows are a switch that counts at once', async () => {
    // Without the rule of the weekend's nights, which holds for every name then.
    await put({ auto: AUTO });
    const tab = await world.open();
    const { page } = tab;
    await tab.go('/rules');
    expect(await world.chat(key, 'Hello!', 'nobody-knows')).toMatchObject({ status: 404 });
    await page.getByText('is routed automatically').click();
    await page.getByText('Saved. It counts from now on.').waitFor();
    expect(await world.admin('GET', '/admin/settings')).toMatchObject({ unknownNames: 'auto' });
    await page.locator('.toast').getByRole('button', { name: 'Undo' }).click();
    await page.locator('input[name=unknown][value=reject]:checked').waitFor({ state: 'attached' });
    expect(await world.admin('GET', '/admin/settings')).toMatchObject({ unknownNames: 'reject' });
    await tab.close();
  });

  test.each(LOOKS)('nothing is amiss in a rule with faults (%s, %s, %d px)', async (theme, locale, width) => {
    const tab = await world.open({ theme, locale, width });
    const { page } = tab;
    await tab.go('/rules');
    await page.locator('.rules__name').first().waitFor();
    await page.keyboard.press('c');
    await page.getByRole('dialog').waitFor();
    for (let at = 0; at < 2; at += 1) await page.getByRole('button', { name: locale === 'en' ? 'Add condition' : '조건 추가' }).click();
    await page.getByRole('dialog').locator('select').nth(2).selectOption('weekday');
    await page.getByRole('dialog').locator('button[type=submit]').click();
    await shoot(page, `rules-dialog-${theme}-${locale}-${width}`);
    expect(await pageFaults(tab)).toEqual([]);
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: locale === 'en' ? 'Leave' : '나가기', exact: true }).click();
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await tab.close();
  });

  test('a member reads the rules and tries them, a viewer is told who may, and the server refuses both to change them', async () => {
    try {
      await setRole(world, 'member');
      const tab = await world.open();
      const { page } = tab;
      await tab.go('/rules');
      await page.locator('.rules__name').first().waitFor();
      for (const name of ['Add alias', 'Add rule', 'Review and save']) expect(await page.getByRole('button', { name }).count()).toBe(0);
      expect(await page.locator('[data-handle], .rules input, .auto input:enabled, .auto select').count()).toBe(0);
      expect(await pageFaults(tab)).toEqual([]);
      const { document, version } = await routing();
      await expect(world.admin('PUT', '/admin/routing', document, { 'if-match': `"${version}"` })).rejects.toThrow('403');
      await page.keyboard.press('c');
      expect(await page.getByRole('dialog').count()).toBe(0);
      await setRole(world, 'viewer');
      for (const path of ['/rules', '/test']) {
        await tab.go(path);
        await page.getByText('You may not see this').waitFor();
        expect(await pageFaults(tab)).toEqual([]);
      }
      await tab.close();
    } finally {
      await setRole(world, 'owner');
    }
  });

  test('an empty gateway says what each stage is for', async () => {
    await put({});
    const tab = await world.open({ height: 1600 });
    await tab.go('/rules');
    await tab.page.getByText('No aliases yet').waitFor();
    await tab.page.getByText('No rules yet').waitFor();
    await tab.page.getByText('No tier has a model').first().waitFor();
    await shoot(tab.page, 'rules-empty');
    expect(await pageFaults(tab)).toEqual([]);
    await tab.close();
  });
});
