import { createServer, type AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { ulid } from 'ulidx';
import type { LedgerEntry } from '../../functions/contract/ledger.ts';
import type { GatewayResponse, Ports } from '../../functions/gateway/ports.ts';
import { serve } from '../../functions/gateway/serve.ts';
import { call, chat, messages, type Answer } from '../support/call.ts';
import { figure } from '../support/figure.ts';
import { testGateway, type TestGateway } from '../support/gateway.ts';
import { json, sayHello, scriptedUpstream, type ScriptedUpstream } from '../support/scripted-upstream.ts';

const STATUSES = [429, 408, 409, 500, 501, 502, 503, 504, 529, 400, 401, 403, 404, 413, 422] as const;
type Status = (typeof STATUSES)[number];
const httpDate = (seconds: number): string => new Date(Date.now() + seconds * 1000).toUTCString();
/** What `retry-after` may say, and the seconds that are waited for on the same model; undefined = too long or unreadable. */
const HINTS: readonly (readonly [name: string, header: () => string | undefined, shortSeconds: number | undefined])[] = [
  ['none', () => undefined, undefined], ['0', () => '0', 1], ['1', () => '1', 1], ['1.5', () => '1.5', 2], ['2', () => '2', 2], ['3', () => '3', undefined], ['60', () => '60', undefined],
  ['a date in 60 s', () => httpDate(60), undefined], ['a date that has passed', () => httpDate(-60), 1], ['garbage', () => 'soon', undefined], ['a negative number', () => '-1', undefined],
];
/** Whose fault it is decides: the caller's own is never tried again, ours (401, 403, 404) only elsewhere, the upstream's wherever it may help. */
const CALLERS: readonly number[] = [400, 413, 422];
const OURS: readonly number[] = [401, 403, 404];
/** What the caller is told when nothing else serves (DECISIONS §1.6). */
const TOLD: Readonly<Record<Status, readonly [status: number, code: string]>> = {
  429: [429, 'rate_limit_exceeded'], 408: [502, 'upstream_error'], 409: [502, 'upstream_error'], 500: [502, 'upstream_error'], 501: [502, 'upstream_error'], 502: [502, 'upstream_error'],
  503: [503, 'upstream_error'], 504: [504, 'upstream_timeout'], 529: [503, 'upstream_error'], 400: [400, 'invalid_request'], 401: [502, 'upstream_credentials_rejected'],
  403: [502, 'upstream_credentials_rejected'], 404: [502, 'upstream_model_not_found'], 413: [413, 'request_too_large'], 422: [422, 'invalid_request'],
};

interface Script { readonly status: number; readonly retryAfter: string | undefined }
/** What `first` (and, where `all`, every model) answers to a request, by the mark in its prompt. */
const scripts = new Map<string, Script & { readonly all: boolean }>();
/** When each call of a marked request came, and for which model. */
const seen = new Map<string, { model: string; atMs: number }[]>();

let gateway: TestGateway;
let upstream: ScriptedUpstream;
beforeAll(async () => {
  upstream = await scriptedUpstream((received, response) => {
    const mark = /mark-\d+/.exec(JSON.stringify(received.body))?.[0] ?? '';
    const model = String(received.body['model']);
    seen.set(mark, [...(seen.get(mark) ?? []), { model, atMs: performance.now() }]);
    const script = scripts.get(mark);
    if (model === 'resetting') return void response.socket?.destroy();
    if (script === undefined || (model !== 'first' && !script.all)) return sayHello(received, response);
    return json(response, script.status, { error: { message: 'as scripted', type: 'x', code: null } }, script.retryAfter === undefined ? {} : { 'retry-after': script.retryAfter });
  });
  gateway = await testGateway({ breakers: 'always-closed' });
  for (const id of ['first', 'second', 'third', 'resetting']) await gateway.addModel({ id, baseUrl: upstream.baseUrl, upstreamModel: id });
  await gateway.addModel({ id: 'refusing', baseUrl: `http://127.0.0.1:${await closedPort()}/v1`, upstreamModel: 'refusing' });
  await gateway.route({ patterns: [
    { id: 'two', priority: 1, glob: 'two', target: 'model:first', fallbacks: ['second'] },
    { id: 'three', priority: 1, glob: 'three', target: 'model:first', fallbacks: ['second', 'third'] },
    { id: 'reset', priority: 1, glob: 'reset', target: 'model:resetting', fallbacks: ['second'] },
    { id: 'refused', priority: 1, glob: 'refused', target: 'model:refusing', fallbacks: ['second'] },
  ] });
});
afterAll(async () => {
  await gateway.close();
  await upstream.close();
});

/** A port that nobody listens on. */
async function closedPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => { server.close(resolve); });
  return port;
}

let marks = 0;
interface Outcome { readonly answer: Answer; readonly entry: LedgerEntry; readonly calls: readonly { model: string; atMs: number }[] }

/** Asks for `model` once, in turn in each dialect and form, while `first` does as told. */
async function ask(model: string, script?: Script, all = false): Promise<Outcome> {
  const mark = `mark-${marks += 1}`;
  if (script !== undefined) scripts.set(mark, { ...script, all });
  const [path, body] = marks % 2 === 0 ? ['/v1/messages', messages] as const : ['/v1/chat/completions', chat] as const;
  const answer = await call(gateway.origin, path, { key: gateway.key, body: body(model, { stream: marks % 4 > 1, messages: [{ role: 'user', content: mark }] }) });
  return { answer, entry: await gateway.ledger(answer.headers.get('x-request-id') ?? ''), calls: seen.get(mark) ?? [] };
}
const models = ({ entry }: Outcome): string[] => entry.attempts.map(({ model }) => model);
const isAnthropic = ({ entry }: Outcome): boolean => entry.dialect === 'anthropic-messages';

