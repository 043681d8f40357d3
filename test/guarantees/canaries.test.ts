import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { localKeys, readOrCreateMasterKey } from '../../functions/adapters/vault/local-key.ts';
import { parseKey } from '../../functions/core/keys/virtual-key.ts';
import { storedBytes } from '../../tools/soak/books.ts';
import { leaks } from '../../tools/soak/canaries.ts';
import { get } from '../support/http-client.ts';
import { chatEvents, json, scriptedUpstream, sse, type ScriptedUpstream } from '../support/scripted-upstream.ts';
import { startServer, type ServerProcess } from '../support/server-process.ts';
import { figure } from '../support/figure.ts';

/** What must not be found anywhere but where it belongs; each as text that no other thing contains. */
const PLANTED = {
  'a credential': `sk-canary-${randomBytes(16).toString('hex')}`,
  'a second credential': `sk-second-${randomBytes(16).toString('hex')}`,
  'a credential that was refused': `sk-draft-${randomBytes(16).toString('hex')}`,
  'a prompt': `prompt-canary-${randomBytes(8).toString('hex')}`,
  'a system prompt': `system-canary-${randomBytes(8).toString('hex')}`,
  'an answer': `answer-canary-${randomBytes(8).toString('hex')}`,
  'a token of a person': `eyJhbGciOiJSUzI1NiIsImtpZCI6IngifQ.${Buffer.from(JSON.stringify({ sub: randomBytes(12).toString('hex') })).toString('base64url')}.${randomBytes(32).toString('base64url')}`,
  'a tool argument': `argument-canary-${randomBytes(8).toString('hex')}`,
  'a comment': `comment-canary-${randomBytes(8).toString('hex')}`,
};

let dir: string;
let upstream: ScriptedUpstream;
let server: ServerProcess;
let adminToken: string;
/** Every answer to somebody who may not see a secret: errors, lists, exports, metrics. */
const answers: string[] = [];
const requestIds: string[] = [];
const secrets = new Map<string, string>(Object.entries(PLANTED));

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'bsg-canaries-'));
  // A provider that hides nothing: it repeats what it was sent in its errors, the credential first.
  upstream = await scriptedUpstream(({ headers, body }, response) => {
    const asked = JSON.stringify(body['messages']);
    if (asked.includes('refuse')) return json(response, 401, { error: { message: `Incorrect API key provided: ${headers.authorization}. You asked ${asked}`, code: 'invalid_api_key' } }, { 'x-echo': String(headers.authorization) });
    if (asked.includes('break')) return json(response, 500, { error: { message: `${headers.authorization} ${asked}` } });
    if (asked.includes('garble')) return void response.end(`<html>${headers.authorization} ${asked}</html>`);
    if (body['stream'] === true) return sse(response, asked.includes('cut') ? chatEvents([PLANTED['an answer'], 'x']).slice(0, 2) : chatEvents([PLANTED['an answer'], ' end']), { end: asked.includes('cut') ? 'destroy' : 'clean' });
    return json(response, 200, { id: 'c', object: 'chat.completion', created: 1, model: 'up', choices: [{ index: 0, message: { role: 'assistant', content: PLANTED['an answer'] }, finish_reason: 'stop' }], usage: { prompt_tokens: 5, completion_tokens: 2, total_tokens: 7 } });
  });
  server = await startServer({ dataDir: join(dir, 'data'), env: { BSG_ADMIN_PASSWORD: 'password-canary-of-the-operator' } });
  adminToken = (await readFile(server.ready.adminTokenFile, 'utf8')).trim();
  secrets.set('the admin token', adminToken);
  secrets.set('the operator\'s password', 'password-canary-of-the-operator');
}, 60_000);
afterAll(async () => {
  await server.stop();
  await upstream.close();
  await rm(dir, { recursive: true, force: true });
});

const port = (): number => Number(new URL(server.origin).port);

/** What an administrator does; answers that show a new secret once are not kept. */
async function administer(method: string, path: string, body?: object, headers: Record<string, string> = {}, { shows = false } = {}): Promise<Record<string, unknown>> {
  const answer = await get(port(), path, { method, headers: { 'authorization': `Bearer ${adminToken}`, 'content-type': 'application/json', ...headers }, ...(body && { body: JSON.stringify(body) }) });
  if (!shows) answers.push(JSON.stringify(answer.headers), answer.text);
  return answer.text.startsWith('{') ? JSON.parse(answer.text) as Record<string, unknown> : {};
}

