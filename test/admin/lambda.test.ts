import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { listChanges } from '../../functions/adapters/store/changes.ts';
import { manageEverything, type AdminAnswer } from '../support/admin-crud.ts';
import { identityProvider, type IdentityProvider } from '../support/identity-provider.ts';
import { lambdaService } from '../support/lambda-service.ts';
import { lambdaWorld, UPSTREAM_CREDENTIAL, type LambdaWorld } from '../support/lambda-world.ts';
import { needs } from '../support/optional.ts';
import { proxyEvent, type Runtime } from '../support/runtime-api.ts';
import { scriptedUpstream, type ScriptedUpstream } from '../support/scripted-upstream.ts';

const MACHINE = 'machine-client';

needs('java')('the administration as a Lambda function', () => {
  let world: LambdaWorld;
  let runtime: Runtime;
  let provider: IdentityProvider;
  let upstream: ScriptedUpstream;
  let service: Awaited<ReturnType<typeof lambdaService>>;
  beforeAll(async () => {
    [world, provider, upstream] = await Promise.all([lambdaWorld(), identityProvider(), scriptedUpstream()]);
    const allowed = { ALLOW_UPSTREAMS: `127.0.0.1:${upstream.port}` };
    service = await lambdaService(await world.start('gateway', 'gateway', allowed));
    runtime = await world.start('admin', 'admin', {
      ...allowed, BSG_DASHBOARD_URL: 'https://dashboard.example', BSG_GATEWAY_FUNCTION: 'the-gateway', AWS_ENDPOINT_URL_LAMBDA: service.endpoint, NODE_EXTRA_CA_CERTS: provider.certificateFile,
      BSG_ISSUER: provider.issuer, BSG_USER_POOL_CLIENT_ID: provider.clientId, BSG_MACHINE_CLIENT_ID: MACHINE, BSG_MACHINE_ROLE: 'admin', BSG_SIGN_IN_ORIGIN: provider.origin, BSG_OWNER_EMAIL: 'owner@example.com',
    });
    await runtime.idle();
  });
  afterAll(async () => {
    service?.close();
    await Promise.all([world?.close(), provider?.close(), upstream?.close()]);
  });

  const ask = async (method: string, path: string, { token, body, headers: more = {} }: { token?: string; body?: unknown; headers?: Record<string, string> } = {}): Promise<AdminAnswer> => {
    const call = runtime.invoke(proxyEvent(method, path, { headers: { ...more, ...(token !== undefined && { Authorization: `Bearer ${token}` }) }, ...(body !== undefined && { body }) }));
    const { statusCode, headers } = await call.prelude;
    const text = await call.text();
    const answer = { status: statusCode, headers, json: text === '' ? {} : JSON.parse(text) as Record<string, unknown> };
    await runtime.idle();
    return answer;
  };

  test('who shows no valid token gets one and the same 401 for every path, with a request id', async () => {
    for (const [path, token] of [['/admin/me', undefined], ['/admin/nowhere', undefined], ['/admin/me', 'not-a-token'], ['/admin/me', provider.token('x', { client_id: 'other' })]] as const) {
      const { status, headers, json } = await ask('GET', path, token === undefined ? {} : { token });
      expect({ status, challenge: headers['www-authenticate'] }).toEqual({ status: 401, challenge: 'Bearer' });
      expect(json).toMatchObject({ error: { code: 'unauthenticated', requestId: expect.any(String) } });
    }
  });

  /** As the pool gives them for client credentials: about the client itself, without a name. */
  const machineToken = (change: object = {}): string => provider.token(MACHINE, { client_id: MACHINE, scope: 'bsgateway/admin', username: undefined, ...change });

  test('before the tenant has its owner, a program belongs to none: 403, and nobody is asked for its address', async () => {
    const { status, json } = await ask('GET', '/admin/models', { token: machineToken() });
    expect([status, json]).toMatchObject([403, { error: { code: 'forbidden', message: 'The tenant of this program has no owner yet: the owner must sign in to the dashboard first.' } }]);
    expect(provider.asked.filter((path) => path.includes('userInfo'))).toEqual([]);
  });

  test('nor does a person whose token the identity provider refuses to tell about: 403; what cannot be asked is a 503', async () => {
    provider.emails.set('the-owner', { email: 'owner@example.com', verified: true });
    const status = async (change: object = {}): Promise<number> => (await ask('GET', '/admin/models', { token: provider.token('the-owner', change) })).status;
    expect(await status({ scope: 'bsgateway/admin' })).toBe(403);
    for (const [answered, expected] of [[401, 403], [403, 403], [500, 503], [429, 503]] as const) {
      provider.userInfo.status = answered;
      expect([answered, await status()]).toEqual([answered, expected]);
    }
    provider.userInfo.status = 200;
  });

  test('the first tenant gets its owner by the verified address that the operator named, and by nothing less', async () => {
    provider.emails.set('stranger', { email: 'stranger@example.com', verified: true }).set('unverified', { email: 'owner@example.com', verified: false }).set('the-owner', { email: 'Owner@example.com', verified: true });
    for (const sub of ['stranger', 'unverified', 'without-address']) expect((await ask('GET', '/admin/me', { token: provider.token(sub) })).json).toMatchObject({ tenantId: null, tenants: [] });
    expect((await ask('GET', '/admin/me', { token: provider.token('the-owner') })).json).toMatchObject({ tenantId: 'default', role: 'owner', user: { id: 'the-owner', name: 'Owner@example.com' } });
    expect((await listChanges(world.store, 'default', { limit: 5 })).items).toMatchObject([{ seq: 1, action: 'tenant.owner_arrived', actor: { via: 'system' } }]);
    // From now on nobody is asked for an address any more, whatever it is.
    provider.emails.set('late', { email: 'owner@example.com', verified: true });
    const before = provider.asked.filter((path) => path.includes('userInfo')).length;
    expect((await ask('GET', '/admin/me', { token: provider.token('late') })).json).toMatchObject({ tenants: [] });
    expect(provider.asked.filter((path) => path.includes('userInfo')).length).toBe(before);
    expect(provider.asked.filter((path) => path.endsWith('jwks.json')).length).toBe(1);
  });

  test('an owner invites, and who accepts is a member by the table, not by the token', async () => {
    const owner = provider.token('the-owner');
    const invited = await ask('POST', '/admin/members', { token: owner, body: { role: 'viewer', name: 'Ann' } });
    const link = String(invited.json['inviteUrl']);
    expect(link).toMatch(/^https:\/\/dashboard\.example\/invite#token=bsgi_/);
    expect((await ask('POST', '/admin/invitations/accept', { token: provider.token('ann'), body: { token: link.split('#token=')[1] } })).json).toEqual({ tenantId: 'default', role: 'viewer' });
    expect((await ask('GET', '/admin/keys', { token: provider.token('ann', { 'cognito:groups': ['owner'] }) })).status).toBe(403);
  });

  test('a program is a machine with the role that the deployment gives it, in the first tenant, and owns nothing', async () => {
    const token = machineToken();
    expect((await ask('GET', '/admin/me', { token })).json).toMatchObject({ user: { id: MACHINE }, tenantId: 'default', role: 'admin' });
    const made = await ask('POST', '/admin/keys', { token, body: { name: 'by-a-program' } });
    expect([made.status, made.json['key']]).toEqual([201, expect.stringMatching(/^bsg_live_/)]);
    expect((await listChanges(world.store, 'default', { limit: 50 })).items.find(({ action }) => action === 'key.created')).toMatchObject({ actor: { userId: MACHINE, via: 'token' } });
    // What is an owner's, a person's or another tenant's stays so.
    for (const [method, path, body] of [['GET', '/admin/tokens', undefined], ['POST', '/admin/erase', { user: 'x' }], ['POST', '/admin/tenants', { name: 'mine' }], ['POST', '/admin/invitations/accept', { token: `bsgi_${'0'.repeat(64)}` }]] as const) {
      expect([path, (await ask(method, path, { token, ...(body !== undefined && { body }) })).status]).toEqual([path, 403]);
    }
    expect((await ask('GET', '/admin/models', { token, headers: { 'x-bsg-tenant': 'another' } })).status).toBe(404);
    for (const change of [{ scope: 'other/scope' }, { token_use: 'id' }, { exp: 1 }]) expect((await ask('GET', '/admin/me', { token: machineToken(change) })).status).toBe(401);
    // An owner's own token of the other kind would open nothing here.
    const refused = await ask('POST', '/admin/tokens', { token: provider.token('the-owner'), body: { name: 'ci', role: 'viewer' } });
    expect([refused.status, refused.json]).toMatchObject([501, { error: { message: expect.stringContaining(MACHINE) } }]);
  });

  test('a model is saved sealed here and tried by the data plane, which alone can open it', async () => {
    const token = provider.token('the-owner');
    const draft = { id: 'mine', provider: 'openai-compatible', upstreamModel: 'up', baseUrl: upstream.baseUrl, apiKey: UPSTREAM_CREDENTIAL };
    expect((await ask('POST', '/admin/models/test', { token, body: draft })).json).toMatchObject({ ok: true, status: 200, hint: null });
    expect(upstream.received.at(-1)?.headers.authorization).toBe(`Bearer ${UPSTREAM_CREDENTIAL}`);
    const saved = await ask('POST', '/admin/models', { token, body: draft });
    expect([saved.status, JSON.stringify(saved.json).includes(UPSTREAM_CREDENTIAL)]).toEqual([201, false]);
    expect((await ask('POST', '/admin/models/test', { token, body: { id: 'mine' } })).json).toMatchObject({ ok: true });
    expect(runtime.output()).not.toContain(UPSTREAM_CREDENTIAL);
  });

  test('everything that an owner manages is made, read, changed and removed with a token as the pool signs them, the data plane\'s parts included', async () => {
    const token = provider.token('the-owner');
    await manageEverything(async (method, path, { body, ifMatch } = {}) => ask(method, path, { token, body, ...(ifMatch !== undefined && { headers: { 'If-Match': ifMatch } }) }), upstream.baseUrl);
    // ID tokens, tokens of other clients and of programs without the scope are none.
    for (const change of [{ token_use: 'id', aud: provider.clientId }, { client_id: 'another' }, { client_id: MACHINE, scope: 'other/scope' }, { exp: 1 }]) expect((await ask('GET', '/admin/me', { token: provider.token('the-owner', change) })).status).toBe(401);
  });

  test('it never asks the key service to open anything', () => {
    const decrypting = world.kms.calls.filter(({ action, role }) => action === 'Decrypt' && role === 'admin');
    expect(decrypting).toEqual([]);
    expect(world.kms.calls.some(({ action }) => action === 'Decrypt')).toBe(true);
  });
});
