import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { needs } from '../support/optional.ts';
import { LOOKS, pageFaults, shoot } from './checks.ts';
import { openWorld, TENANT, type Tab, type World } from './world.ts';

needs('chromium')('signing in', () => {
  let world: World;
  beforeAll(async () => { world = await openWorld(); });
  afterAll(async () => { await world?.close(); });

  test('the link that the start prints leads into the dashboard, once', async () => {
    const tab = await world.open({ isSignedIn: false });
    const link = world.link();
    await tab.page.goto(link);
    await tab.page.waitForURL(`${world.origin}/`);
    await tab.page.getByRole('heading', { level: 1, name: 'System Overview' }).waitFor();
    await shoot(tab.page, 'shell');
    expect(tab.faults).toEqual([]);
    await tab.close();
    const other = await world.open({ isSignedIn: false });
    await other.page.goto(link);
    expect(await other.page.locator('h1').textContent()).toBe('This link is over');
    await other.close();
  });

  test('who only signs in is sent nothing of the dashboard; who is in gets each of its files once', async () => {
    const scripts = (tab: Tab): Promise<{ readonly bytes: number; readonly twice: string[] }> => tab.page.evaluate(() => {
      const loaded = performance.getEntriesByType('resource').filter(({ name }) => /\/assets\/.*\.(?:js|css)$/.test(name)) as PerformanceResourceTiming[];
      return { bytes: loaded.filter(({ name }) => name.endsWith('.js')).reduce((sum, { encodedBodySize }) => sum + encodedBodySize, 0), twice: loaded.filter(({ name, transferSize }, at) => transferSize > 0 && loaded.findIndex((other) => other.name === name) !== at).map(({ name }) => name) };
    });
    const stranger = await world.open({ isSignedIn: false });
    await stranger.go('/login');
    const signIn = await scripts(stranger);
    expect(signIn.bytes > 50_000 && signIn.bytes <= 110_000).toBe(true);
    await stranger.close();
    const tab = await world.open();
    await tab.go('/');
    await tab.page.getByText('1 of 5 done').waitFor();
    const overview = await scripts(tab);
    expect(overview.bytes > 150_000 && overview.bytes <= 200_000).toBe(true);
    expect([signIn.twice, overview.twice]).toEqual([[], []]);
    await tab.close();
  });

  test.each(LOOKS)('a person without a session sees one button (%s, %s, %d px)', async (theme, locale, width) => {
    const tab = await world.open({ isSignedIn: false, theme, locale, width });
    await tab.page.goto(`${world.origin}/keys?status=active`);
    await tab.page.waitForURL(`${world.origin}/login`);
    await tab.page.getByRole('button', { name: locale === 'en' ? 'Sign in' : '로그인' }).waitFor();
    await shoot(tab.page, `login-${theme}-${locale}-${width}`);
    expect(await pageFaults(tab)).toEqual([]);
    await tab.close();
  });
});