/** The same without the door, in a world with a change. */
function askDirectly(mark: string, change: Partial<Ports>, remainingMs = Infinity): Promise<GatewayResponse> {
  return serve({
    method: 'POST', path: '/v1/chat/completions', query: new URLSearchParams(), headers: { 'authorization': `Bearer ${gateway.key}`, 'content-type': 'application/json' },
    body: async () => Buffer.from(JSON.stringify(chat('three', { messages: [{ role: 'user', content: mark }] }))), signal: new AbortController().signal, remainingMs: () => remainingMs,
  }, { ...gateway.edition.ports, ...change });
}

/** How often the table lets `first` be called, and whether somebody else may then serve. */
function expected(status: Status, shortSeconds: number | undefined): { firsts: number; elsewhere: boolean } {
  if (CALLERS.includes(status)) return { firsts: 1, elsewhere: false };
  return { firsts: !OURS.includes(status) && shortSeconds !== undefined ? 2 : 1, elsewhere: true };
}

test('guarantee I-1: every upstream status with every retry-after leads to the attempts, the order and the answer of the table', async () => {
  const cases = STATUSES.flatMap((status) => HINTS.map((hint) => [status, hint] as const));
  await Promise.all(cases.map(async ([status, [name, header, shortSeconds]]) => {
    const { firsts, elsewhere } = expected(status, shortSeconds);
    const script = { status, retryAfter: header() };
    const about = { status, 'retry-after': name };
    const calls = Array.from({ length: firsts }, () => 'first');

    const served = await ask('two', script);
    const route = elsewhere ? [...calls, 'second'] : calls;
    expect({ ...about, attempts: models(served), calls: served.calls.map(({ model }) => model) }).toEqual({ ...about, attempts: route, calls: route });
    expect({ ...about, status: served.answer.status }).toEqual({ ...about, status: elsewhere ? 200 : status });
    if (elsewhere) expect(served.answer.headers.get('x-bsg-model')).toBe('second');
    const [one, two] = served.calls;
    // The wait that was asked for, and no more than a jitter beyond it; the ceiling catches waits of another kind.
    if (firsts === 2) expect((two?.atMs ?? 0) - (one?.atMs ?? 0)).toBeGreaterThanOrEqual((shortSeconds ?? 0) * 1000 - 5);

    const alone = await ask('first', script);
    const [told, code] = TOLD[status];
    expect({ ...about, attempts: models(alone) }).toEqual({ ...about, attempts: calls });
    expect({ ...about, status: alone.answer.status, code: alone.entry.errorCode }).toEqual({ ...about, status: told === 503 && isAnthropic(alone) ? 529 : told, code });
    const retryAfter = alone.answer.headers.get('retry-after');
    if (told === 429 || told === 503) expect({ ...about, retryAfter }).toEqual({ ...about, retryAfter: expect.stringMatching(/^[1-9]\d*$/) });
    if (name === '60' && (told === 429 || told === 503)) expect(retryAfter).toBe('60');
  }));
  figure('I-1', `${STATUSES.length} statuses x ${HINTS.length} values of retry-after, each with a fallback and alone, in both dialects, streamed and whole`);
}, 60_000);

test('guarantee I-1: a connection that is refused is tried once more, one that breaks after the request was sent is not', async () => {
  for (let form = 0; form < 4; form += 1) {
    const [refused, reset] = [await ask('refused'), await ask('reset')];
    expect([models(refused), refused.answer.status]).toEqual([['refusing', 'refusing', 'second'], 200]);
    expect([models(reset), reset.calls.map(({ model }) => model), reset.answer.status]).toEqual([['resetting', 'second'], ['resetting', 'second'], 200]);
    const [gone, broken] = [await ask('refusing'), await ask('resetting')];
    expect([models(gone), gone.answer.status]).toEqual([['refusing', 'refusing'], 502]);
    expect([models(broken), broken.answer.status]).toEqual([['resetting'], 502]);
  }
});

test('guarantee I-1: three calls in all, whatever the route and the hints', async () => {
  await Promise.all(([429, 503, 529, 500, 409] as const).flatMap((status) => ([['1', ['first', 'first', 'second']], ['60', ['first', 'second', 'third']]] as const).map(async ([retryAfter, route]) => {
    const failed = await ask('three', { status, retryAfter }, true);
    expect([status, retryAfter, failed.calls.map(({ model }) => model)]).toEqual([status, retryAfter, route]);
    expect(failed.answer.status).toBe(TOLD[status][0] === 503 && isAnthropic(failed) ? 529 : TOLD[status][0]);
  })));
});

test('guarantee I-1: nobody waits for a try that is not to come', async () => {
  const mark = `mark-${marks += 1}`;
  scripts.set(mark, { status: 429, retryAfter: '1', all: true });
  let waits = 0;
  const { status } = await askDirectly(mark, { random: () => (waits += 1, 0) });
  expect([status, seen.get(mark)?.map(({ model }) => model), waits]).toEqual([429, ['first', 'first', 'second'], 1]);
});

test('guarantee I-1: a wait is not begun past the deadline: the caller hears of the timeout in time, and the account is settled', async () => {
  const mark = `mark-${marks += 1}`;
  scripts.set(mark, { status: 429, retryAfter: '2', all: true });
  const before = performance.now();
  const requestId = ulid();
  // The gateway keeps 10 s of it to settle.
  const response = await askDirectly(mark, { newRequestId: () => requestId }, 10_500);
  expect(response.status).toBe(504);
  expect(performance.now() - before).toBeLessThan(2_000);
  expect(await gateway.ledger(requestId)).toMatchObject({ status: 504, errorCode: 'upstream_timeout', attempts: [{ model: 'first', status: 429 }] });
});
