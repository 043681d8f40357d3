import { mkdir, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliCompressSync, brotliDecompressSync, gunzipSync, gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { GatewayResponse } from '../../../functions/gateway/ports.ts';
import { DASHBOARD_POLICY, openDashboard } from '../../../infra/local/dashboard.ts';

const ORIGIN = 'http://127.0.0.1:8787';
let folder: string;
let answer: (path: string, options?: { method?: string; headers?: Record<string, string>; query?: string }) => GatewayResponse | undefined;
const textOf = ({ body }: GatewayResponse): string => Buffer.from(body as Uint8Array).toString('utf8');
const unpacked = ({ headers, body }: GatewayResponse): string => (headers['content-encoding'] === 'br' ? brotliDecompressSync(body as Uint8Array) : headers['content-encoding'] === 'gzip' ? gunzipSync(body as Uint8Array) : Buffer.from(body as Uint8Array)).toString();
const page = { accept: 'text/html,application/xhtml+xml' };

beforeEach(async () => {
  folder = join(await mkdtemp(join(tmpdir(), 'bsg-dash-')), 'dashboard');
  const handle = openDashboard({ folder, origin: () => ORIGIN });
  answer = (path, { method = 'GET', headers = {}, query = '' } = {}) => handle({ method, path, query: new URLSearchParams(query), headers: { host: '127.0.0.1:8787', ...headers }, body: async () => new Uint8Array(), signal: new AbortController().signal, remainingMs: () => Infinity });
});
afterEach(() => rm(join(folder, '..'), { recursive: true, force: true }));

async function build(version: string): Promise<void> {
  await mkdir(join(folder, 'assets'), { recursive: true });
  await mkdir(join(folder, '.vite'), { recursive: true });
  await writeFile(join(folder, 'assets', `app-${version}.js`), `run(${version})`);
  await writeFile(join(folder, 'assets', `app-${version}.js.gz`), gzipSync(`run(${version})`));
  await writeFile(join(folder, 'assets', `app-${version}.js.br`), brotliCompressSync(`run(${version})`));
  await writeFile(join(folder, 'theme.js'), 'theme()');
  await writeFile(join(folder, '.vite', 'manifest.json'), '{}');
  await writeFile(join(folder, 'index.html'), `<h1>${version}</h1>`);
  await utimes(join(folder, 'index.html'), new Date(), new Date(Date.now() + Number(version) * 10_000));
}

describe('the dashboard of one machine', () => {
  test('waits until it is built, on a page that asks again by itself and runs nothing', async () => {
    const waiting = answer('/', { headers: page });
    expect(waiting?.status).toBe(200);
    expect(textOf(waiting ?? { status: 0, headers: {}, body: new Uint8Array() })).toContain('http-equiv="refresh"');
    expect(waiting?.headers['content-security-policy']).not.toContain('unsafe');
    await build('1');
    expect(textOf(answer('/', { headers: page }) as GatewayResponse)).toBe('<h1>1</h1>');
  });

  test('every address that a browser opens is the dashboard, with its policy; the APIs stay themselves', async () => {
    await build('1');
    for (const path of ['/', '/keys', '/models/openrouter/x', '/audit/01ABC', '/login']) {
      const found = answer(path, { headers: page });
      expect([path, found?.status, found?.headers['content-security-policy'], found?.headers['cache-control'], found?.headers['referrer-policy'], found?.headers['x-content-type-options']]).toEqual([path, 200, DASHBOARD_POLICY, 'no-cache', 'no-referrer', 'nosniff']);
    }
    for (const path of ['/v1/models', '/v1', '/admin', '/admin/keys', '/health', '/health/ready', '/metrics', '/config.json', '/oidc/auth']) expect([path, answer(path, { headers: page })]).toEqual([path, undefined]);
    expect(answer('/keys')).toBeUndefined();
    expect(answer('/', { method: 'POST', headers: page })).toBeUndefined();
    expect(answer('/nothing.png', { headers: page })).toBeUndefined();
  });

  test('the policy allows no inline script or style and nothing from elsewhere', () => {
    expect(DASHBOARD_POLICY).not.toMatch(/unsafe|https?:|\*/);
    expect(DASHBOARD_POLICY).toMatch(/^default-src 'none';/);
  });

  test('what has its hash in its name is kept for ever, compressed where that is understood; the rest is asked for again', async () => {
    await build('1');
    const plain = answer('/assets/app-1.js') as GatewayResponse;
    expect([textOf(plain), plain.headers['cache-control'], plain.headers['content-type']]).toEqual(['run(1)', 'public, max-age=31536000, immutable', 'text/javascript; charset=utf-8']);
    for (const [accepted, coding] of [['gzip, deflate, br, zstd', 'br'], ['gzip, deflate', 'gzip'], ['br;q=0, gzip;q=0.8', 'gzip'], ['identity', undefined]]) {
      const packed = answer('/assets/app-1.js', { headers: { 'accept-encoding': accepted ?? '' } }) as GatewayResponse;
      expect([packed.headers['content-encoding'], packed.headers['vary'], unpacked(packed)]).toEqual([coding, 'accept-encoding', 'run(1)']);
    }
    const theme = answer('/theme.js') as GatewayResponse;
    expect(theme.headers['cache-control']).toBe('no-cache');
    expect(answer('/theme.js', { headers: { 'if-none-match': theme.headers['etag'] ?? '' } })?.status).toBe(304);
  });

  test('after another build the new page comes, and parts of the old one are still there for pages that are open', async () => {
    await build('1');
    answer('/', { headers: page });
    await rm(folder, { recursive: true });
    await build('2');
    expect(textOf(answer('/', { headers: page }) as GatewayResponse)).toBe('<h1>2</h1>');
    expect(answer('/assets/app-2.js')?.status).toBe(200);
    expect(answer('/assets/app-1.js')?.status).toBe(200);
  });

  test('nothing outside its folder, and nothing that only the build needs', async () => {
    await build('1');
    await writeFile(join(folder, '..', 'secret.js'), 'no');
    for (const path of ['/../secret.js', '/assets/../../secret.js', '/%2e%2e/secret.js', '/assets/..%2f..%2fsecret.js', '/.vite/manifest.json', '/assets/app-1.js.gz', '/assets/app-1.js.br']) expect([path, answer(path)]).toEqual([path, undefined]);
  });

  test('another name of this machine leads to the one that people sign in under', async () => {
    await build('1');
    expect(answer('/keys', { headers: { ...page, host: 'localhost:8787' }, query: 'status=all' })).toMatchObject({ status: 307, headers: { location: `${ORIGIN}/keys?status=all` } });
    expect(answer('/keys', { headers: { ...page, host: 'gateway.example.com' } })?.status).toBe(200);
    expect(answer('/theme.js', { headers: { host: 'localhost:8787' } })?.status).toBe(200);
  });
});
