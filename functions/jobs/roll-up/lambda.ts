import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Context } from 'aws-lambda';
import { readTableNames, roleCredentials } from '../../adapters/aws/environment.ts';
import { dropSockets } from '../../adapters/aws/idle-sockets.ts';
import { jsonLog } from '../../adapters/observe/log.ts';
import { dynamoClient, openDynamoStore } from '../../adapters/store/dynamo.ts';
import { rollUp, type RollUpResult } from './roll-up.ts';

const credentials = roleCredentials(process.env);
const client = dynamoClient({ ...(credentials && { credentials }) });
const store = openDynamoStore({ client, tableNames: readTableNames(process.env) });
const log = jsonLog((line) => process.stdout.write(line), () => Date.now());

/** The roll-ups, to be run by a schedule every minute. Rejects when a tenant could not be rolled up, so that an alarm sees it. */
export async function handler(_event: unknown, context: Pick<Context, 'getRemainingTimeInMillis'>): Promise<RollUpResult> {
  // Minutes lie between two runs: whatever connection is left is dead.
  dropSockets(client);
  const result = await rollUp({ store, now: () => Date.now(), remainingMs: () => context.getRemainingTimeInMillis(), pause: nextTurn, log });
  log.info('rolled up', { count: result.written });
  if (result.failed > 0) throw new Error(`${result.failed} of ${result.tenants} tenants could not be rolled up`);
  return result;
}
