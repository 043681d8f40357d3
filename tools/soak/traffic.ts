import { setMaxListeners } from 'node:events';
import { Agent } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import { ask, type Keep } from './client.ts';
import type { Gateway } from './gateway.ts';
import { hostileRequest } from './hostile.ts';
import type { SoakOptions } from './options.ts';
import { pauseMs, pick, randomFrom, type Random } from './random.ts';
import type { Asked } from './records.ts';
import { leavingRequest, plainRequest, PATHS, type Caller, type Draft } from './requests.ts';
import type { World } from './world.ts';

export interface Traffic {
  readonly asked: readonly Asked[];
  /** Sends no new requests and resolves when the last one is answered. */
  drain(): Promise<void>;
}

/** Five of a hundred requests are hostile: refused whatever they are, or left before their end. */
const HOSTILE = 0.04;
const LEAVING = 0.01;
const LIGHT = 0.01;
/** An open dashboard: every other question is one for the thread that reads, which so never idles away, and comes back, with its memory. */
const OPERATOR_MS = 1_000;
const UNREACHED_MS = 100;

/** Users that ask and think, each by a stream of random numbers of its own, and an operator who looks and changes things. */
export function startTraffic(gateway: Gateway, world: World, options: SoakOptions, keep: Keep): Traffic {
  const asked: Asked[] = [];
  const ended = new AbortController();
  setMaxListeners(0, ended.signal);
  const agent = new Agent({ keepAlive: true });
  let made = 0;
  const newId = (): string => String((made += 1)).padStart(7, '0');
  const pause = (ms: number): Promise<void> => wait(ms, undefined, { signal: ended.signal }).catch(() => undefined);
  const live = async (seed: number, pauseOf: (random: Random) => number, draft: (random: Random) => Draft): Promise<void> => {
    const random = randomFrom(seed);
    await pause(random() * options.thinkMs);
    while (!ended.signal.aborted) {
      const seen = await ask(gateway.port, agent, draft(random), keep);
      asked.push(seen);
      await pause(pauseOf(random) + (seen.ending === 'unreached' ? UNREACHED_MS : 0));
    }
  };
  const users = Array.from({ length: options.users }, (_, i) => live(options.seed + i + 1, (random) => pauseMs(random, options.thinkMs), (random) => draftOf(random, newId(), world)));
  let looks = 0;
  const operator = live(options.seed - 1, () => OPERATOR_MS, (random) => operatorRequest(random, newId(), gateway.adminToken, world, (looks += 1) % 2 === 0));
  return {
    asked,
    async drain() {
      ended.abort();
      await Promise.all([...users, operator]);
      agent.destroy();
    },
  };
}

function draftOf(random: Random, id: string, world: World): Draft {
  const caller = callerOf(random, world);
  const { planted, stranger } = world;
  const kind = random();
  if (kind < HOSTILE) return hostileRequest(random, id, caller, planted, stranger);
  if (kind < HOSTILE + LEAVING) return leavingRequest(random, id, caller, planted);
  if (kind < HOSTILE + LEAVING + LIGHT) return lightRequest(random, id, caller, world);
  return plainRequest(random, id, caller, planted);
}

function callerOf(random: Random, { callers }: World): Caller {
  let left = random() * callers.reduce((sum, { share }) => sum + share, 0);
  return callers.find(({ share }) => (left -= share) < 0) ?? pick(random, callers);
}

/** What is answered without anything being spent. */
function lightRequest(random: Random, id: string, { keyId, key }: Caller, { planted }: World): Draft {
  const shared = { id, kind: 'light', keyId, session: false, stream: false, wire: 'chat', expected: [], headers: { 'authorization': `Bearer ${key}`, 'content-type': 'application/json' } } as const;
  const messages = [{ role: 'user', content: `${planted.prompt} hello` }];
  return pick<Draft>(random, [
    { ...shared, what: 'list of models', method: 'GET', path: '/v1/models', body: '' },
    { ...shared, what: 'dry run', method: 'POST', path: '/v1/route', body: JSON.stringify({ model: 'auto', messages }) },
    { ...shared, what: 'count of tokens', method: 'POST', path: `${PATHS.messages}/count_tokens`, body: JSON.stringify({ model: 'chat-a', messages }) },
  ]);
}

function operatorRequest(random: Random, id: string, token: string, { callers }: World, reads: boolean): Draft {
  const shared = { id, kind: 'admin', keyId: '', session: false, stream: false, wire: 'chat', expected: [], headers: { 'authorization': `Bearer ${token}`, 'content-type': 'application/json', 'x-bsg-tenant': 'default' } } as const;
  const get = (path: string): Draft => ({ ...shared, what: path.split('?', 1)[0] ?? path, method: 'GET', path, body: '' });
  const key = pick(random, callers.slice(0, 4));
  if (reads) return pick(random, [get('/admin/usage?by=model'), get('/admin/usage?by=key')]);
  return pick<Draft>(random, [
    get('/admin/requests?limit=50'), get('/admin/keys'), get('/admin/changes?limit=20'),
    { ...shared, what: 'a key renamed', method: 'PATCH', path: `/admin/keys/${key.keyId}`, body: JSON.stringify({ name: `renamed ${id}` }) },
  ]);
}