needs('chromium')('a session', () => {
  let world: World;
  beforeAll(async () => { world = await openWorld(); });
  afterAll(async () => { await world?.close(); });

  /** Makes the access token that a tab finds when it is loaded again an old one. */
  const age = (tab: Tab, until = 0): Promise<void> => tab.page.evaluate((expiresAt) => {
    const tokens = JSON.parse(sessionStorage.getItem('bsg.tokens') ?? '{}') as Record<string, unknown>;
    sessionStorage.setItem('bsg.tokens', JSON.stringify({ ...tokens, access: 'a.b.c', expiresAt }));
  }, until);

  /** Ends the refresh token of a tab at the issuer, for good, and lets the clock of the page go on until its access token is over; resolves with what sets the clock right. */
  async function end({ page }: Tab): Promise<() => Promise<void>> {
    const refresh = await page.evaluate(() => (JSON.parse(sessionStorage.getItem('bsg.tokens') ?? '{}') as { refresh: string }).refresh);
    expect((await fetch(`${world.origin}/oidc/token/revocation`, { method: 'POST', body: new URLSearchParams({ client_id: 'dashboard', token: refresh }) })).status).toBe(200);
    await page.evaluate(() => {
      const now = Date.now;
      Object.assign(globalThis, { rightNow: now });
      Date.now = () => now() + 16 * 60_000;
    });
    return () => page.evaluate(() => { Date.now = (globalThis as unknown as { rightNow(): number }).rightNow; });
  }

  test.each([['old', 0], ['not one that the API takes', Date.now() + 600_000]])('is renewed once when its token is %s, however many requests need it, and nobody sees anything', async (_what, expiresAt) => {
    const tab = await world.open();
    await age(tab, expiresAt);
    const renewals: string[] = [];
    tab.page.on('request', (request) => { if (request.url().endsWith('/oidc/token')) renewals.push(request.postData() ?? ''); });
    await tab.page.reload();
    await tab.page.getByText('1 of 5 done').waitFor();
    expect(renewals.map((body) => new URLSearchParams(body).get('grant_type'))).toEqual(['refresh_token']);
    // The browser itself notes what the API refused; the page says nothing of it.
    expect(tab.faults.filter((fault) => !fault.includes('status of 401'))).toEqual([]);
    await tab.close();
  });

  test('is used for the first page together with who it is of where they were a member the last time, and after that for everybody else', async () => {
    const tab = await world.open({ isSignedIn: false });
    const { page } = tab;
    /** The calls of a page that is not told who asks, until nothing more comes. */
    const early = async (open: () => Promise<unknown>): Promise<string[]> => {
      world.break('/admin/me', 'hang', tab);
      const asked = page.waitForRequest((request) => request.url().endsWith('/admin/me'));
      await open();
      await asked;
      await page.waitForTimeout(500);
      const calls = tab.takeCalls().toSorted();
      world.break(null, undefined, tab);
      await page.getByText('1 of 5 done').waitFor();
      tab.takeCalls();
      return calls;
    };
    const all = ['GET /admin/me', 'GET /admin/requests', 'GET /admin/setup', 'GET /admin/usage'];
    expect(await early(() => page.goto(world.link()))).toEqual(['GET /admin/me']);
    expect(await early(() => page.reload())).toEqual(all);
    // Of another gateway by name, nothing is known yet.
    expect(await early(() => page.goto(`${world.origin}/?tenant=${TENANT}`))).toEqual(['GET /admin/me']);
    expect(await early(() => page.reload())).toEqual(all);
    // Somebody else in the same browser.
    await page.evaluate(() => {
      const [who, tenant] = JSON.parse(localStorage.getItem('bsg.last-member') ?? '[]') as unknown[];
      localStorage.setItem('bsg.last-member', JSON.stringify([`not ${String(who)}`, tenant]));
    });
    expect(await early(() => page.reload())).toEqual(['GET /admin/me']);
    expect(tab.faults).toEqual([]);
    await tab.close();
  });

  test('asks for the figures while the program is on its way, and for each of them once; what was asked with a token that is over is asked again', async () => {
    const tab = await world.open();
    const { page } = tab;
    // The program is to come from the server each time.
    const devtools = await tab.context.newCDPSession(page);
    await devtools.send('Network.enable');
    await devtools.send('Network.setCacheDisabled', { cacheDisabled: true });
    const asked = ['GET /admin/me', 'GET /admin/requests', 'GET /admin/setup', 'GET /admin/usage'];
    const open = async (): Promise<[string[], string[]]> => {
      tab.takeCalls();
      world.break('/assets/start-', 'hang', tab);
      await page.reload({ waitUntil: 'commit' });
      await page.waitForRequest((request) => request.url().includes('/admin/requests'));
      await page.waitForTimeout(300);
      const early = tab.takeCalls().toSorted();
      world.break(null, undefined, tab);
      await page.getByText('1 of 5 done').waitFor();
      // Setup and the newest requests are asked again every few seconds.
      return [early, tab.takeCalls().filter((call) => /me$|usage$/.test(call))];
    };
    expect(await open()).toEqual([asked, []]);
    await page.goto(`${world.origin}/?range=7d&tenant=${TENANT}`);
    await page.getByText('1 of 5 done').waitFor();
    expect(await open()).toEqual([asked, []]);
    await page.evaluate(() => sessionStorage.setItem('bsg.tokens', JSON.stringify({ ...JSON.parse(sessionStorage.getItem('bsg.tokens') ?? '{}') as object, access: 'over' })));
    const [early, again] = await open();
    expect([early, again.toSorted()]).toEqual([asked, ['GET /admin/me', 'GET /admin/usage']]);
    expect(tab.faults.filter((fault) => !fault.includes('401'))).toEqual([]);
    await tab.close();
  });

  test('that is over leaves the page and a half-filled form as they are until somebody signs in in another tab; then the form is sent', async () => {
    const tab = await world.open();
    const { page } = tab;
    await tab.go('/keys?new=1');
    const dialog = page.getByRole('dialog').filter({ has: page.locator('form') });
    await dialog.getByLabel('Name', { exact: true }).fill('half a thought');
    const setClock = await end(tab);
    await dialog.getByRole('button', { name: 'Create API key' }).click();
    await page.getByRole('heading', { name: 'Your session has ended' }).waitFor();
    for (let i = 0; i < 4; i += 1) await page.keyboard.press('Escape');
    await page.mouse.click(5, 5);
    expect(await page.getByRole('heading', { name: 'Your session has ended' }).isVisible()).toBe(true);
    await shoot(page, 'session-ended');
    expect(await pageFaults({ ...tab, faults: [] }, [390, 1440])).toEqual([]);
    await setClock();
    const [other] = await Promise.all([tab.context.waitForEvent('page'), page.getByRole('link', { name: 'Sign in' }).click()]);
    await page.getByRole('heading', { name: 'Your session has ended' }).waitFor({ state: 'detached' });
    expect(await dialog.getByLabel('Name', { exact: true }).inputValue()).toBe('half a thought');
    expect(page.url()).toBe(`${world.origin}/keys?new=1`);
    await dialog.getByRole('button', { name: 'Create API key' }).click();
    await page.getByRole('heading', { name: 'Save your key now' }).waitFor();
    expect((await world.admin<{ items: { name: string }[] }>('GET', '/admin/keys')).items.map(({ name }) => name)).toContain('half a thought');
    // The tokens went to the tab that waited for them, and only there.
    if (!other.isClosed()) expect(await other.evaluate(() => sessionStorage.getItem('bsg.tokens'))).toBeNull();
    await tab.close();
  });

  test('of one tab may end while the other goes on', async () => {
    const tab = await world.open();
    // A page that asks for nothing by itself: the first thing that is refused is what is clicked.
    await tab.go('/models');
    const second = await tab.context.newPage();
    await second.goto(`${world.origin}/models`);
    await second.getByRole('heading', { level: 1, name: 'Models' }).waitFor();
    await end(tab);
    await tab.page.getByRole('link', { name: 'API Keys', exact: true }).click();
    await tab.page.getByRole('heading', { name: 'Your session has ended' }).waitFor();
    await second.getByRole('link', { name: 'API Keys', exact: true }).click();
    await second.getByRole('heading', { level: 1, name: 'API Keys' }).waitFor();
    await second.waitForTimeout(500);
    expect(await second.getByRole('heading', { name: 'Your session has ended' }).count()).toBe(0);
    await tab.close();
  });

  test('goes on in a new tab without a question, and the deep link is kept', async () => {
    const tab = await world.open();
    const page = await tab.context.newPage();
    await page.goto(`${world.origin}/keys?status=active`);
    await page.getByRole('heading', { level: 1, name: 'API Keys' }).waitFor();
    expect(page.url()).toBe(`${world.origin}/keys?status=active`);
    await tab.close();
  });

  test('ends everywhere when somebody signs out: nothing is left in the tab, and the issuer knows nobody', async () => {
    const tab = await world.open();
    const { page } = tab;
    const refresh = await page.evaluate(() => (JSON.parse(sessionStorage.getItem('bsg.tokens') ?? '{}') as { refresh: string }).refresh);
    expect(await page.evaluate(() => localStorage.getItem('bsg.last-member'))).toBe('["local-operator",null]');
    await page.getByRole('button', { name: /Operator of this machine/ }).click();
    await page.getByRole('menuitem', { name: 'Sign out' }).click();
    await page.getByText('You are signed out.').waitFor();
    await shoot(page, 'signed-out');
    // The router notes how far its pages were scrolled.
    expect(await page.evaluate(() => [Object.keys(sessionStorage).filter((key) => key !== 'bsg.signed-out' && !key.startsWith('tsr-scroll')), localStorage.getItem('bsg.last-member'), document.cookie])).toEqual([[], null, '']);
    expect(await tab.context.cookies()).toEqual([]);
    const renewed = await fetch(`${world.origin}/oidc/token`, { method: 'POST', body: new URLSearchParams({ client_id: 'dashboard', grant_type: 'refresh_token', refresh_token: refresh }) });
    expect(renewed.status).toBe(400);
    await page.goto(`${world.origin}/`);
    await page.getByText('You are signed out.').waitFor();
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    expect(new URL(page.url()).pathname).toMatch(/^\/oidc\/interaction\//);
    await tab.close();
  });

  test('that never holds stops after two redirects instead of going round', async () => {
    const tab = await world.open();
    const { page } = tab;
    await page.evaluate(() => { sessionStorage.setItem('bsg.redirects', '2'); sessionStorage.removeItem('bsg.tokens'); });
    await page.goto(`${world.origin}/analytics`);
    await page.getByText('Signing in does not work').waitFor();
    await shoot(page, 'sign-in-loop');
    expect(await pageFaults(tab, [390, 1440])).toEqual([]);
    await tab.close();
  });

  test.each([
    ['?error=access_denied&state=x', 'The sign-in was cancelled'], ['?error=invalid_request&error_description=redirect_uri', 'Signing in is not set up correctly'], ['?code=x&state=forged', 'That sign-in is over'],
  ])('an answer of the issuer that is none is told in words (%s)', async (search, words) => {
    const tab = await world.open({ isSignedIn: false });
    await tab.page.goto(`${world.origin}/callback${search}`);
    await tab.page.getByText(words).waitFor();
    await shoot(tab.page, words.toLowerCase().replaceAll(' ', '-'));
    expect(await pageFaults(tab, [390, 1440])).toEqual([]);
    await tab.close();
  });
});
