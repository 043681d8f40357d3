import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { localKeys, readOrCreateMasterKey } from '../../functions/adapters/vault/local-key.ts';
import { readBooks, storedBytes } from './books.ts';
import { leaks } from './canaries.ts';
import { planChaos, runChaos } from './chaos.ts';
import { startGateway, type Gateway } from './gateway.ts';
import type { SoakOptions } from './options.ts';
import { randomFrom } from './random.ts';
import type { Stall } from './records.ts';
import { startSampling } from './samples.ts';
import { startTraffic } from './traffic.ts';
import { startUpstream, type Upstream } from './upstream.ts';
import { verdict, type Findings, type Line } from './verdict.ts';
import { buildWorld, type World } from './world.ts';

const FAULTS = 0.02;
const PERIOD = 'from=2020-01-01T00:00:00Z&to=2100-01-01T00:00:00Z';
/** What an administrator can read, all of it searched for secrets. */
const ADMIN_PAGES = [
  '/metrics', '/admin/config', '/admin/settings', '/admin/requests?limit=200', '/admin/usage', '/admin/changes', '/admin/models', '/admin/keys', '/admin/members', '/admin/tokens', '/admin/routing', '/admin/setup', '/admin/me',
  ...['requests', 'usage', 'changes'].flatMap((name) => ['csv', 'ndjson'].map((type) => `/admin/export/${name}.${type}?${PERIOD}`)),
] as const;

export interface Soaked { readonly lines: readonly Line[]; readonly findings: Findings; readonly dir: string }

/** Runs the gateway under traffic, kills and stalls, and compares what everybody has seen. `say` hears of progress. */
export async function runSoak(options: SoakOptions, nodeFlags: readonly string[], say: (line: string) => void): Promise<Soaked> {
  const dir = await mkdtemp(join(tmpdir(), 'bsgateway-soak-'));
  await mkdir(join(dir, 'data'));
  const answerCanary = `answer-canary-${randomBytes(12).toString('hex')}`;
  const password = `password-canary-${randomBytes(12).toString('hex')}`;
  const upstream = await startUpstream({ random: randomFrom(options.seed + 1_000_003), faults: FAULTS, answerCanary });
  let gateway: Gateway | undefined;
  try {
    gateway = await startGateway({ dir, password, nodeFlags });
    const world = await buildWorld(gateway.admin, upstream.baseUrl, options, answerCanary);
    world.secrets.set('the operator\'s password', password).set('the admin token', gateway.adminToken);
    const findings = await observe({ gateway, upstream, world, options, say });
    if (options.keep) {
      await writeFile(join(dir, 'gateway.log'), gateway.log());
      await writeFile(join(dir, 'memory.csv'), findings.samples.map(({ life, ageMs, rssBytes, heapBytes }) => `${life},${ageMs},${rssBytes},${heapBytes}\n`).join(''));
    }
    return { lines: verdict(findings), findings, dir };
  } finally {
    gateway?.abandon();
    await upstream.close();
    if (!options.keep) await rm(dir, { recursive: true, force: true });
  }
}

interface Running { readonly gateway: Gateway; readonly upstream: Upstream; readonly world: World; readonly options: SoakOptions; readonly say: (line: string) => void }

async function observe({ gateway, upstream, world, options, say }: Running): Promise<Findings> {
  const begun = Date.now();
  const kept: string[] = [];
  const stalls: Stall[] = [];
  const sampling = startSampling(gateway);
  const traffic = startTraffic(gateway, world, options, (text) => kept.push(text));
  const plan = planChaos(randomFrom(options.seed), options);
  await Promise.all([runChaos(plan, gateway, options, stalls, say), wait(options.minutes * 60_000)]);
  say('the clients come to an end');
  await traffic.drain();
  await sampling.stop();
  for (const tenantId of world.tenantIds) for (const path of ADMIN_PAGES) {
    const page = await gateway.admin.text(path, { tenantId });
    kept.push(page.headers, page.text);
  }
  const exitCode = await gateway.stop();
  say('the gateway has ended; the books are compared');
  const books = await readBooks(gateway.dataDir, begun);
  return {
    evidence: { asked: traffic.asked, calls: upstream.calls, rows: books.rows, lives: gateway.lives, stalls, budgets: world.budgets, prices: world.prices },
    books, samples: sampling.samples, exitCode, failedStarts: gateway.failedStarts, ...(await search(gateway, world, [...kept, ...sampling.texts.values()])),
  };
}

/** Looks for every secret in all that was logged, answered and stored. */
async function search(gateway: Gateway, { secrets }: World, kept: readonly string[]): Promise<Pick<Findings, 'leaks' | 'secrets'>> {
  const { key } = readOrCreateMasterKey(join(gateway.dataDir, 'master.key'));
  const all = new Map(secrets).set('the master key', key).set('the pepper', await localKeys(key).pepper());
  const places = [...(await storedBytes(gateway.dataDir)), ['the log', Buffer.from(gateway.log())], ['answers', Buffer.concat(kept.map((text) => Buffer.from(`${text}\n`)))]] as const;
  return { leaks: leaks(all, places), secrets: all.size };
}
