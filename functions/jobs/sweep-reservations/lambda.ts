import { randomBytes } from 'node:crypto';
import type { Context } from 'aws-lambda';
import { readTableNames, roleCredentials } from '../../adapters/aws/environment.ts';
import { dropSockets } from '../../adapters/aws/idle-sockets.ts';
import { jsonLog } from '../../adapters/observe/log.ts';
import { openAccounts } from '../../adapters/store/accounts.ts';
import { dynamoClient, openDynamoStore } from '../../adapters/store/dynamo.ts';
import { sweepReservations, type SweepResult } from './sweep.ts';

const credentials = roleCredentials(process.env);
const client = dynamoClient({ ...(credentials && { credentials }) });
const store = openDynamoStore({ client, tableNames: readTableNames(process.env) });
const log = jsonLog((line) => process.stdout.write(line), () => Date.now());
const accounts = openAccounts({ store, clock: { now: () => Date.now(), elapsed: () => performance.now() }, owner: randomBytes(12).toString('hex'), random: Math.random });

/** The sweep, to be run by a schedule every minute. Rejects when a key could not be looked at, so that an alarm sees it. */
export async function handler(_event: unknown, context: Pick<Context, 'getRemainingTimeInMillis'>): Promise<SweepResult> {
  // Minutes lie between two runs: whatever connection is left is dead.
  dropSockets(client);
  const result = await sweepReservations({ store, accounts, log, remainingMs: () => context.getRemainingTimeInMillis() });
  log.info('swept', { count: result.swept });
  if (result.failed > 0) throw new Error(`${result.failed} of ${result.keys} keys could not be swept`);
  return result;
}
