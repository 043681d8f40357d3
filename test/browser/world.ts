import { mkdtemp, readFile, rm } from 'node:fs/promises';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import type { Store } from '../../functions/adapters/store/port.ts';
import { openSqliteStore } from '../../functions/adapters/store/sqlite.ts';
import { localKeys, readOrCreateMasterKey } from '../../functions/adapters/vault/local-key.ts';
import { analyticsOf } from '../../functions/admin/usage/analytics.ts';
import { openLocalDoor } from '../../infra/local/door.ts';
import { DEFAULT_TENANT, ensureDefaultTenant } from '../../infra/local/default-tenant.ts';
import { startDemo } from '../../infra/local/demo.ts';
import { newBootId, openEdition, type Edition } from '../../infra/local/edition.ts';
import { scriptedUpstream, type ScriptedUpstream } from '../support/scripted-upstream.ts';
import { launchBrowser, type BrowserOptions } from './browser.ts';

const ROOT = join(import.meta.dirname, '..', '..');

export interface TabOptions {
  readonly theme?: 'light' | 'dark';
  readonly locale?: 'en' | 'ko';
  readonly width?: number;
  readonly height?: number;
  /** IANA name; default UTC. */
  readonly timezone?: string;
  readonly isSignedIn?: boolean;
  /** Touch, and scrollbars that lie over the page. */
  readonly isPhone?: boolean;
}

/** One tab of a browser of its own, and everything that went wrong in it. */
export interface Tab {
  readonly page: Page;
  readonly context: BrowserContext;
  /** What its requests carry, by which the server can be broken for it alone. */
  readonly mark: string;
  /** Console errors, page errors, violations of the page's policy and requests to other origins; must stay empty. */
  readonly faults: string[];
  /** Requests to `/admin` since the last call, as `GET /admin/me`. */
  takeCalls(): string[];
  go(path: string): Promise<void>;
  close(): Promise<void>;
}

/** The header by which the server tells tabs apart. */
const MARK = 'x-test-tab';
let tabs = 0;

/** What a broken part of the server does with a request. */
export type Fault = number | 'hang' | 'drop' | 'cut';

