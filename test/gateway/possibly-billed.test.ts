import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { LedgerEntry } from '../../functions/contract/ledger.ts';
import { call, chat } from '../support/call.ts';
import { testGateway, type TestGateway } from '../support/gateway.ts';
import { chatAnswer, json, scriptedUpstream, type Script, type ScriptedUpstream } from '../support/scripted-upstream.ts';

/** Longer than any refusal that is taken for immediate. */
const WORKED_MS = 1_200;
const price = { input: 1_000, output: 1_000 };

let gateway: TestGateway;
let upstream: ScriptedUpstream;
beforeAll(async () => {
  upstream = await scriptedUpstream();
  gateway = await testGateway({ breakers: 'always-closed' });
  await gateway.addModel({ id: 'fresh', baseUrl: upstream.baseUrl, price });
});
afterAll(async () => {
  await gateway.close();
  await upstream.close();
});

async function asked(model: string): Promise<{ status: number; entry: LedgerEntry }> {
  const answer = await call(gateway.origin, '/v1/chat/completions', { key: gateway.key, body: chat(model) });
  return { status: answer.status, entry: await gateway.ledger(answer.headers.get('x-request-id') ?? '') };
}

const refusing = (status: number, afterMs: number): Script => (_received, response) => { setTimeout(() => json(response, status, { error: { message: 'x', type: 'x' } }), afterMs); };

test.each<[string, Script]>([
  ['breaks off', (_received, response) => { setTimeout(() => response.socket?.destroy(), WORKED_MS); }],
  ['says 504', refusing(504, WORKED_MS)],
])('an upstream that %s after long work may have billed it: the account is an estimate, never 0 as measured', async (_what, script) => {
  upstream.script(script);
  const { status, entry } = await asked('fresh');
  expect(status).toBeGreaterThanOrEqual(500);
  expect([entry.usage, entry.attempts.length]).toEqual(['estimated', 1]);
  // 2 input tokens of "Hello!" and what is usually written in 1.2 s.
  expect(entry.costMicros).toBeGreaterThan(1_000 * (2 + WORKED_MS * 0.04));
});

test.each<[string, Script]>([
  ['503 at once', refusing(503, 0)],
  ['a 400, however late', refusing(400, WORKED_MS)],
])('%s costs nothing', async (_what, script) => {
  upstream.script(script);
  const { entry } = await asked('fresh');
  expect([entry.usage, entry.costMicros]).toEqual(['measured', 0]);
});

describe('a kept connection', () => {
  let server: Server;
  let calls = 0;
  /** ms after which the second request of a connection finds it dead. */
  let diesAfterMs = 0;
  beforeAll(async () => {
    const turns = new WeakMap<object, number>();
    server = createServer((request, response) => {
      request.resume().on('end', () => {
        calls += 1;
        const turn = (turns.get(request.socket) ?? 0) + 1;
        turns.set(request.socket, turn);
        if (turn === 1) json(response, 200, chatAnswer('ok'));
        else setTimeout(() => request.socket.destroy(), diesAfterMs);
      });
    });
    await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
    await gateway.addModel({ id: 'kept', baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`, price });
  });
  afterAll(() => { server.closeAllConnections(); server.close(); });

  /** Asks on a connection that has served once. */
  async function onKept(): Promise<{ status: number; entry: LedgerEntry; sent: number }> {
    await asked('kept');
    calls = 0;
    return { ...(await asked('kept')), sent: calls };
  }

  test('that breaks while the upstream works is not sent a second time, and may be billed', async () => {
    diesAfterMs = WORKED_MS;
    const { status, entry, sent } = await onKept();
    expect([status, sent, entry.attempts.length, entry.usage]).toEqual([502, 1, 1, 'estimated']);
    expect(entry.costMicros).toBeGreaterThan(0);
  });

  test('that proves dead at once is replaced, and the account shows both calls and the price of both', async () => {
    diesAfterMs = 0;
    const { status, entry, sent } = await onKept();
    expect([status, sent, entry.attempts.map((attempt) => attempt.status)]).toEqual([200, 2, [502, 200]]);
    // The answer's 15 tokens, and at least the 2 of the input that was sent in vain.
    expect(entry.costMicros).toBeGreaterThanOrEqual(1_000 * (15 + 2));
  });
});
