import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { DynamoDBClient, type DynamoDBClientConfig } from '@aws-sdk/client-dynamodb';
import {
  DeleteCommand, DynamoDBDocumentClient, GetCommand, PutCommand, QueryCommand, TransactWriteCommand, UpdateCommand,
} from '@aws-sdk/lib-dynamodb';
import { decodeCursor, encodeCursor } from './cursor.ts';
import { fromTyped, keyAttributes, opInput, queryInput, withoutKey } from './dynamo-expressions.ts';
import { cancellationReasons, withRetries, type RetryOptions } from './dynamo-retry.ts';
import type { Item, Op, Page, Query, Row, Store, Table, WriteResult } from './port.ts';
import { validateKey, validateOps, validateQuery } from './validate-ops.ts';

export interface DynamoClientOptions {
  readonly region?: string;
  /** Another address than the region's, such as an emulator's. */
  readonly endpoint?: string;
  readonly credentials?: DynamoDBClientConfig['credentials'];
  /** Requests at once; more wait for a socket. Default 256. */
  readonly maxSockets?: number;
  /** To get a connected socket; default 1,000. */
  readonly connectionTimeoutMs?: number;
  /** For an answer; default 3,000. */
  readonly requestTimeoutMs?: number;
}

/** What the store needs of a document client; a test may wrap it. */
export type DynamoClient = Pick<DynamoDBDocumentClient, 'send' | 'destroy'>;

/**
 * A document client with kept-alive sockets and short timeouts. It never retries by itself: the
 * store does, knowing which writes may be repeated.
 */
export function dynamoClient(options: DynamoClientOptions = {}): DynamoDBDocumentClient {
  const agent = { keepAlive: true, maxSockets: options.maxSockets ?? 256 };
  const client = new DynamoDBClient({
    ...(options.region !== undefined && { region: options.region }),
    ...(options.endpoint !== undefined && { endpoint: options.endpoint }),
    ...(options.credentials !== undefined && { credentials: options.credentials }),
    maxAttempts: 1,
    requestHandler: { connectionTimeout: options.connectionTimeoutMs ?? 1_000, requestTimeout: options.requestTimeoutMs ?? 3_000, throwOnRequestTimeout: true, httpAgent: agent, httpsAgent: agent },
  });
  return DynamoDBDocumentClient.from(client, { marshallOptions: { removeUndefinedValues: true } });
}

export interface DynamoStoreOptions extends Partial<RetryOptions> {
  readonly client: DynamoClient;
  readonly tableNames: Readonly<Record<Table, string>>;
  /** A token of at most 36 characters that makes a repeated transaction harmless. */
  readonly newToken?: () => string;
}

interface Engine extends RetryOptions {
  readonly client: DynamoClient;
  readonly tableNames: Readonly<Record<Table, string>>;
  readonly newToken: () => string;
}

/**
 * The store on DynamoDB. One operation is one Put, Update or Delete; only several go into a transaction. Contention and
 * throttling are retried at most 8 times, then `StoreError('unavailable')`, as for anything else that keeps the service
 * from answering. After a lost answer a write is repeated only where that changes nothing, so `unavailable` may also
 * mean "perhaps written".
 */
export function openDynamoStore(options: DynamoStoreOptions): Store {
  const engine: Engine = { random: Math.random, sleep: (ms) => sleep(ms), newToken: randomUUID, ...options };
  return {
    async get(key) {
      validateKey(key);
      const command = new GetCommand({ TableName: engine.tableNames[key.table], Key: keyAttributes(key), ConsistentRead: true });
      const { Item: found } = await withRetries(() => engine.client.send(command), { ...engine, isRepeatable: true });
      return found && withoutKey(found);
    },
    async query(query) {
      validateQuery(query);
      return isEmptyRange(query) ? { rows: [] } : runQuery(engine, query);
    },
    async write(ops) {
      validateOps(ops);
      const [first] = ops;
      return ops.length === 1 && first !== undefined ? writeOne(engine, first) : writeSeveral(engine, ops);
    },
    async close() {
      engine.client.destroy();
    },
  };
}

async function writeOne(engine: Engine, op: Op): Promise<WriteResult> {
  return withRetries(() => sendOne(engine, op), { ...engine, isRepeatable: isRepeatable(op), answered: guardFailure });
}