export interface World {
  readonly origin: string;
  readonly edition: Edition;
  readonly store: Store;
  /** The store's file, for what is too much to be written through the store. */
  readonly file: string;
  readonly upstream: ScriptedUpstream;
  readonly browser: Browser;
  /** The admin API with this machine's token. Throws for anything but 2xx. */
  admin<T = Record<string, unknown>>(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<T>;
  /** Registers a model at the scripted upstream, which answers as `test/support/scripted-upstream.ts` says. */
  addModel(id: string, change?: Record<string, unknown>): Promise<void>;
  /** A new virtual key without limits. */
  addKey(name: string, change?: Record<string, unknown>): Promise<string>;
  /** One chat request through the gateway; resolves once it is answered. `model` = the one that served. */
  chat(key: string, text: string, model?: string): Promise<{ readonly status: number; readonly model: string | null }>;
  /**
   * Until it is called again, the server answers requests whose path and query contain `part` with that status, lets them wait
   * until then (`hang`), ends their connections without a word (`drop`) or in the middle of the answer (`cut`); only for one tab, where one is given.
   */
  break(part: string | null, how?: Fault, tab?: Tab): void;
  /** A link that signs in once. */
  link(): string;
  open(options?: TabOptions): Promise<Tab>;
  close(): Promise<void>;
}

/** The one-machine edition in this process, on a free port and an empty folder, with the dashboard that users get, and a browser; `isDemo` = as `npm start -- --demo` begins. */
export async function openWorld({ isDemo = false, ...browserOptions }: { readonly isDemo?: boolean } & BrowserOptions = {}): Promise<World> {
  const folder = await mkdtemp(join(tmpdir(), 'bsg-browser-'));
  const file = join(folder, 'world.sqlite');
  const upstream = await scriptedUpstream();
  const keys = localKeys(readOrCreateMasterKey(join(folder, 'master.key')).key);
  const edition = await openEdition({ store: openSqliteStore(file), keys, allowHosts: [], log: { error: () => {}, warn: () => {}, info: () => {} } as never, bootId: newBootId() });
  await ensureDefaultTenant(edition.store, Date.now());
  const demo = isDemo ? await startDemo({ edition }) : undefined;
  const paths = { adminToken: join(folder, 'admin-token'), signingKey: join(folder, 'signing-key.json') };
  const { door, issuer } = openLocalDoor({ options: { host: '127.0.0.1', allowUpstreams: [], demo: isDemo, maxBodyMiB: 32 }, paths, edition, analytics: analyticsOf(edition.store), dashboardFolder: join(ROOT, 'dist', 'dashboard'), env: {} });
  await new Promise<void>((resolve) => { door.server.listen(0, '127.0.0.1', resolve); });
  const breaks = breakable(door.server);
  const origin = `http://127.0.0.1:${(door.server.address() as AddressInfo).port}`;
  const token = (await readFile(paths.adminToken, 'utf8')).trim();
  const browser = await launchBrowser(browserOptions);

  async function admin<T>(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<T> {
    const response = await fetch(`${origin}${path}`, { method, headers: { authorization: `Bearer ${token}`, ...(body !== undefined && { 'content-type': 'application/json' }), ...headers }, ...(body !== undefined && { body: JSON.stringify(body) }) });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return (text === '' ? {} : JSON.parse(text)) as T;
  }

  return {
    origin, edition, store: edition.store, file, upstream, browser, admin,
    async addModel(id, change = {}) {
      await admin('POST', '/admin/models', { id, provider: 'openai-compatible', upstreamModel: id, baseUrl: upstream.baseUrl, apiKey: 'sk-of-the-upstream-1234', ...change });
    },
    async addKey(name, change = {}) {
      const { key } = await admin<{ key: string }>('POST', '/admin/keys', { name, env: 'test', rpm: null, tpm: null, ...change });
      return key;
    },
    async chat(key, text, model = 'auto') {
      const response = await fetch(`${origin}/v1/chat/completions`, { method: 'POST', headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' }, body: JSON.stringify({ model, messages: [{ role: 'user', content: text }] }) });
      await response.text();
      return { status: response.status, model: response.headers.get('x-bsg-model') };
    },
    break: breaks,
    link: () => issuer.link(),
    open: (options = {}) => openTab({ browser, origin, options, link: () => issuer.link() }),
    async close() {
      await browser.close();
      await door.drain(1_000);
      await demo?.close();
      await edition.close();
      await upstream.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** In front of everything the server does: answers for it while something is to be broken. What waited is answered as the next call says. */
function breakable(server: Server): World['break'] {
  type Listener = (request: IncomingMessage, response: ServerResponse) => void;
  const real = server.listeners('request') as Listener[];
  const serve: Listener = (request, response) => { for (const listener of real) listener.call(server, request, response); };
  const broken = new Map<string, { readonly part: string; readonly how: Fault }>();
  const waiting: Parameters<Listener>[] = [];
  const markOf = (request: IncomingMessage): string => String(request.headers[MARK] ?? '');
  server.removeAllListeners('request');
  const answer: Listener = (request, response) => {
    const { part, how } = broken.get(markOf(request)) ?? broken.get('') ?? {};
    if (part === undefined || how === undefined || request.url?.includes(part) !== true) serve(request, response);
    else if (how === 'hang') waiting.push([request, response]);
    else if (how === 'drop') request.socket.destroy();
    else if (how === 'cut') serve(request, cutShort(response));
    else response.writeHead(how, { 'content-type': 'application/json', 'x-request-id': 'broken-by-test' }).end(JSON.stringify({ error: { code: 'internal_error', message: 'Something broke.', requestId: 'broken-by-test' } }));
  };
  server.on('request', answer);
  return (part, how = 500, tab = undefined) => {
    const mark = tab?.mark ?? '';
    if (part === null) broken.delete(mark);
    else broken.set(mark, { part, how });
    for (const [request, response] of waiting.splice(0)) {
      if (mark === '' || markOf(request) === mark) answer(request, response);
      else waiting.push([request, response]);
    }
  };
}

/** Whose first part is sent, and nothing after it. */
function cutShort(response: ServerResponse): ServerResponse {
  const write = response.write.bind(response) as (chunk: unknown) => boolean;
  response.write = (chunk: unknown) => {
    const isTaken = write(chunk);
    response.socket?.destroySoon();
    return isTaken;
  };
  return response;
}

export const TENANT = DEFAULT_TENANT;

interface TabNeeds { readonly browser: Browser; readonly origin: string; readonly options: TabOptions; readonly link: () => string }

async function openTab({ browser, origin, options, link }: TabNeeds): Promise<Tab> {
  const { theme = 'light', locale = 'en', width = 1440, height = 900, timezone = 'UTC', isSignedIn = true, isPhone = false } = options;
  const mark = String(tabs += 1);
  const context = await browser.newContext({ extraHTTPHeaders: { [MARK]: mark }, viewport: { width, height }, locale: locale === 'ko' ? 'ko-KR' : 'en-US', timezoneId: timezone, colorScheme: theme, reducedMotion: 'reduce', isMobile: isPhone, hasTouch: isPhone });
  await context.addInitScript(([chosenTheme, chosenLocale]) => {
    localStorage.setItem('bsg.theme', chosenTheme);
    localStorage.setItem('bsg.locale', chosenLocale);
  }, [theme, locale] as const);
  const faults: string[] = [];
  await context.exposeFunction('bsgFault', (what: string) => { faults.push(what); });
  await context.addInitScript(() => {
    addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI, sourceFile, lineNumber }) => {
      void (globalThis as unknown as { bsgFault(what: string): void }).bsgFault(`policy: ${violatedDirective} ${blockedURI} ${sourceFile}:${lineNumber}`);
    });
  });
  const page = await context.newPage();
  let calls: string[] = [];
  page.on('console', (message) => { if (message.type() === 'error' || message.type() === 'warning') faults.push(`console: ${message.text()}`); });
  page.on('pageerror', (error) => { faults.push(`page: ${error.stack ?? error.message}`); });
  page.on('request', (request) => {
    const url = new URL(request.url());
    if (url.origin === origin && url.pathname.startsWith('/admin')) calls.push(`${request.method()} ${url.pathname}`);
    if (url.origin !== origin && !['data:', 'blob:'].includes(url.protocol)) faults.push(`elsewhere: ${request.url()}`);
  });
  const tab: Tab = {
    page, context, mark, faults,
    takeCalls() {
      const taken = calls;
      calls = [];
      return taken;
    },
    async go(path) {
      await page.goto(`${origin}${path}`);
      await page.locator('h1').first().waitFor();
    },
    close: () => context.close(),
  };
  if (isSignedIn) {
    await page.goto(link());
    await page.waitForURL(`${origin}/`);
    await page.locator('h1').first().waitFor();
  }
  return tab;
}
