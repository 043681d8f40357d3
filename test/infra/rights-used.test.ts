import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { ARCHIVE_VARIABLE } from '../../functions/adapters/aws/environment.ts';
import { TABLES, type Table } from '../../functions/adapters/store/port.ts';
import { saveRouting } from '../../functions/adapters/store/routing.ts';
import { routing } from '../../functions/contract/routing.ts';
import { ask } from '../admin/support.ts';
import { chat, messages } from '../support/call.ts';
import { figure } from '../support/figure.ts';
import { lambdaWorld, type LambdaWorld } from '../support/lambda-world.ts';
import { needs } from '../support/optional.ts';
import { proxyEvent, type Runtime } from '../support/runtime-api.ts';
import { manageEverything } from '../support/admin-crud.ts';
import { Browser, bridgeWorld } from '../support/bridge-world.ts';
import { identityProvider } from '../support/identity-provider.ts';
import { OidcClient, throughBsvibe } from '../support/oidc-client.ts';
import { json, sayHello, scriptedUpstream, type ScriptedUpstream } from '../support/scripted-upstream.ts';
import { decide, type Statement } from './iam-evaluator.ts';
import { roleOf, type Role } from './rights.ts';
import { BRIDGED, synthesize, type Synthesized } from './synthesized.ts';

interface Asked { readonly action: string; readonly table: string; readonly index: string | undefined; readonly partition: string }
type Values = Readonly<Record<string, { readonly S?: string }>>;
interface Body {
  readonly TableName: string; readonly IndexName?: string; readonly Key?: Values; readonly Item?: Values;
  readonly KeyConditionExpression?: string; readonly ExpressionAttributeNames?: Readonly<Record<string, string>>; readonly ExpressionAttributeValues?: Values;
  readonly TransactItems?: readonly Readonly<Record<string, Body>>[];
}

/** What a request asks for, item by item: IAM looks at each part of a transaction by itself. */
function askedFor(operation: string, body: Body): Asked[] {
  if (operation === 'TransactWriteItems') return (body.TransactItems ?? []).flatMap((each) => Object.entries(each).flatMap(([name, part]) => askedFor(`${name}Item`, part)));
  return [{ action: `dynamodb:${operation}`, table: body.TableName, index: body.IndexName, partition: partitionOf(body) }];
}

function partitionOf({ Key, Item, KeyConditionExpression = '', ExpressionAttributeValues = {} }: Body): string {
  const place = Key?.['pk']?.S ?? Item?.['pk']?.S;
  if (place !== undefined) return place;
  const [, name = ''] = /= (:\w+)/.exec(KeyConditionExpression) ?? [];
  const partition = ExpressionAttributeValues[name]?.S;
  if (partition === undefined) throw new Error(`no partition in ${KeyConditionExpression}`);
  return partition;
}

/** What was asked of the store since the last time. */
function takenFrom({ dynamo }: LambdaWorld): Asked[] {
  const all = dynamo.operations.map((operation, at) => askedFor(operation, JSON.parse(dynamo.bodies[at] ?? '{}') as Body)).flat();
  dynamo.operations.length = 0;
  dynamo.bodies.length = 0;
  return all;
}

function refusedBy(stack: Synthesized, role: Role, asked: readonly Asked[]): string[] {
  const identity: Statement[] = stack.identityPolicy(roleOf(stack.stack, role));
  return [...new Set(asked.filter(({ action, table, index, partition }) => {
    const arn = stack.arnOf(stack.stack.tables.byName[table as Table]);
    return decide({ identity }, { principal: stack.arnOf(roleOf(stack.stack, role)), action, resource: index === undefined ? arn : `${arn}/index/${index}`, context: { 'dynamodb:LeadingKeys': [partition] } }) !== 'allow';
  }).map(({ action, table, index, partition }) => `${action} ${table} ${index ?? ''} ${partition}`))];
}

