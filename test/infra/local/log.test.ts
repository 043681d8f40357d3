import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { newKey } from '../../../functions/core/keys/virtual-key.ts';
import { call, chat } from '../../support/call.ts';
import { scriptedUpstream, type ScriptedUpstream } from '../../support/scripted-upstream.ts';
import { startServer, type ServerProcess } from '../../support/server-process.ts';

const { key } = newKey('test', randomBytes);
let dir: string;
let upstream: ScriptedUpstream;
let server: ServerProcess;
const start = async (env: Record<string, string> = {}): Promise<ServerProcess> => (server = await startServer({
  dataDir: join(dir, 'data'), env: { UP: 'sk-x', BSG_KEY: key, ...env },
  config: { version: 1, models: [{ id: 'm', provider: 'openai-compatible', upstreamModel: 'up', baseUrl: upstream.baseUrl, apiKeyEnv: 'UP' }], keys: [{ name: 'k', keyEnv: 'BSG_KEY' }] },
}));
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'bsg-log-'));
  await mkdir(join(dir, 'data'));
  upstream = await scriptedUpstream();
});
afterEach(async () => {
  await server.kill();
  await upstream.close();
  await rm(dir, { recursive: true, force: true });
});

const FIELDS = new Set(['at', 'level', 'event', 'requestId', 'tenantId', 'keyId', 'method', 'route', 'status', 'code', 'model', 'ms', 'attempt', 'count', 'kind', 'where']);
/** Without what a start says: that it is ready, and to keep a copy of the key. */
const linesOf = ({ output }: ServerProcess): Record<string, unknown>[] => output().split('\n').filter((line) => line !== '' && !line.startsWith('{"ready"') && !line.startsWith('KEEP A COPY of ')).map((line) => JSON.parse(line) as Record<string, unknown>);

test('everything the running server prints is JSON of the closed set of fields, and every answer of both planes is one line: method, matched route, status, ms, id', async () => {
  const { origin, ready } = await start();
  const token = (await readFile(ready.adminTokenFile, 'utf8')).trim();
  const bearer = { authorization: `Bearer ${token}` };
  const ids: (string | null)[] = [];
  const note = async (path: string, options: Parameters<typeof call>[2]): Promise<void> => { ids.push((await call(origin, path, options)).headers.get('x-request-id')); };
  await note('/v1/chat/completions', { key, body: chat('m', { stream: true }) });
  await note('/v1/chat/completions?secret-canary=1', { key, body: chat('m') });
  await note('/v1/models/secret-canary', { key });
  await note('/v1/secret-canary', { key, body: {} });
  await note('/admin/requests/secret-canary', { headers: bearer });
  await note('/admin/usage?by=model', { headers: bearer });
  await note('/admin/secret-canary', { headers: bearer });
  await note('/admin/usage', {});
  await new Promise<void>((resolve) => { request(`${origin}/v1/chat/completions`, { method: 'PROPFIND' }, (response) => { response.resume(); response.on('end', resolve); ids.push(String(response.headers['x-request-id'])); }).end(); });
  expect(await server.stop()).toBe(0);
  const lines = linesOf(server);
  for (const line of lines) expect(Object.keys(line).filter((name) => !FIELDS.has(name))).toEqual([]);
  const access = lines.filter(({ event }) => event === 'request');
  expect(ids.map((id) => access.filter(({ requestId }) => requestId === id).map(({ method, route, status, ms }) => [method, route, status, typeof ms]))).toEqual([
    [['POST', '/v1/chat/completions', 200, 'number']], [['POST', '/v1/chat/completions', 200, 'number']], [['GET', '/v1/models/{id}', 404, 'number']], [['POST', 'none', 404, 'number']],
    [['GET', '/admin/requests/{id}', 404, 'number']], [['GET', '/admin/usage', 200, 'number']], [['GET', 'none', 404, 'number']], [['GET', '/admin/usage', 401, 'number']],
    [['PROPFIND', '/v1/chat/completions', 405, 'number']],
  ]);
  expect(access).toHaveLength(ids.length);
  expect(server.output()).not.toContain('secret-canary');
});

test('a fault that nobody caught ends the process with exit code 1 and one line that says where, not what', async () => {
  await start({ NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent('setTimeout(()=>{JSON.parse(\'prompt-canary\')},1500)')}` });
  const code = await new Promise((resolve) => { server.child.once('exit', resolve); });
  expect(code).toBe(1);
  expect(linesOf(server).filter(({ event }) => event === 'crashed')).toEqual([{ at: expect.any(String), level: 'error', event: 'crashed', kind: 'SyntaxError', where: expect.any(String) }]);
  expect(server.output()).not.toContain('canary');
});
