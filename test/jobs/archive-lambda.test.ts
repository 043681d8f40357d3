import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { DynamoDBRecord } from 'aws-lambda';
import { ARCHIVE_VARIABLE } from '../../functions/adapters/aws/environment.ts';
import { commitChange } from '../../functions/adapters/store/changes.ts';
import type { Store } from '../../functions/adapters/store/port.ts';
import { putTenant } from '../../functions/adapters/store/tenants.ts';
import { jsonLog, type Log } from '../../functions/adapters/observe/log.ts';
import { archiveAll } from '../../functions/jobs/archive-audit/archive-all.ts';
import { watchAudit } from '../../functions/jobs/watch-audit/watch.ts';
import type { AuditEvent } from '../../functions/core/audit/event.ts';
import { ChainVerifier } from '../../functions/core/audit/chain.ts';
import { ask } from '../admin/support.ts';
import { lambdaWorld, type LambdaWorld } from '../support/lambda-world.ts';
import { needs } from '../support/optional.ts';
import { tempStore } from '../support/store.ts';

/** The object store as far as the archive uses it: a put that refuses to replace. */
async function bucketServer() {
  const objects = new Map<string, string>();
  const refused: string[] = [];
  let failNext = 0;
  const server: Server = createServer((request, response) => { void attend(request).then(([status, body]) => response.writeHead(status, { 'content-type': 'application/xml' }).end(body)); });
  const attend = async (request: IncomingMessage): Promise<[number, string]> => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const name = decodeURIComponent(new URL(request.url ?? '', 'http://x').pathname.slice(1));
    if (failNext > 0) {
      failNext -= 1;
      return [403, '<Error><Code>AccessDenied</Code><Message>no</Message></Error>'];
    }
    if (request.method !== 'PUT' || request.headers['if-none-match'] !== '*') return [400, '<Error><Code>InvalidRequest</Code></Error>'];
    if (request.headers['x-amz-sdk-checksum-algorithm'] === undefined) return [400, '<Error><Code>MissingContentMD5</Code></Error>'];
    if (objects.has(name)) {
      refused.push(name);
      return [412, '<Error><Code>PreconditionFailed</Code><Message>there already</Message></Error>'];
    }
    objects.set(name, Buffer.concat(chunks).toString());
    return [200, ''];
  };
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  return { objects, refused, endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, fail: (times: number) => { failNext = times; }, close: () => { server.close(); } };
}

const quiet: Log = jsonLog(() => {}, () => 0);

needs('java')('the archive as a Lambda function', () => {
  let world: LambdaWorld;
  let bucket: Awaited<ReturnType<typeof bucketServer>>;
  beforeAll(async () => { [world, bucket] = await Promise.all([lambdaWorld(), bucketServer()]); });
  afterAll(async () => {
    await world?.close();
    bucket?.close();
  });
  const run = async (): Promise<{ failure: string; answer: string }> => {
    const runtime = await world.start('archive-audit', 'gateway', { [ARCHIVE_VARIABLE]: 'archive', AWS_ENDPOINT_URL_S3: bucket.endpoint });
    await runtime.idle();
    const call = runtime.invoke({});
    call.prelude.catch(() => {});
    const failure = await call.finished.then(() => '', (error: Error) => error.message);
    const answer = failure === '' ? await call.text() : '';
    await runtime.kill();
    return { failure, answer };
  };

  test('copies what is new as whole objects that verify, is idempotent, and fails loudly where the bucket refuses', async () => {
    for (let at = 0; at < 3; at += 1) await ask(world.store, '/admin/tokens', { method: 'POST', body: { name: `t${at}` } });
    bucket.fail(10);
    expect((await run()).failure).toContain('1 of 1 tenants could not be archived');
    expect(bucket.objects.size).toBe(0);
    bucket.fail(0);
    expect(JSON.parse((await run()).answer)).toEqual({ tenants: 1, archived: 3, failed: 0, broken: 0, complete: true });
    expect(JSON.parse((await run()).answer)).toMatchObject({ archived: 0, complete: true });
    const [[name = '', text = ''] = []] = bucket.objects;
    expect(name).toMatch(/default\/000000000001-000000000003\.ndjson$/);
    const verifier = new ChainVerifier('default');
    for (const line of text.trim().split('\n')) expect(verifier.take(JSON.parse(line) as AuditEvent)).toBeUndefined();
    expect(verifier.last.seq).toBe(3);
  });

  test('an object whose note was lost with its process is left as it is', async () => {
    await world.store.write([{ delete: { table: 'usage', pk: 'T#default#AUDIT', sk: 'archived' } }]);
    expect(JSON.parse((await run()).answer)).toMatchObject({ archived: 3, failed: 0 });
    expect(bucket.refused).toHaveLength(1);
    expect(bucket.objects.size).toBe(1);
  });
});

