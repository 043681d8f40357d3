import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { Clock } from '../../../functions/core/clock.ts';
import { call, chat } from '../../support/call.ts';
import { testGateway, type TestGateway } from '../../support/gateway.ts';
import { scriptedUpstream, type ScriptedUpstream } from '../../support/scripted-upstream.ts';

let offsetMs = 0;
const clock: Clock = { now: () => Date.now() + offsetMs, elapsed: () => performance.now() };
let gateway: TestGateway;
let upstream: ScriptedUpstream;
beforeEach(async () => {
  offsetMs = 0;
  upstream = await scriptedUpstream();
  gateway = await testGateway({ clock });
  await gateway.addModel({ id: 'cheap', baseUrl: upstream.baseUrl, price: { input: 1, output: 2 } });
});
afterEach(async () => {
  await gateway.close();
  await upstream.close();
});

test('a settlement that failed for good is made up for while the process lives: once its deadline is past', async () => {
  const { accounts } = gateway.edition.ports;
  const settle = accounts.settle.bind(accounts);
  accounts.settle = async () => { throw new Error('the store is away'); };
  const answer = await call(gateway.origin, '/v1/chat/completions', { key: gateway.key, body: chat('cheap') });
  expect(answer.status).toBe(200);
  accounts.settle = settle;
  expect(await gateway.edition.sweepExpired()).toBe(0);
  offsetMs = 600_000 + 61_000;
  expect(await gateway.edition.sweepExpired()).toBe(1);
  expect(await gateway.edition.sweepExpired()).toBe(0);
  const [entry] = await gateway.ledgerAll();
  expect(entry).toMatchObject({ requestId: answer.headers.get('x-request-id'), usage: 'estimated', servedModel: 'cheap' });
});
