import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Validator } from '@seriousme/openapi-schema-validator';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import SwaggerClient from 'swagger-client';
import { ulid } from 'ulidx';
import * as z from 'zod/mini';
import { openApi, operationIdOf } from '../../functions/admin/openapi.ts';
import { ROUTES } from '../../functions/admin/routes.ts';
import { serveAdmin } from '../../functions/admin/serve-admin.ts';
import { putModel } from '../../functions/adapters/store/models.ts';
import { counterName, quarterOf, refusalsOp } from '../../functions/adapters/store/refusals.ts';
import { addMemberOps, invitationDigest, putInvitationOp } from '../../functions/adapters/store/people.ts';
import { putTenant } from '../../functions/adapters/store/tenants.ts';
import { createHttpDoor } from '../../functions/gateway/http.ts';
import { tempStore, type TempStore } from '../support/store.ts';
import { adminPorts, entryAt, NOW, putEntries, TOKEN } from './support.ts';

type Json = Record<string, unknown>;
interface Answer { readonly status: number; readonly body?: Json; readonly text?: string; readonly headers: Record<string, string> }
type Call = (parameters?: Json, options?: { requestBody?: unknown }) => Promise<Answer>;

const REFUSED = { requestId: ulid(NOW - 1), at: new Date(NOW - 1).toISOString(), keyId: 'AAAAAAAAAAAA', code: 'model_not_found', status: 404, route: '/v1/messages', dialect: 'anthropic-messages', requestedModel: 'nobody' };

const INVITATION = `bsgi_${'a'.repeat(64)}`;
let temp: TempStore;
let server: Server;
let client: Record<string, Call>;
let baseUrl = '';
const ENTRY = entryAt(NOW - 60_000);
beforeAll(async () => {
  temp = await tempStore();
  await putTenant(temp.store, { tenantId: 'default', name: 'Default', timezone: 'UTC', unknownNames: 'reject', paused: false, alwaysStrongest: false, corsOrigins: [], createdAt: '2026-01-01T00:00:00.000Z', version: 1 }, undefined);
  const at = '2026-01-01T00:00:00.000Z';
  await temp.store.write([...addMemberOps({ tenantId: 'default', userId: 'ann', name: 'Ann', email: null, role: 'admin', addedAt: at, version: 1 }), putInvitationOp({ invitationId: 'in_1', tenantId: 'default', role: 'member', name: null, email: null, invitedBy: 'Ann', invitedById: 'ann', createdAt: at, validUntil: new Date(NOW + 60_000).toISOString(), digest: invitationDigest(INVITATION) })]);
  await putEntries(temp.store, [ENTRY]);
  await temp.store.write([refusalsOp({ tenantId: 'default', startMs: quarterOf(NOW), counts: new Map([[counterName(NOW, 'AAAAAAAAAAAA', 'model_not_found'), 2]]), samples: new Map([[3, REFUSED]]) })]);
  await putModel(temp.store, { tenantId: 'default', id: 'spare', provider: 'openai', upstreamModel: 'm', enabled: true, credentials: [], createdAt: '2026-01-01T00:00:00.000Z', updatedAt: '2026-01-01T00:00:00.000Z', version: 1 }, undefined);
  const door = createHttpDoor({ handle: (request) => serveAdmin(request, adminPorts(temp.store, { dashboardUrl: baseUrl })), maxBodyBytes: 4 * 1024 * 1024 });
  ({ server } = door);
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const swagger = await SwaggerClient({ url: `${baseUrl}/admin/openapi.json`, requestInterceptor: (request: { headers: Record<string, string> }) => {
    request.headers['authorization'] = `Bearer ${TOKEN}`;
    return request;
  } });
  client = Object.assign({}, ...Object.values(swagger.apis as Record<string, Record<string, Call>>)) as Record<string, Call>;
});
afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => { server.close(resolve); });
  await temp.cleanup();
});