async function sendOne({ client, tableNames }: Engine, op: Op): Promise<WriteResult> {
  if ('put' in op) {
    const { Attributes } = await client.send(new PutCommand({
      ...opInput(op, tableNames[op.put.table]), Item: { ...op.item, ...keyAttributes(op.put) }, ReturnValues: 'ALL_OLD',
    }));
    return { ok: true, after: [op.item], before: [Attributes && withoutKey(Attributes)] };
  }
  if ('update' in op) {
    const { Attributes } = await client.send(new UpdateCommand({ ...opInput(op, tableNames[op.update.table]), Key: keyAttributes(op.update), ReturnValues: 'UPDATED_NEW' }));
    return { ok: true, after: [(Attributes ?? {}) as Item], before: [undefined] };
  }
  const { Attributes } = await client.send(new DeleteCommand({ ...opInput(op, tableNames[op.delete.table]), Key: keyAttributes(op.delete), ReturnValues: 'ALL_OLD' }));
  return { ok: true, after: [undefined], before: [Attributes && withoutKey(Attributes)] };
}

/** An operation that has the same effect and answer when it is carried out twice. */
const isRepeatable = (op: Op): boolean => (op.guards ?? []).length === 0 && 'update' in op && Object.keys(op.add ?? {}).length === 0;

function guardFailure(error: unknown): WriteResult | undefined {
  const { name, Item: typed } = error as { name?: string; Item?: Record<string, unknown> };
  if (name === 'ConditionalCheckFailedException') return { ok: false, index: 0, current: currentOf(typed) };
  const reasons = cancellationReasons(error);
  const index = reasons.findIndex((reason) => reason.Code === 'ConditionalCheckFailed');
  return index < 0 ? undefined : { ok: false, index, current: currentOf(reasons[index]?.Item) };
}

/** DynamoDB returns an empty map or nothing for an item that is not there; a stored one has at least its key. */
const currentOf = (typed: Record<string, unknown> | undefined): Item | undefined =>
  (typed === undefined || !('pk' in typed) ? undefined : withoutKey(fromTyped(typed)));

async function writeSeveral({ client, tableNames, newToken, ...retry }: Engine, ops: readonly Op[]): Promise<WriteResult> {
  const TransactItems = ops.map((op) => {
    if ('put' in op) return { Put: { ...opInput(op, tableNames[op.put.table]), Item: { ...op.item, ...keyAttributes(op.put) } } };
    if ('delete' in op) return { Delete: { ...opInput(op, tableNames[op.delete.table]), Key: keyAttributes(op.delete) } };
    const { UpdateExpression = '', ...input } = opInput(op, tableNames[op.update.table]);
    return { Update: { ...input, UpdateExpression, Key: keyAttributes(op.update) } };
  });
  const command = new TransactWriteCommand({ TransactItems, ClientRequestToken: newToken() });
  const done = async (): Promise<WriteResult> => {
    await client.send(command);
    return { ok: true, after: ops.map((op) => ('put' in op ? op.item : undefined)), before: ops.map(() => undefined) };
  };
  return withRetries(done, { ...retry, isRepeatable: true, answered: guardFailure });
}

/** DynamoDB refuses a range whose ends are crossed or empty; here it holds nothing. Keys sort by their UTF-8 bytes. */
const isEmptyRange = ({ from, to }: Query): boolean =>
  to === '' || (from !== undefined && to !== undefined && Buffer.compare(Buffer.from(from), Buffer.from(to)) > 0);

async function runQuery(engine: Engine, query: Query): Promise<Page> {
  const input = queryInput(query, engine.tableNames[query.table]);
  const rows: Row[] = [];
  let start = query.cursor === undefined ? undefined : startKey(query, query.cursor);
  do {
    const command = new QueryCommand({ ...input, Limit: query.limit - rows.length, ...(start !== undefined && { ExclusiveStartKey: start }) });
    const page = await withRetries(() => engine.client.send(command), { ...engine, isRepeatable: true });
    for (const found of page.Items ?? []) rows.push({ pk: String(found['pk']), sk: String(found['sk']), item: withoutKey(found) });
    start = page.LastEvaluatedKey;
  } while (start !== undefined && rows.length < query.limit);
  return start === undefined ? { rows } : { rows, cursor: cursorOf(query, start) };
}

function startKey({ index, pk }: Query, cursor: string): Record<string, unknown> {
  if (index === undefined) return { pk, sk: decodeCursor(cursor, ['string'])[0] };
  const [sort, basePk, baseSk] = decodeCursor(cursor, ['string', 'string', 'string']);
  return { [`${index}p`]: pk, [`${index}s`]: sort, pk: basePk, sk: baseSk };
}

const cursorOf = ({ index }: Query, last: Record<string, unknown>): string =>
  encodeCursor(index === undefined ? [String(last['sk'])] : [String(last[`${index}s`]), String(last['pk']), String(last['sk'])]);
