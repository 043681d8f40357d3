import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, test } from '@jest/globals';
import { dynamoClient, openDynamoStore, type DynamoClient } from '../../../functions/adapters/store/dynamo.ts';
import { createTableInput, DYNAMO_TABLES } from '../../../functions/adapters/store/dynamo-tables.ts';
import type { Key, Op, Store, Table } from '../../../functions/adapters/store/port.ts';
import { transactionCancelled } from '../../support/faulty-store.ts';

const tableNames = Object.fromEntries(DYNAMO_TABLES.map(({ table }) => [table, `stack-${table}`])) as Record<Table, string>;
const key: Key = { table: 'usage', pk: 'p', sk: 's' };
const named = (name: string, more: object = {}): Error => Object.assign(new Error(name), { name, ...more });
const several: Op[] = [{ put: key, item: { a: 1 } }, { delete: { ...key, sk: 't' } }];

interface Sent { readonly name: string; readonly input: Record<string, unknown> }

/** A client that answers with the given steps in turn, the last one for ever, and remembers what it was asked. */
function scripted(...steps: (Error | object)[]): { store: Store; sent: Sent[]; pauses: number[] } {
  const sent: Sent[] = [];
  const pauses: number[] = [];
  const send = async (command: { constructor: { name: string }; input: Record<string, unknown> }): Promise<unknown> => {
    const step = steps[Math.min(sent.length, steps.length - 1)];
    sent.push({ name: command.constructor.name, input: command.input });
    if (step instanceof Error) throw step;
    return step;
  };
  const client = { send: send as unknown as DynamoClient['send'], destroy: () => {} };
  const store = openDynamoStore({ client, tableNames, random: () => 0.5, sleep: async (ms) => { pauses.push(ms); } });
  return { store, sent, pauses };
}

describe('requests', () => {
  test('reads are strongly consistent, queries over an index are not asked to be', async () => {
    const { store, sent } = scripted({});
    await store.get(key);
    await store.query({ table: 'usage', pk: 'p', limit: 5 });
    await store.query({ table: 'usage', index: 'i2', pk: 'p', limit: 5 });
    expect(sent.map(({ name, input }) => [name, input['ConsistentRead'], input['IndexName'], input['TableName']])).toEqual([
      ['GetCommand', true, undefined, 'stack-usage'], ['QueryCommand', true, undefined, 'stack-usage'], ['QueryCommand', undefined, 'by-i2', 'stack-usage'],
    ]);
  });

  test('one operation is never a transaction, several always are', async () => {
    const { store, sent } = scripted({});
    await store.write([{ put: key, item: {}, guards: [{ absent: true }] }]);
    await store.write([{ update: key, add: { n: 1 } }]);
    await store.write([{ delete: key }]);
    await store.write(several);
    expect(sent.map(({ name }) => name)).toEqual(['PutCommand', 'UpdateCommand', 'DeleteCommand', 'TransactWriteCommand']);
  });

  test('no name and no value stands in an expression itself', async () => {
    const { store, sent } = scripted({});
    await store.write([{ update: key, set: { status: 'SECRET' }, add: { total: 4242 }, remove: ['date'], guards: [{ attr: 'name', equals: 'OTHER' }, { attr: 'size', atMost: 777 }] }]);
    const { UpdateExpression, ConditionExpression } = sent[0]?.input ?? {};
    expect(`${String(UpdateExpression)} ${String(ConditionExpression)}`).not.toMatch(/status|SECRET|total|4242|date|name|OTHER|size|777/);
  });

  test('a range that DynamoDB would refuse is empty without asking', async () => {
    const { store, sent } = scripted({});
    expect(await store.query({ table: 'usage', pk: 'p', from: 'b', to: 'a', limit: 5 })).toEqual({ rows: [] });
    expect(sent).toEqual([]);
  });
});