/** What a client does. Answers of success belong to it; every other answer is kept. */
async function call(path: string, key: string, body: object | string, headers: Record<string, string> = {}): Promise<number> {
  const answer = await get(port(), path, { headers: { 'authorization': `Bearer ${key}`, 'content-type': 'application/json', ...headers }, body: typeof body === 'string' ? body : JSON.stringify(body) })
    .catch(() => ({ status: 0, headers: {}, text: '' }));
  if (answer.status !== 200) answers.push(JSON.stringify(answer.headers), answer.text);
  else {
    answers.push(JSON.stringify(answer.headers));
    requestIds.push(String((answer.headers as Record<string, unknown>)['x-request-id']));
  }
  return answer.status;
}

async function live(): Promise<void> {
  const routing = { aliases: [{ name: 'mine', target: 'model:cheap' }], auto: { strategy: 'llm', judgeModel: 'cheap', shadow: { enabled: true, dailyUsd: 100 }, tiers: { simple: ['cheap'], moderate: ['cheap'], complex: ['strong'] } } };
  const model = (id: string, apiKey: string): object => ({ id, provider: 'openai-compatible', upstreamModel: 'up', baseUrl: upstream.baseUrl, apiKey, price: { input: 1, output: 2 } });
  await administer('POST', '/admin/models', model('cheap', PLANTED['a credential']));
  await administer('POST', '/admin/models', { ...model('strong', ''), apiKey: undefined, credentials: [{ name: 'one', apiKey: PLANTED['a credential'] }, { name: 'two', apiKey: PLANTED['a second credential'] }] });
  await administer('PATCH', '/admin/models/cheap', { apiKey: PLANTED['a second credential'] });
  await administer('POST', '/admin/models/test', model('draft', PLANTED['a credential that was refused']));
  await administer('POST', '/admin/models/test', { ...model('draft', PLANTED['a credential that was refused']), price: { input: -1 } });
  await administer('POST', '/admin/models', { ...model('bad id!', PLANTED['a credential that was refused']) });
  await administer('PUT', '/admin/routing', routing, { 'if-match': '"0"' });
  const created = await administer('POST', '/admin/keys', { name: 'app', rpm: null, tpm: null }, { 'idempotency-key': 'once' }, { shows: true });
  const rotated = await administer('POST', `/admin/keys/${String(created['id'])}/rotate`, { overlapSeconds: 600 }, {}, { shows: true });
  const token = await administer('POST', '/admin/tokens', { name: 'ci' }, {}, { shows: true });
  const invited = await administer('POST', '/admin/members', { role: 'viewer' }, {}, { shows: true });
  await administer('POST', '/admin/keys', { name: 'app', rpm: null, tpm: null }, { 'idempotency-key': 'once' });
  const keys = [String(created['key']), String(rotated['key'])];
  for (const [at, key] of keys.entries()) secrets.set(`virtual key ${at}`, parseKey(key)?.secret ?? '');
  secrets.set('a machine token', String(token['token']));
  secrets.set('an invitation', String(invited['inviteUrl']).split(/[=#/]/).at(-1) ?? '');
  const messages = (extra: string): object[] => [{ role: 'system', content: PLANTED['a system prompt'] }, { role: 'user', content: `${PLANTED['a prompt']} ${extra}` }];
  const tools = [{ type: 'function', function: { name: 'f', parameters: { type: 'object' } } }];
  for (const key of keys) {
    for (const extra of ['hello', 'refuse', 'break', 'garble', 'cut', 'hello again']) {
      for (const stream of [false, true]) {
        for (const name of ['auto', 'cheap', 'strong', 'mine']) await call('/v1/chat/completions', key, { model: name, stream, messages: messages(extra), tools });
        await call('/v1/messages', key, { model: 'cheap', max_tokens: 5, stream, system: PLANTED['a system prompt'], messages: [{ role: 'user', content: `${PLANTED['a prompt']} ${extra}` }] });
        await call('/v1/responses', key, { model: 'cheap', stream, instructions: PLANTED['a system prompt'], input: `${PLANTED['a prompt']} ${extra}` });
      }
    }
    // Refused: malformed, unknown, misused, in every place where somebody might put a secret.
    await call('/v1/chat/completions', key, `{"model":"auto","messages":[{"content":"${PLANTED['a prompt']}"`);
    await call('/v1/chat/completions', key, { model: 'no-such-model', messages: messages('x') });
    await call('/v1/chat/completions', key, { model: 'cheap', messages: [{ role: 'tool', tool_call_id: 'none', content: PLANTED['a tool argument'] }] });
    await call('/v1/chat/completions', key, { model: 'cheap', api_key: PLANTED['a credential'], messages: messages('x') });
    await call('/v1/messages', key, { model: 'cheap', max_tokens: 5, messages: [{ role: 'assistant', content: [{ type: 'tool_use', id: 'x', name: 'f', input: { it: PLANTED['a tool argument'] } }] }] });
    await call(`/v1/nowhere/${key}?key=${key}`, key, {});
    await call('/v1/chat/completions', `${key.slice(0, -1)}${key.endsWith('0') ? '1' : '0'}`, { model: 'auto', messages: messages('x') });
    await call('/v1/chat/completions', 'x', { model: 'auto', messages: messages('x') }, { 'x-api-key': key });
  }
  for (const requestId of requestIds) await call('/v1/feedback', keys[0] ?? '', { request_id: requestId, rating: 'down', comment: PLANTED['a comment'] });
  // A token that nobody issued, wherever a token may stand.
  for (const [method, path] of [['GET', '/admin/me'], ['POST', '/admin/keys'], ['POST', '/v1/chat/completions'], ['GET', '/oidc/me'], ['GET', `/admin/me?access_token=${PLANTED['a token of a person']}`]] as const) {
    await get(port(), path, { method, headers: { 'authorization': `Bearer ${PLANTED['a token of a person']}`, 'content-type': 'application/json' }, ...(method === 'POST' && { body: '{}' }) }).then(({ text, headers }) => answers.push(text, JSON.stringify(headers)));
  }
  await administer('POST', `/admin/keys/${String(created['id'])}/revoke`);
  await call('/v1/chat/completions', keys[0] ?? '', { model: 'auto', messages: messages('x') });
  await get(port(), '/oidc/links', { method: 'POST', headers: { authorization: `Bearer ${adminToken}x` } }).then(({ text }) => answers.push(text));
}

test('guarantees A6 and H8: planted secrets, prompts and answers are in no log, error, metric, ledger, audit event, export or stored byte', async () => {
  await live();
  const files = ['requests', 'usage', 'changes'].flatMap((name) => ['csv', 'ndjson'].map((type) => `/admin/export/${name}.${type}`));
  const period = 'from=2020-01-01T00:00:00Z&to=2100-01-01T00:00:00Z';
  for (const path of ['/metrics', '/admin/config', '/admin/settings', '/admin/requests?limit=200', '/admin/usage', '/admin/refusals', '/admin/changes', '/admin/models', '/admin/keys', '/admin/members', '/admin/tokens', '/admin/routing', '/admin/setup', '/admin/me', '/health/ready', ...files.map((file) => `${file}?${period}`)]) await administer('GET', path);
  // Both came through: the credentials were used, the requests booked.
  expect(new Set(upstream.received.map(({ headers }) => headers.authorization))).toEqual(new Set([PLANTED['a credential'], PLANTED['a second credential'], PLANTED['a credential that was refused']].map((key) => `Bearer ${key}`)));
  const rows = answers.find((text) => text.includes('"servedModel":"strong"') || text.includes('"servedModel":"cheap"'));
  expect(rows).toBeDefined();
  expect(answers.some((text) => text.includes('"outcome":"failed"'))).toBe(true);
  expect(answers.some((text) => text.includes('"hasComment":false'))).toBe(true);
  await server.stop();

  const data = join(dir, 'data');
  secrets.set('the master key', (await readFile(join(data, 'master.key'), 'utf8')).trim());
  const { key } = readOrCreateMasterKey(join(data, 'master.key'));
  const pepper = await localKeys(key).pepper();
  const stored = await storedBytes(data);
  expect(stored.map(([name]) => name)).toEqual(expect.arrayContaining(['file bsgateway.sqlite']));
  const places: (readonly [string, Buffer])[] = [...stored, ['the log', Buffer.from(server.output())], ['answers', Buffer.from(answers.join('\n'))]];
  expect(leaks(new Map<string, string | Uint8Array>([...secrets, ['the bytes of the master key', key], ['the pepper', pepper]]), places)).toEqual([]);
  // The search can find: a word that was stored in clear.
  expect(places[places.findIndex(([name]) => name === 'file bsgateway.sqlite')]?.[1].includes(Buffer.from('strong'))).toBe(true);
  expect(secrets.size).toBeGreaterThanOrEqual(12);
  figure('A6', `${stored.length} stored files searched for ${secrets.size + 2} secrets in 4 encodings: 0 found`);
  figure('H8', `${secrets.size + 2} planted secrets, ${answers.length.toLocaleString('en')} answers, the log and ${stored.length} stored files: 0 found`);
}, 120_000);