/** Every operation, called through the client that was made of the served document. Later ones may use what earlier ones made. */
const SCRIPT: readonly (readonly [operationId: string, make: (made: Json) => { parameters?: Json; body?: unknown }, keep?: (answer: Answer, made: Json) => void])[] = [
  ['getMe', () => ({})],
  ['getSetup', () => ({})],
  ['getSettings', () => ({}), ({ body, headers }, made) => { Object.assign(made, { settings: body, settingsTag: headers['etag'] }); }],
  ['putSettings', ({ settings, settingsTag }) => {
    const { version: _version, ...rest } = settings as Json;
    return { parameters: { 'if-match': settingsTag }, body: { ...rest, timezone: 'Asia/Seoul' } };
  }],
  ['postModels', () => ({ body: { id: 'cheap', provider: 'openai', upstreamModel: 'gpt-5-mini', apiKey: 'sk-0123456789abcdef', tier: 'simple' } })],
  ['postModelsTest', () => ({ body: { id: 'cheap' } })],
  ['getCatalogue', () => ({})],
  ['getModels', () => ({})],
  ['getModelsId', () => ({ parameters: { id: 'cheap' } })],
  ['patchModelsId', () => ({ parameters: { id: 'cheap' }, body: { enabled: false } })],
  ['deleteModelsId', () => ({ parameters: { id: 'spare' } })],
  ['getRouting', () => ({}), ({ body, headers }, made) => { Object.assign(made, { routing: body?.['document'], routingTag: headers['etag'] }); }],
  ['putRouting', ({ routing, routingTag }) => ({ parameters: { 'if-match': routingTag }, body: { ...(routing as Json), aliases: [{ name: 'fast', target: 'model:cheap' }] } })],
  ['getRoutingVersions', () => ({})],
  ['getRoutingVersionsN', () => ({ parameters: { n: '1' } })],
  ['postRoutingRollback', () => ({ body: { version: 1 } })],
  ['postRoutingCheck', ({ routing }) => ({ body: routing })],
  ...['postRoutingWhatIf', 'postReplay'].map((id) => [id, ({ routing }: Json) => ({ body: { draft: routing, from: '2026-11-20T00:00:00Z', to: '2026-11-21T00:00:00Z' } })] as const),
  ['getEvidence', () => ({})],
  ['postRouteExplain', () => ({ body: { request: { model: 'cheap', messages: [{ role: 'user', content: 'hi' }] } } })],
  ['postMembers', () => ({ body: { role: 'member' } })],
  ['postInvitationsAccept', () => ({ body: { token: INVITATION } })],
  ['getMembers', () => ({}), ({ body }, made) => { made['memberId'] = (body?.['items'] as Json[] | undefined)?.[0]?.['id']; }],
  ['patchMembersId', ({ memberId }) => ({ parameters: { id: memberId }, body: { role: 'admin' } })],
  ['deleteMembersId', ({ memberId }) => ({ parameters: { id: memberId } })],
  ['postTenants', () => ({ body: { name: 'Research' } })],
  ['postTokens', () => ({ body: { name: 'ci', role: 'viewer' } }), ({ body }, made) => { made['tokenId'] = body?.['id']; }],
  ['getTokens', () => ({})],
  ['deleteTokensId', ({ tokenId }) => ({ parameters: { id: tokenId } })],
  ['postKeys', () => ({ body: { name: 'ci', rpm: 5 } }), ({ body }, made) => { made['keyId'] = body?.['id']; }],
  ['getKeys', () => ({})],
  ['getKeysId', ({ keyId }) => ({ parameters: { id: keyId } })],
  ['patchKeysId', ({ keyId }) => ({ parameters: { id: keyId }, body: { rpm: 9 } })],
  ['postKeysIdRotate', ({ keyId }) => ({ parameters: { id: keyId }, body: { overlapSeconds: 3600 } })],
  ['postKeysIdRevoke', ({ keyId }) => ({ parameters: { id: keyId } })],
  ['postErase', ({ keyId }) => ({ body: { keyId } })],
  ['getConfig', () => ({}), ({ body }, made) => { made['config'] = body; }],
  ['putConfig', ({ config }) => ({ body: config })],
  ['getRequests', () => ({ parameters: { limit: '10', from: new Date(NOW - 3_600_000).toISOString() } })],
  ['getRequestsId', () => ({ parameters: { id: ENTRY.requestId } })],
  ['getRefusals', () => ({ parameters: { from: new Date(NOW - 3_600_000).toISOString() } })],
  ['getUsage', () => ({ parameters: { by: 'model', tz: 'Asia/Seoul' } })],
  ['getChanges', () => ({ parameters: { action: 'settings' } })],
  ...['requests', 'usage', 'changes'].flatMap((what) => ['csv', 'ndjson'].map((format) => [operationIdOf('GET', `/admin/export/${what}.${format}`), () => ({})] as const)),
  ['getOpenapiJson', () => ({})],
  ['getMetrics', () => ({})],
];

test('the document is valid OpenAPI, and every route is in it once, with its role', async () => {
  const document = openApi(ROUTES, 'http://127.0.0.1:8787');
  expect(await new Validator().validate(structuredClone(document))).toEqual({ valid: true });
  const ids = ROUTES.map(({ method, path }) => operationIdOf(method, path));
  expect(new Set(ids).size).toBe(ids.length);
  for (const { method, path, role } of ROUTES) expect((document['paths'] as Record<string, Record<string, Json>>)[path]?.[method.toLowerCase()]).toMatchObject({ 'x-role': role });
});

test('a client made of the served document exercises every operation, and every answer is as it says', async () => {
  expect(SCRIPT.map(([id]) => id).toSorted()).toEqual(ROUTES.map(({ method, path }) => operationIdOf(method, path)).toSorted());
  expect(Object.keys(client).toSorted()).toEqual(SCRIPT.map(([id]) => id).toSorted());
  const made: Json = {};
  for (const [id, make, keep] of SCRIPT) {
    const { parameters = {}, body } = make(made);
    const answer = await (client[id] as Call)(parameters, body === undefined ? {} : { requestBody: body }).catch((error: { response?: Answer; message: string }) => ({ status: error.response?.status ?? 0, headers: {}, text: `${error.message} ${error.response?.text ?? ''}` }) as Answer);
    const route = ROUTES.find(({ method, path }) => operationIdOf(method, path) === id);
    const declared = route?.run.answer;
    expect([id, answer.status, answer.status < 300 ? '' : answer.text]).toEqual([id, route?.run.status ?? 200, '']);
    if (declared !== undefined && !('file' in declared) && !('text' in declared)) {
      const parsed = z.safeParse(declared, answer.body);
      expect([id, parsed.success ? [] : parsed.error.issues]).toEqual([id, []]);
    }
    keep?.(answer, made);
  }
});