describe('retries', () => {
  test('a conflict is tried again with full jitter and the same token, and never shows as a lost guard', async () => {
    const conflict = transactionCancelled(['None', 'TransactionConflict']);
    const { store, sent, pauses } = scripted(conflict, conflict, conflict, {});
    expect((await store.write(several)).ok).toBe(true);
    expect(pauses).toEqual([5, 10, 20]);
    expect(new Set(sent.map(({ input }) => input['ClientRequestToken'])).size).toBe(1);
  });

  test.each([
    ['a lasting conflict', transactionCancelled(['TransactionConflict', 'None']), several],
    ['a throttled transaction', transactionCancelled(['ThrottlingError', 'ProvisionedThroughputExceeded']), several],
    ['throttling', named('ProvisionedThroughputExceededException'), [{ update: key, add: { n: 1 } }]],
    ['a conflict with a transaction', named('TransactionConflictException'), [{ update: key, add: { n: 1 } }]],
  ] as [string, Error, Op[]][])('%s is unavailable after 8 retries', async (_what, error, ops) => {
    const { store, sent, pauses } = scripted(error);
    await expect(store.write(ops)).rejects.toMatchObject({ name: 'StoreError', kind: 'unavailable', cause: error });
    expect(sent).toHaveLength(9);
    expect(Math.max(...pauses)).toBeLessThanOrEqual(1_000);
  });

  test('an addition that was never sent is repeated twice', async () => {
    const { store, sent } = scripted(named('Error', { code: 'ECONNREFUSED' }));
    await expect(store.write([{ update: key, add: { n: 1 } }])).rejects.toMatchObject({ kind: 'unavailable' });
    expect(sent).toHaveLength(3);
  });

  test('waiting for a free socket counts as never sent with the real client, and no half-sent request is repeated', async () => {
    const waiting: ServerResponse[] = [];
    const arrived = Promise.withResolvers<void>();
    const server = createServer((_request, response) => {
      waiting.push(response);
      arrived.resolve();
    });
    await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
    const { port } = server.address() as AddressInfo;
    const pauses: number[] = [];
    const client = dynamoClient({ region: 'eu-central-1', endpoint: `http://127.0.0.1:${port}`, credentials: { accessKeyId: 'a', secretAccessKey: 'b' }, maxSockets: 1, connectionTimeoutMs: 400 });
    const store = openDynamoStore({ client, tableNames, sleep: async (ms) => { pauses.push(ms); } });
    const first = store.write([{ update: key, add: { n: 1 } }]);
    await arrived.promise;
    await expect(store.write([{ update: key, add: { n: 1 } }])).rejects.toMatchObject({ kind: 'unavailable' });
    expect(pauses).toHaveLength(2);
    expect(waiting).toHaveLength(1);
    waiting[0]?.destroy();
    await expect(first).rejects.toMatchObject({ kind: 'unavailable' });
    expect(pauses).toHaveLength(2);
    await store.close();
    await new Promise((resolve) => { server.close(resolve); });
  });

  test.each<[string, Op]>([
    ['an addition', { update: key, add: { n: 1 } }],
    ['a guarded put', { put: key, item: {}, guards: [{ absent: true }] }],
    ['a delete that returns the old item', { delete: key }],
  ])('%s is not repeated after a lost answer, because it may have been carried out', async (_what, op) => {
    const { store, sent } = scripted(named('TimeoutError'), {});
    await expect(store.write([op])).rejects.toMatchObject({ kind: 'unavailable' });
    expect(sent).toHaveLength(1);
  });

  test('reads, plain sets and transactions are repeated twice after a lost answer', async () => {
    for (const work of [(s: Store) => s.get(key), (s: Store) => s.query({ table: 'usage', pk: 'p', limit: 1 }), (s: Store) => s.write([{ update: key, set: { a: 1 } }]), (s: Store) => s.write(several)]) {
      const { store, sent } = scripted(named('Error', { code: 'ECONNRESET' }));
      await expect(work(store)).rejects.toMatchObject({ kind: 'unavailable' });
      expect(sent).toHaveLength(3);
    }
  });

  test('a missing table or right is unavailable at once, a refused request is invalid', async () => {
    const { store: forbidden, sent } = scripted(named('AccessDeniedException'));
    await expect(forbidden.get(key)).rejects.toMatchObject({ kind: 'unavailable' });
    expect(sent).toHaveLength(1);
    await expect(scripted(named('ValidationException')).store.get(key)).rejects.toMatchObject({ kind: 'invalid' });
    await expect(scripted(transactionCancelled(['None', 'ValidationError'])).store.write(several)).rejects.toMatchObject({ kind: 'invalid' });
  });
});

describe('failed guards', () => {
  test('give the stored item in plain form', async () => {
    const Item = { pk: { S: 'p' }, sk: { S: 's' }, n: { N: '1.5' }, s: { S: '5' }, b: { BOOL: false }, nil: { NULL: true }, l: { L: [{ N: '1' }, { M: { x: { S: '' } } }] } };
    const current = { n: 1.5, s: '5', b: false, nil: null, l: [1, { x: '' }] };
    const single = scripted(named('ConditionalCheckFailedException', { Item }));
    expect(await single.store.write([{ update: key, guards: [{ present: true }] }])).toEqual({ ok: false, index: 0, current });
    const error = Object.assign(transactionCancelled(['None']), { CancellationReasons: [{ Code: 'None' }, { Code: 'ConditionalCheckFailed', Item }, { Code: 'ConditionalCheckFailed' }] });
    const batch = scripted(error);
    expect(await batch.store.write(several)).toEqual({ ok: false, index: 1, current });
    expect([single.sent, batch.sent].map((sent) => sent.length)).toEqual([1, 1]);
  });

  test('without a stored item give undefined', async () => {
    expect(await scripted(named('ConditionalCheckFailedException')).store.write([{ delete: key, guards: [{ present: true }] }])).toEqual({ ok: false, index: 0, current: undefined });
  });
});

test('the tables are described once: every key attribute is declared, and nothing else', () => {
  expect(DYNAMO_TABLES.map(({ table }) => table)).toEqual(['tenants', 'models', 'rules', 'keys', 'audit', 'usage']);
  for (const description of DYNAMO_TABLES) {
    const input = createTableInput(description, 'name');
    const used = [input, ...input.GlobalSecondaryIndexes].flatMap(({ KeySchema }) => KeySchema.map(({ AttributeName }) => AttributeName));
    expect(input.AttributeDefinitions.map(({ AttributeName }) => AttributeName).sort()).toEqual(used.sort());
    expect(used).toHaveLength(8);
  }
});
