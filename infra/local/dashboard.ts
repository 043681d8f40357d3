import { hash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { extname, join } from 'node:path';
import { fileType } from '../../functions/adapters/aws/file-type.ts';
import { takesCoding } from '../../functions/admin/compress.ts';
import type { GatewayRequest, GatewayResponse } from '../../functions/gateway/ports.ts';

/**
 * What the dashboard's pages may do: everything from their own origin, nothing from elsewhere, no inline script or style.
 * The theme before the first paint comes from `/theme.js`.
 */
export const DASHBOARD_POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'; require-trusted-types-for 'script'";

const PAGE_HEADERS = { 'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer', 'cross-origin-opener-policy': 'same-origin' };
/** Names carry the hash of the content, so what they hold never changes. */
const HASHED = /^\/assets\//;
/** Paths that belong to the APIs, whatever a browser accepts. */
const APIS = /^\/(?:v1|admin|oidc|health|metrics)(?:\/|$)|^\/config\.json$/;
/** What the build puts beside each text file. */
const CODINGS = [['br', '.br'], ['gzip', '.gz']] as const;
const PACKED = /\.(?:br|gz)$/;
const LOOPBACK = /^(?:localhost|127\.0\.0\.1|\[::1\])(?::\d+)?$/i;

interface File { readonly body: Uint8Array; readonly packed: ReadonlyMap<string, Uint8Array>; readonly type: string; readonly tag: string }

export interface DashboardOptions {
  /** Where `npm run build` puts the dashboard. */
  readonly folder: string;
  /** The origin that people sign in under. */
  readonly origin: () => string;
}

/**
 * Answers GET requests for the dashboard's files, and any other page that a browser opens with the dashboard itself, which
 * knows its own addresses. undefined = not ours. Until it is built there is a page that waits for it.
 */
export function openDashboard({ folder, origin }: DashboardOptions): (request: GatewayRequest) => GatewayResponse | undefined {
  const files = new Map<string, File>();
  let known = 0;

  /** Files of an earlier build stay: a page that was opened with them may still ask for parts of itself. */
  function refresh(): void {
    const { mtimeMs } = statSync(join(folder, 'index.html'), { throwIfNoEntry: false }) ?? { mtimeMs: 0 };
    if (mtimeMs === known) return;
    const entries = readdirSync(folder, { recursive: true, encoding: 'utf8', withFileTypes: true });
    for (const entry of entries.filter((each) => each.isFile() && !PACKED.test(each.name) && !each.name.startsWith('.') && !each.parentPath.includes('.vite'))) {
      const path = join(entry.parentPath, entry.name);
      const body = readFileSync(path);
      files.set(path.slice(folder.length).replaceAll('\\', '/'), { body, packed: packedOf(path), type: fileType(path), tag: `"${hash('sha256', body, 'hex').slice(0, 16)}"` });
    }
    known = mtimeMs;
  }

  return (request) => {
    const { method, path, headers } = request;
    if ((method !== 'GET' && method !== 'HEAD') || APIS.test(path)) return undefined;
    const isPage = headers['accept']?.includes('text/html') === true && extname(path) === '';
    if (!isPage && !files.has(path)) refreshIfBuilt();
    const file = isPage || path === '/' ? undefined : files.get(path);
    if (file !== undefined) return send(file, request, HASHED.test(path) ? 'public, max-age=31536000, immutable' : 'no-cache');
    if (!isPage && path !== '/') return undefined;
    const { host } = new URL(origin());
    // The issuer has one address, and so have its cookies: the other names of this machine lead to it.
    if (headers['host'] !== undefined && headers['host'] !== host && LOOPBACK.test(headers['host']) && LOOPBACK.test(host)) {
      return { status: 307, headers: { location: `${origin()}${path}${request.query.size > 0 ? `?${request.query.toString()}` : ''}`, 'cache-control': 'no-store' }, body: new Uint8Array() };
    }
    refreshIfBuilt();
    const page = files.get('/index.html');
    return page === undefined ? WAITING : send(page, request, 'no-cache');
  };

  function refreshIfBuilt(): void {
    try {
      refresh();
    } catch { /* between two builds; what was read before is served */ }
  }
}

/** By content coding, the smallest first. */
function packedOf(path: string): ReadonlyMap<string, Uint8Array> {
  const found = new Map<string, Uint8Array>();
  for (const [coding, ending] of CODINGS) {
    try {
      found.set(coding, readFileSync(`${path}${ending}`));
    } catch { /* the build made none */ }
  }
  return found;
}

function send({ body, packed, type, tag }: File, { headers }: GatewayRequest, cache: string): GatewayResponse {
  const common = { ...PAGE_HEADERS, ...(type.startsWith('text/html') && { 'content-security-policy': DASHBOARD_POLICY }), 'cache-control': cache, 'etag': tag, 'vary': 'accept-encoding' };
  if (headers['if-none-match'] === tag) return { status: 304, headers: common, body: new Uint8Array() };
  const [coding, small] = [...packed].find(([name]) => takesCoding(headers['accept-encoding'], name)) ?? [];
  return { status: 200, headers: { ...common, 'content-type': type, ...(coding !== undefined && { 'content-encoding': coding }) }, body: small ?? body };
}

const STYLE = 'body{font:16px/1.6 system-ui,sans-serif;max-width:34rem;margin:22vh auto;padding:0 1.5rem;color:light-dark(#1c1917,#fafaf9);background:light-dark(#fafaf9,#0c0a09)}h1{font-size:1.3rem;margin:0 0 .5rem}';
const WAITING: GatewayResponse = {
  status: 200,
  headers: { ...PAGE_HEADERS, 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store', 'content-security-policy': `default-src 'none'; style-src 'sha256-${hash('sha256', STYLE, 'base64')}'; frame-ancestors 'none'; base-uri 'none'` },
  body: new TextEncoder().encode(`<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><meta name="color-scheme" content="light dark"><meta http-equiv="refresh" content="2"><title>BSGateway</title><style>${STYLE}</style></head><body><main><h1>The dashboard is being prepared</h1><p>This happens once, and takes some seconds. The gateway itself is already serving requests. This page opens by itself; if it does not within a minute, <code>npm run build</code> says why.</p></main></body></html>`),
};
