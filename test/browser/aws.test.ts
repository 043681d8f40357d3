import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { addMemberOps } from '../../functions/adapters/store/people.ts';
import { awsWorld, type AwsWorld } from '../support/aws/aws-world.ts';
import { needs } from '../support/optional.ts';
import { launchBrowser } from './browser.ts';
import { lookFaults } from './checks.ts';

const PASSWORD = 'A password of 14 signs';
const R43 = ["default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self' data:", "font-src 'self'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'self'", "require-trusted-types-for 'script'"];

interface Tab { readonly context: BrowserContext; readonly page: Page; readonly faults: string[]; readonly addresses: string[]; close(): Promise<void> }

needs('java')('the stack as it is deployed', () => {
  needs('chromium')('with a browser before it', () => {
    let world: AwsWorld;
    let browser: Browser;
    beforeAll(async () => {
      world = await awsWorld();
      browser = await launchBrowser({ more: world.browserArguments });
    }, 180_000);
    afterAll(async () => {
      await browser?.close();
      await world?.close();
    });

    /** A browser of its own with one tab; `from` = on with the cookies of another. */
    async function open({ locale = 'en-US', context: from }: { locale?: string; context?: BrowserContext } = {}): Promise<Tab> {
      const context = from ?? await browser.newContext({ ignoreHTTPSErrors: true, locale, reducedMotion: 'reduce' });
      const page = await context.newPage();
      page.setDefaultTimeout(15_000);
      const [faults, addresses]: [string[], string[]] = [[], []];
      page.on('console', (message) => { if (message.type() === 'error' || message.type() === 'warning') faults.push(message.text()); });
      page.on('pageerror', (error) => { faults.push(error.message); });
      page.on('request', (request) => { addresses.push(request.url(), request.headers()['referer'] ?? ''); });
      return { context, page, faults, addresses, close: () => context.close() };
    }
    const tokens = (page: Page): Promise<{ access: string; refresh: string; id: string }> =>
      page.evaluate(() => JSON.parse(sessionStorage.getItem('bsg.tokens') ?? '{}') as { access: string; refresh: string; id: string });
    /** What the API says of whoever is signed in. */
    const me = (page: Page): Promise<{ user: { id: string } }> => page.evaluate(async (url) => {
      const { access } = JSON.parse(sessionStorage.getItem('bsg.tokens') ?? '{}') as { access: string };
      return (await fetch(url, { headers: { authorization: `Bearer ${access}` } })).json() as Promise<{ user: { id: string } }>;
    }, `${String(world.config['apiBaseUrl'])}/admin/me`);

    describe('the built dashboard as CloudFront serves it', () => {
      test('every page carries the policy of R43 with exactly the hosts that it calls, and the other headers', async () => {
        for (const path of ['/', '/login', '/callback?code=x', '/models', '/requests/01J8/']) {
          const answer = await world.get(path);
          expect([path, answer.status, answer.headers.get('content-type'), answer.headers.get('cache-control')]).toEqual([path, 200, 'text/html; charset=utf-8', 'no-cache']);
          const policy = (answer.headers.get('content-security-policy') ?? '').split('; ');
          const connect = policy.find((directive) => directive.startsWith('connect-src')) ?? '';
          expect(policy.filter((directive) => directive !== connect).toSorted()).toEqual(R43.toSorted());
          expect(connect.toLowerCase()).toBe(`connect-src 'self' ${world.apiOrigin} https://cognito-idp.eu-central-1.amazonaws.com https://acme-llm.auth.eu-central-1.amazoncognito.com`);
          expect(Object.fromEntries(['strict-transport-security', 'x-content-type-options', 'referrer-policy', 'cross-origin-opener-policy', 'x-frame-options'].map((name) => [name, answer.headers.get(name)]))).toEqual({
            'strict-transport-security': 'max-age=31536000; includeSubDomains', 'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer', 'cross-origin-opener-policy': 'same-origin', 'x-frame-options': 'DENY',
          });
        }
      });

      test('the page holds no inline script, style or handler, and every file that it names is there, of its own origin and for good', async () => {
        const page = await (await world.get('/')).text();
        expect([...page.matchAll(/<script(?![^>]*\ssrc=)[^>]*>/g)]).toEqual([]);
        expect(page).not.toMatch(/<style|\son\w+\s*=|\sstyle\s*=|javascript:/i);
        const named = [...page.matchAll(/\s(?:src|href)="([^"]+)"/g)].map(([, address]) => String(address));
        expect(named.filter((address) => address.startsWith('/assets/')).length).toBeGreaterThan(1);
        for (const address of named) {
          expect(address).toMatch(/^\/(?!\/)/);
          const answer = await world.get(address);
          expect([address, answer.status, answer.headers.get('content-type')]).toEqual([address, 200, expect.stringMatching(/javascript|css|svg|font|png/)]);
          expect(answer.headers.get('cache-control')).toBe(address.startsWith('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache');
        }
      });

      test('the settings are read anew each time and hold no secret; a file that is not there is a 404 and never a page of a 200', async () => {
        const settings = await world.get('/config.json');
        expect([settings.status, settings.headers.get('content-type'), settings.headers.get('cache-control')]).toEqual([200, 'application/json', 'no-store']);
        expect(await settings.json()).toMatchObject({ edition: 'aws', issuer: 'https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_Example1', identityProvider: 'BSVibe' });
        for (const path of ['/assets/index-00000000.js', '/nothing.txt', '/../config.ts']) expect((await world.get(path)).status).toBe(404);
      });
    });

    describe('signing in', () => {
      test('with BSVibe, through the pool and the bridge: the owner comes to the page that was asked for; no token stands in an address', async () => {
        world.bsvibe.person = { ...world.bsvibe.person, email: 'owner@example.com' };
        const { page, faults, addresses, close } = await open();
        await page.goto(`${world.origin}/keys?status=active`);
        await page.getByRole('button', { name: 'Sign in with BSVibe' }).waitFor();
        expect(await lookFaults(page, 'aws-login')).toEqual([]);
        await page.getByRole('button', { name: 'Sign in with BSVibe' }).click();
        await page.getByRole('heading', { level: 1, name: 'API Keys' }).waitFor();
        expect(page.url()).toBe(`${world.origin}/keys?status=active`);
        expect(faults).toEqual([]);
        expect(world.pool.refused).toEqual([]);
        for (const path of ['/oauth2/authorize', '/oauth2/idpresponse', '/oauth2/token']) expect(world.pool.asked.join()).toContain(`acme-llm.auth.eu-central-1.amazoncognito.com${path}`);
        expect(world.pool.asked.join()).toContain('cognito-idp.eu-central-1.amazonaws.com/eu-central-1_Example1/.well-known/jwks.json');
        const { access, refresh, id } = await tokens(page);
        const mine = addresses.filter((address) => !address.includes('#access_token='));
        for (const secret of [access, refresh, id]) expect(mine.filter((address) => address.includes(secret))).toEqual([]);
        expect(JSON.parse(Buffer.from(access.split('.')[1] ?? '', 'base64url').toString())).toMatchObject({ token_use: 'access', scope: expect.stringContaining('bsgateway/admin') });
        expect(world.bridge.output()).not.toContain(String(world.bsvibe.refreshTokens.at(-1)));
        await page.getByRole('button', { name: /owner@example\.com/ }).waitFor();
        await close();
      });

      test('an owner is offered no tokens that would open nothing, and who comes by an old link is told where programs get theirs', async () => {
        const { page, faults, close } = await open();
        await page.goto(`${world.origin}/settings`);
        await page.getByRole('button', { name: 'Sign in with BSVibe' }).click();
        await page.getByRole('tab', { name: 'People' }).waitFor();
        expect(await page.getByRole('tab', { name: 'Machine tokens' }).count()).toBe(0);
        await page.goto(`${world.origin}/settings?tab=tokens`);
        await page.getByText('MachineClientId').waitFor();
        expect(await page.getByRole('button', { name: 'Create token' }).count()).toBe(0);
        expect(faults).toEqual([]);
        await close();
      });

      test('an answer that was asked for before somebody signed out, and comes after, does not undo it', async () => {
        const { page, close } = await open();
        await page.goto(`${world.origin}/login`);
        await page.getByRole('button', { name: 'Sign in with BSVibe' }).click();
        await page.getByRole('heading', { level: 1, name: 'System Overview' }).waitFor();
        const held = Promise.withResolvers<void>();
        await page.route('**/admin/models*', async (route) => {
          await held.promise;
          await route.continue();
        });
        await page.route('**/oauth2/revoke', async (route) => {
          const late = page.waitForResponse((answer) => answer.url().includes('/admin/models'));
          held.resolve();
          await late;
          await page.evaluate(() => new Promise((resolve) => { setTimeout(resolve, 100); }));
          await route.continue();
        });
        const asked = page.waitForRequest((request) => request.url().includes('/admin/models'));
        await page.goto(`${world.origin}/models`);
        await asked;
        await page.getByRole('button', { name: /owner@example\.com/ }).click();
        await page.getByRole('menuitem', { name: 'Sign out' }).click();
        await page.getByText('You are signed out.').waitFor();
        await close();
      });

      test('a session goes on in a new tab without a question, is renewed by its refresh token, and ends at the pool when somebody signs out', async () => {
        const first = await open();
        await first.page.goto(`${world.origin}/login`);
        await first.page.getByRole('button', { name: 'Sign in with BSVibe' }).click();
        await first.page.getByRole('heading', { level: 1, name: 'System Overview' }).waitFor();
        const { page, faults, close } = await open({ context: first.context });
        await page.goto(`${world.origin}/models`);
        await page.getByRole('heading', { level: 1, name: 'Models' }).waitFor();
        await page.evaluate(() => {
          const kept = JSON.parse(sessionStorage.getItem('bsg.tokens') ?? '{}') as Record<string, unknown>;
          sessionStorage.setItem('bsg.tokens', JSON.stringify({ ...kept, access: 'a.b.c', expiresAt: 0 }));
        });
        const grants: (string | null)[] = [];
        page.on('request', (request) => { if (request.url().endsWith('/oauth2/token')) grants.push(new URLSearchParams(request.postData() ?? '').get('grant_type')); });
        await page.reload();
        await page.getByRole('heading', { level: 1, name: 'Models' }).waitFor();
        await page.getByRole('button', { name: /owner@example\.com/ }).click();
        expect(grants).toEqual(['refresh_token']);
        const { refresh } = await tokens(page);
        await page.getByRole('menuitem', { name: 'Sign out' }).click();
        await page.getByText('You are signed out.').waitFor();
        expect([new URL(page.url()).origin, world.pool.refused, faults]).toEqual([world.origin, [], []]);
        expect(world.pool.asked.slice(-6).join()).toMatch(/POST [^,]*\/oauth2\/revoke.*GET [^,]*\/logout/);
        expect(await page.evaluate(() => sessionStorage.getItem('bsg.tokens'))).toBeNull();
        const renewed = await page.evaluate(async ([url, token, client]) => {
          const answer = await fetch(String(url), { method: 'POST', body: new URLSearchParams({ grant_type: 'refresh_token', refresh_token: String(token), client_id: String(client) }) });
          return answer.status;
        }, ['https://acme-llm.auth.eu-central-1.amazoncognito.com/oauth2/token', refresh, String(world.config['clientId'])]);
        expect(renewed).toBe(400);
        await page.goto(`${world.origin}/`);
        await page.getByText('You are signed out.').waitFor();
        await close();
      });

      test('with the pool\'s own page, beside BSVibe: whoever is no member learns so, and nothing more', async () => {
        world.pool.users.set('second@example.com', PASSWORD);
        const { page, faults, close } = await open({ locale: 'ko-KR' });
        await page.goto(`${world.origin}/`);
        await page.getByRole('button', { name: 'BSVibe 계정으로 로그인' }).waitFor();
        await page.getByRole('button', { name: '다른 방법으로 로그인' }).click();
        await page.getByRole('heading', { name: 'Sign in to the pool' }).waitFor();
        await page.getByLabel('Email').fill('second@example.com');
        await page.getByLabel('Password').fill('wrong');
        await page.getByRole('button', { name: 'Continue' }).click();
        await page.getByText('Incorrect username or password.').waitFor();
        await page.getByLabel('Email').fill('second@example.com');
        await page.getByLabel('Password').fill(PASSWORD);
        await page.getByRole('button', { name: 'Continue' }).click();
        await page.getByRole('heading', { level: 1, name: '이 게이트웨이의 구성원이 아닙니다' }).waitFor();
        expect(await me(page)).toMatchObject({ tenantId: null, tenants: [] });
        expect([world.pool.refused, faults]).toEqual([[], []]);
        expect(await lookFaults(page, 'aws-no-member')).toEqual([]);
        expect(faults).toEqual([]);
        // Who is taken for a member, because they were one the last time, is refused what was asked early, and once.
        await page.evaluate(() => {
          const { id } = JSON.parse(sessionStorage.getItem('bsg.tokens') ?? '{}') as { id: string };
          const { sub } = JSON.parse(atob((id.split('.')[1] ?? '').replaceAll('-', '+').replaceAll('_', '/'))) as { sub: string };
          localStorage.setItem('bsg.last-member', JSON.stringify([sub, null]));
        });
        for (const refusals of [3, 0]) {
          await page.reload();
          await page.getByRole('heading', { level: 1, name: 'You are not a member of this gateway' }).waitFor();
          await page.waitForLoadState('networkidle');
          expect(faults.splice(0)).toEqual(Array.from({ length: refusals }, () => 'Failed to load resource: the server responded with a status of 403 (Forbidden)'));
        }
        // Somebody else is asked for by the pool itself, whoever is still known there.
        await page.getByRole('button', { name: 'Use another account' }).click();
        await page.getByRole('heading', { name: 'Sign in to the pool' }).waitFor();
        await close();
      });

      test('with BSVibe, whoever is no member is called by their address and not by the pool\'s number for them', async () => {
        world.bsvibe.person = { ...world.bsvibe.person, sub: randomUUID(), email: 'third@example.com' };
        const { page, faults, close } = await open();
        await page.goto(`${world.origin}/login`);
        await page.getByRole('button', { name: 'Sign in with BSVibe' }).click();
        await page.getByRole('heading', { level: 1, name: 'You are not a member of this gateway' }).waitFor();
        await page.getByText('You are signed in as third@example.com.').waitFor();
        await page.goto(`${world.origin}/invite#token=bsgi_${'0'.repeat(64)}`);
        await page.getByText('Accept the invitation to this gateway as third@example.com?').waitFor();
        // Nobody who is not in yet is shown the way around.
        expect(await page.getByRole('navigation').count()).toBe(0);
        expect(await lookFaults(page, 'aws-invitation')).toEqual([]);
        const { user } = await me(page);
        for (const tenantId of ['acme-research', 'acme-shop']) await world.store.write(addMemberOps({ tenantId, userId: user.id, name: 'Third', email: null, role: 'viewer', addedAt: new Date().toISOString(), version: 1 }));
        await page.goto(`${world.origin}/`);
        await page.getByRole('heading', { level: 1, name: 'Choose a gateway' }).waitFor();
        expect(await lookFaults(page, 'aws-gateways')).toEqual([]);
        expect([world.pool.refused, faults]).toEqual([[], []]);
        await close();
      });
    });
  });
});
