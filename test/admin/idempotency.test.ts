import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { RUNNING_MS } from '../../functions/adapters/store/idempotency.ts';
import { once } from '../../functions/admin/idempotency.ts';
import type { Caller, GatewayRequest, Reply } from '../../functions/admin/ports.ts';
import { StoreError, type Op, type Store, type WriteResult } from '../../functions/adapters/store/port.ts';
import { tempStore, type TempStore } from '../support/store.ts';
import { adminPorts, ask, NOW, type AdminAnswer } from './support.ts';

let temp: TempStore;
let nowMs = NOW;
let runs = 0;
beforeEach(async () => {
  temp = await tempStore();
  nowMs = NOW;
  runs = 0;
});
afterEach(() => temp.cleanup());
const caller = (userId = 'u', tenantId = 'default'): Caller => ({ userId, name: userId, via: 'person', tenantId, role: 'owner', memberships: [] });
const request = (body: string, key: string | undefined = 'k1', path = '/admin/keys'): GatewayRequest => ({
  method: 'POST', path, query: new URLSearchParams(), headers: key === '' ? {} : { 'idempotency-key': key }, body: async () => Buffer.from(body), signal: new AbortController().signal, remainingMs: () => Infinity,
});
const execute = async (): Promise<Reply> => ({ body: { n: (runs += 1), secret: 'shown once' }, replay: { n: runs, secret_shown: false }, etag: 3 });
const run = (asked: GatewayRequest, who = caller(), does = execute) => once(asked, who, adminPorts(temp.store, { now: () => nowMs }), 201, does);

test('the same request under the same key runs once and is answered alike, without the secret', async () => {
  expect(await run(request('{"a":1}'))).toMatchObject({ status: 201, reply: { body: { n: 1, secret: 'shown once' } } });
  expect(await run(request('{"a":1}'))).toEqual({ status: 201, reply: { body: { n: 1, secret_shown: false }, etag: 3, headers: { 'idempotent-replayed': 'true' } } });
  expect(runs).toBe(1);
});

test('another body or path under the key is refused, another user or tenant has keys of its own', async () => {
  await run(request('{"a":1}'));
  await expect(run(request('{"a":2}'))).rejects.toMatchObject({ status: 422, code: 'idempotency_mismatch' });
  await expect(run(request('{"a":1}', 'k1', '/admin/models'))).rejects.toMatchObject({ status: 422 });
  await run(request('{"a":1}'), caller('v'));
  await run(request('{"a":1}'), caller('u', 'other'));
  expect(runs).toBe(3);
});

test('of twenty at once one runs; the others are told to wait', async () => {
  let open = (): void => {};
  const gate = new Promise<void>((resolve) => { open = resolve; });
  const all = Array.from({ length: 20 }, () => run(request('{}'), caller(), async () => { await gate; return execute(); }).then(({ status }) => status, (error: { status: number }) => error.status));
  const others = await Promise.race([Promise.all(all), new Promise((resolve) => { setTimeout(resolve, 200); })]);
  expect(others).toBeUndefined();
  open();
  expect((await Promise.all(all)).toSorted()).toEqual([201, ...Array.from({ length: 19 }, () => 409)]);
  expect(runs).toBe(1);
});

test('what failed may be sent again, and so may what a process that died left behind', async () => {
  await expect(run(request('{}'), caller(), async () => { throw new Error('broken'); })).rejects.toThrow('broken');
  expect((await run(request('{}'))).status).toBe(201);
  void run(request('{}', 'k2'), caller(), () => new Promise(() => {}));
  await new Promise((resolve) => { setTimeout(resolve, 20); });
  await expect(run(request('{}', 'k2'))).rejects.toMatchObject({ status: 409 });
  nowMs += RUNNING_MS;
  await expect(run(request('{}', 'k2'))).rejects.toMatchObject({ status: 409 });
  nowMs += 1;
  expect((await run(request('{}', 'k2'))).status).toBe(201);
});

test('after a day the key is new', async () => {
  await run(request('{"a":1}'));
  nowMs += 24 * 3_600_000 + 1_000;
  await run(request('{"a":2}'));
  expect(runs).toBe(2);
});

test('without a key, or with one that is no key', async () => {
  await run(request('{}', ''));
  await run(request('{}', ''));
  expect(runs).toBe(2);
  await expect(run(request('{}', 'a b'))).rejects.toMatchObject({ status: 400 });
});

/** The store whose next batch with a machine token lands, or does not, and whose answer is lost; `late` carries the batch out afterwards. */
function losing(lands: boolean): { readonly store: Store; readonly late: () => Promise<WriteResult> } {
  let kept: readonly Op[] | undefined;
  const write: Store['write'] = async (ops) => {
    const isTheOne = kept === undefined && ops.some((op) => 'put' in op && op.put.table === 'keys');
    if (!isTheOne) return temp.store.write(ops);
    kept = ops;
    if (lands) await temp.store.write(ops);
    throw new StoreError('unavailable', 'the answer was lost');
  };
  return { store: { ...temp.store, write }, late: () => temp.store.write(kept ?? []) };
}
const makeToken = (store: Store): Promise<AdminAnswer> => ask(store, '/admin/tokens', { method: 'POST', headers: { 'idempotency-key': 'k' }, body: { name: 'ci' } });
const tokens = async (): Promise<unknown[]> => (await ask(temp.store, '/admin/tokens')).json['items'] as unknown[];

test('what landed although its answer was lost is not done again, and the repetition says what there is', async () => {
  const { store } = losing(true);
  expect((await makeToken(store)).status).toBe(503);
  const [made] = await tokens();
  for (const at of [0, 61_000]) expect(await ask(store, '/admin/tokens', { method: 'POST', headers: { 'idempotency-key': 'k' }, body: { name: 'ci' }, ports: { now: () => NOW + at } })).toMatchObject({ status: 409, json: { error: { code: 'conflict', field: 'idempotency-key' }, done: { type: 'token', id: (made as { id: string }).id } } });
  expect(await tokens()).toHaveLength(1);
});

test('what did not land may be sent again, and never lands later beside the second one', async () => {
  const { store, late } = losing(false);
  expect((await makeToken(store)).status).toBe(503);
  expect((await late()).ok).toBe(false);
  expect((await makeToken(store)).status).toBe(201);
  expect((await late()).ok).toBe(false);
  expect(await tokens()).toHaveLength(1);
});

test('an execution that was taken for dead and goes on after all writes nothing', async () => {
  const [gate, reached] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  let isHeld = true;
  const write: Store['write'] = async (ops) => {
    if (isHeld && ops.some((op) => 'put' in op && op.put.table === 'keys')) {
      isHeld = false;
      reached.resolve();
      await gate.promise;
    }
    return temp.store.write(ops);
  };
  const slow = makeToken({ ...temp.store, write });
  await reached.promise;
  const second = ask(temp.store, '/admin/tokens', { method: 'POST', headers: { 'idempotency-key': 'k' }, body: { name: 'ci' }, ports: { now: () => NOW + RUNNING_MS + 1_000 } });
  expect((await second).status).toBe(201);
  gate.resolve();
  expect((await slow).status).toBe(409);
  expect(await tokens()).toHaveLength(1);
  expect((await makeToken(temp.store)).json).toMatchObject({ secret_shown: false });
});
