import { expect } from '@jest/globals';

export interface AdminAnswer { readonly status: number; readonly headers: Readonly<Record<string, string>>; readonly json: Record<string, unknown> }
export type AskAdmin = (method: string, path: string, sent?: { readonly body?: unknown; readonly ifMatch?: string }) => Promise<AdminAnswer>;

/** Makes, reads, changes and removes one of everything that an owner manages, as the dashboard does. Throws for an answer that is not as documented. */
export async function manageEverything(ask: AskAdmin, baseUrl: string): Promise<void> {
  const of = async (status: number, ...asked: Parameters<AskAdmin>): Promise<AdminAnswer> => {
    const answer = await ask(...asked);
    expect([asked[0], asked[1], answer.status, answer.status === status ? '' : answer.json]).toEqual([asked[0], asked[1], status, '']);
    return answer;
  };
  const draft = (id: string): object => ({ id, provider: 'openai-compatible', upstreamModel: 'up', baseUrl, apiKey: 'sk-of-an-upstream-1234', price: { input: 1, output: 2 } });
  for (const id of ['crud-one', 'crud-two']) await of(201, 'POST', '/admin/models', { body: draft(id) });
  const made = await of(200, 'GET', '/admin/models/crud-one');
  expect(made.json).toMatchObject({ id: 'crud-one', credential: { last4: '1234' } });
  const changed = await of(200, 'PATCH', '/admin/models/crud-one', { body: { enabled: false }, ifMatch: made.headers['etag'] ?? '' });
  expect(changed.json).toMatchObject({ enabled: false, credential: { last4: '1234' } });
  await of(412, 'PATCH', '/admin/models/crud-one', { body: { enabled: true }, ifMatch: made.headers['etag'] ?? '' });

  const policy = await of(200, 'GET', '/admin/routing');
  const tiers = { simple: ['crud-two'], moderate: ['crud-two'], complex: ['crud-two'] };
  const saved = await of(200, 'PUT', '/admin/routing', { body: { auto: { strategy: 'static', tiers } }, ifMatch: policy.headers['etag'] ?? '' });
  expect((await of(200, 'GET', '/admin/routing/versions')).json['items']).toEqual(expect.arrayContaining([expect.objectContaining({ version: saved.json['version'] })]));
  expect((await of(200, 'POST', '/admin/route/explain', { body: { dialect: 'openai-chat', request: { model: 'auto', messages: [{ role: 'user', content: 'hi' }] } } })).json).toMatchObject({ decision: { stage: 'auto', route: ['crud-two'] } });
  expect((await of(409, 'DELETE', '/admin/models/crud-two')).json).toMatchObject({ error: { code: 'in_use' } });
  await of(200, 'DELETE', '/admin/models/crud-one');
  await of(404, 'GET', '/admin/models/crud-one');

  const key = await of(201, 'POST', '/admin/keys', { body: { name: 'crud', env: 'test' } });
  const keyId = String(key.json['keyId'] ?? key.json['id']);
  expect([key.headers['cache-control'], String(key.json['key'])]).toEqual(['no-store', expect.stringMatching(/^bsg_test_/)]);
  const read = await of(200, 'GET', `/admin/keys/${keyId}`);
  expect(JSON.stringify(read.json)).not.toContain(String(key.json['key']));
  await of(200, 'PATCH', `/admin/keys/${keyId}`, { body: { rpm: 5 }, ifMatch: read.headers['etag'] ?? '' });
  await of(201, 'POST', `/admin/keys/${keyId}/rotate`, { body: { overlapSeconds: 0 } });
  expect((await of(200, 'GET', '/admin/keys')).json['items']).not.toHaveLength(0);

  // In AWS programs get their tokens from the user pool.
  await of(501, 'POST', '/admin/tokens', { body: { name: 'crud' } });
  const member = await of(201, 'POST', '/admin/members', { body: { role: 'viewer', name: 'Ann' } });
  expect(String(member.json['inviteUrl'])).toContain('#token=bsgi_');
  const settings = await of(200, 'GET', '/admin/settings');
  await of(200, 'PUT', '/admin/settings', { body: { ...settings.json, version: undefined, timezone: 'Asia/Seoul' }, ifMatch: settings.headers['etag'] ?? '' });
  for (const path of ['/admin/me', '/admin/setup', '/admin/members', '/admin/tokens', '/admin/usage', '/admin/requests', '/admin/evidence', '/admin/config']) await of(200, 'GET', path);
  const changes = (await of(200, 'GET', '/admin/changes')).json['items'] as { action: string }[];
  expect(changes.map(({ action }) => action)).toEqual(expect.arrayContaining(['model.created', 'model.updated', 'model.deleted', 'key.created']));
}
