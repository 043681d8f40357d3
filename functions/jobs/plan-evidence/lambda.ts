import type { Context } from 'aws-lambda';
import { readTableNames, roleCredentials } from '../../adapters/aws/environment.ts';
import { dropSockets } from '../../adapters/aws/idle-sockets.ts';
import { jsonLog } from '../../adapters/observe/log.ts';
import { dynamoClient, openDynamoStore } from '../../adapters/store/dynamo.ts';
import { planEvidence, type PlanResult } from './plan-evidence.ts';

const credentials = roleCredentials(process.env);
const client = dynamoClient({ ...(credentials && { credentials }) });
const store = openDynamoStore({ client, tableNames: readTableNames(process.env) });
const log = jsonLog((line) => process.stdout.write(line), () => Date.now());

/** The evidence plans, to be run by a schedule every hour. Rejects when a tenant could not be planned, so that an alarm sees it. */
export async function handler(_event: unknown, context: Pick<Context, 'getRemainingTimeInMillis'>): Promise<PlanResult> {
  // An hour lies between two runs: whatever connection is left is dead.
  dropSockets(client);
  const result = await planEvidence({ store, now: () => Date.now(), remainingMs: () => context.getRemainingTimeInMillis(), log });
  log.info('evidence planned', { count: result.written });
  if (result.failed > 0) throw new Error(`${result.failed} of ${result.tenants} tenants could not be planned`);
  return result;
}