needs('java')('what the functions do', () => {
  let world: LambdaWorld;
  let upstream: ScriptedUpstream;
  let stack: Synthesized;
  beforeAll(async () => {
    stack = synthesize(BRIDGED);
    [world, upstream] = await Promise.all([lambdaWorld(), scriptedUpstream()]);
  }, 180_000);
  afterAll(async () => {
    stack?.remove();
    await Promise.all([world?.close(), upstream?.close()]);
  });

  const taken = (): Asked[] => takenFrom(world);
  const refused = (role: Role, asked: readonly Asked[]): string[] => refusedBy(stack, role, asked);
  const send = async (runtime: Runtime, event: Record<string, unknown>): Promise<{ status: number; id: string }> => {
    const invocation = runtime.invoke(event);
    const { statusCode, headers } = await invocation.prelude;
    await invocation.text();
    await invocation.finished;
    return { status: statusCode, id: String(headers['x-request-id']) };
  };

  test('every table is known by the name that it has here', () => { expect(TABLES.every((table) => stack.stack.tables.byName[table] !== undefined)).toBe(true); });

  test('the data plane asks the store for nothing that its role does not allow: requests, sessions, refusals, failures, feedback', async () => {
    await world.addModel({ id: 'cheap', baseUrl: upstream.baseUrl });
    const tiers = { simple: ['cheap'], moderate: ['cheap'], complex: ['cheap'] };
    await saveRouting(world.store, 'default', routing.parse({ auto: { strategy: 'static', tiers, agentFloor: null } }), 0, { at: new Date().toISOString(), author: 'test' });
    const { key } = await world.addKey({ dailyUsd: 5, monthlyUsd: 50, logContent: true });
    const runtime = await world.start('gateway', 'gateway', { ALLOW_UPSTREAMS: `127.0.0.1:${upstream.port}` });
    await runtime.idle();
    const post = (path: string, body: unknown, headers: Record<string, string> = {}) => send(runtime, proxyEvent('POST', path, { headers: { authorization: `Bearer ${key}`, ...headers }, body }));
    upstream.script(sayHello);
    const { id, status } = await post('/v1/chat/completions', chat('auto'), { 'x-session-id': 'a' });
    expect(status).toBe(200);
    expect((await post('/v1/chat/completions', chat('auto', { stream: true }), { 'x-session-id': 'a' })).status).toBe(200);
    expect((await post('/v1/messages', messages('cheap'), { 'anthropic-version': '2023-06-01' })).status).toBe(200);
    expect((await post('/v1/feedback', { request_id: id, rating: 'down', comment: 'no' })).status).toBe(202);
    expect((await post('/v1/feedback', { request_id: id, rating: 'up' })).status).toBe(202);
    expect((await post('/v1/chat/completions', chat('nothing'))).status).toBe(404);
    expect((await send(runtime, proxyEvent('POST', '/v1/chat/completions', { headers: { authorization: 'Bearer bsg_test_nothing' }, body: chat('cheap') }))).status).toBe(401);
    expect((await send(runtime, proxyEvent('GET', '/health/ready'))).status).toBe(200);
    upstream.script((_received, response) => json(response, 500, {}));
    for (let at = 0; at < 6; at += 1) expect((await post('/v1/chat/completions', chat('cheap'))).status).toBeGreaterThanOrEqual(500);
    await new Promise((resolve) => { setTimeout(resolve, 1_100); });
    await send(runtime, proxyEvent('GET', '/health'));
    await runtime.kill();
    const asked = taken();
    expect(refused('gateway', asked)).toEqual([]);
    const kinds = new Set(asked.map(({ action, partition }) => `${action} ${partition.split('#')[0]}`));
    for (const kind of ['dynamodb:PutItem L', 'dynamodb:UpdateItem T', 'dynamodb:DeleteItem LC', 'dynamodb:GetItem K', 'dynamodb:UpdateItem RF']) expect([...kinds]).toContain(kind);
    figure('B4', `data plane: ${asked.length} requests to the store of ${kinds.size} kinds, 0 outside of its rights`);
  });

  test.each([
    ['sweep', 'sweep-reservations'], ['rollUp', 'roll-up'], ['planEvidence', 'plan-evidence'], ['archiveAudit', 'archive-audit'],
  ] as const)('nor does %s', async (role, name) => {
    await ask(world.store, '/admin/tokens', { method: 'POST', body: { name: role } });
    taken();
    // The bucket is not there: the run fails after what it asks of the store.
    const runtime = await world.start(name, 'gateway', { [ARCHIVE_VARIABLE]: 'b', AWS_ENDPOINT_URL_S3: 'http://127.0.0.1:9' });
    await runtime.idle();
    const invocation = runtime.invoke({});
    invocation.prelude.catch(() => {});
    await invocation.finished.catch(() => {});
    await runtime.kill();
    const asked = taken();
    expect(asked.length).toBeGreaterThan(0);
    expect(refused(role, asked)).toEqual([]);
  });

  test('nor does the control plane, whatever an owner manages', async () => {
    const provider = await identityProvider();
    const runtime = await world.start('admin', 'admin', {
      ALLOW_UPSTREAMS: `127.0.0.1:${upstream.port}`, BSG_DASHBOARD_URL: 'https://dashboard.example', BSG_GATEWAY_FUNCTION: 'the-gateway', NODE_EXTRA_CA_CERTS: provider.certificateFile,
      BSG_ISSUER: provider.issuer, BSG_USER_POOL_CLIENT_ID: provider.clientId, BSG_MACHINE_CLIENT_ID: 'machine-client', BSG_MACHINE_ROLE: 'admin', BSG_SIGN_IN_ORIGIN: provider.origin, BSG_OWNER_EMAIL: 'owner@example.com',
    });
    provider.emails.set('the-owner', { email: 'owner@example.com', verified: true });
    await runtime.idle();
    taken();
    await manageEverything(async (method, path, { body, ifMatch } = {}) => {
      const call = runtime.invoke(proxyEvent(method, path, { headers: { Authorization: `Bearer ${provider.token('the-owner')}`, ...(ifMatch !== undefined && { 'If-Match': ifMatch }) }, ...(body !== undefined && { body }) }));
      const { statusCode, headers } = await call.prelude;
      const text = await call.text();
      await runtime.idle();
      return { status: statusCode, headers, json: text === '' ? {} : JSON.parse(text) as Record<string, unknown> };
    }, upstream.baseUrl);
    await Promise.all([runtime.kill(), provider.close()]);
    const asked = taken();
    expect(refused('admin', asked)).toEqual([]);
    expect(asked.filter(({ table }) => table === 'audit').length).toBeGreaterThan(5);
    figure('B4', `control plane: ${asked.length} requests to the store, 0 outside of its rights`);
  });

  test('nor does the bridge, when somebody signs in', async () => {
    const bridge = await bridgeWorld();
    const [browser, client] = [new Browser(bridge), new OidcClient(bridge)];
    const request = await client.ask();
    const { wentTo = '' } = await browser.runCallback(await throughBsvibe(bridge, browser, request));
    const { claims, accessToken } = await client.exchange(request, wentTo);
    await client.userinfo(accessToken, claims.sub);
    const asked = takenFrom(bridge.world);
    await bridge.close();
    expect(new Set(asked.map(({ action }) => action))).toEqual(new Set(['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:DeleteItem']));
    expect(refused('bridge', asked)).toEqual([]);
  });
});