describe('the archive of several tenants', () => {
  test('one that fails or is broken keeps no other waiting, and is counted', async () => {
    const temp = await tempStore();
    try {
      for (const tenantId of ['one', 'two', 'three']) {
        await putTenant(temp.store, { tenantId, name: tenantId, timezone: 'UTC', unknownNames: 'reject', paused: false, alwaysStrongest: false, corsOrigins: [], createdAt: '2026-01-01T00:00:00.000Z', version: 1 }, undefined);
        const change = { store: temp.store, tenantId, actor: { userId: 'p', name: 'P', via: 'person' as const }, requestId: 'r', now: () => 0, random: Math.random, newId: () => `e-${tenantId}` };
        await commitChange(change, { action: 'key.created', target: { type: 'key', id: 'k' }, before: null, after: { name: 'x' } }, []);
      }
      const forged: Store = { ...temp.store, query: async (query) => {
        const page = await temp.store.query(query);
        return query.pk === 'T#two#EVENT' ? { ...page, rows: page.rows.map((row) => ({ ...row, item: { ...row.item, action: 'key.deleted' } })) } : page;
      } };
      const names: string[] = [];
      const put = async (name: string): Promise<void> => {
        if (name.startsWith('one/')) throw new Error('the bucket is away');
        names.push(name);
      };
      expect(await archiveAll({ store: forged, archive: { put }, log: quiet, remainingMs: () => Infinity })).toEqual({ tenants: 3, archived: 1, failed: 1, broken: 1, complete: true });
      expect(names).toEqual(['three/000000000001-000000000001.ndjson']);
    } finally {
      await temp.cleanup();
    }
  });
});

describe('the watch over the audit table', () => {
  const record = (eventName: 'INSERT' | 'MODIFY' | 'REMOVE', userIdentity?: object): DynamoDBRecord =>
    ({ eventName, dynamodb: { Keys: { pk: { S: 'T#acme#EVENT' }, sk: { S: '000000000007' } } }, ...(userIdentity && { userIdentity }) });
  const EXPIRY = { type: 'Service', principalId: 'dynamodb.amazonaws.com' };
  const watched = (...records: DynamoDBRecord[]): { found: number; lines: Record<string, unknown>[] } => {
    const lines: Record<string, unknown>[] = [];
    return { found: watchAudit(records, jsonLog((line) => lines.push(JSON.parse(line) as Record<string, unknown>), () => 0)), lines };
  };

  test('takes new events and the service\'s own expiry as they should be', () => {
    expect(watched(record('INSERT'), record('REMOVE', EXPIRY))).toEqual({ found: 0, lines: [] });
  });

  test('finds every other change: altered, removed by somebody, removed by something that only looks like the service', () => {
    const { found, lines } = watched(record('MODIFY'), record('INSERT'), record('REMOVE'), record('REMOVE', { ...EXPIRY, type: 'AssumedRole' }), record('MODIFY', EXPIRY));
    expect(found).toBe(4);
    expect(lines.map(({ event, kind, tenantId, count }) => [event, kind, tenantId, count])).toEqual(['altered', 'removed', 'removed', 'altered'].map((kind) => ['audit event rewritten', kind, 'acme', 7]));
  });
});
