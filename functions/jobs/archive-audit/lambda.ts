import type { Context } from 'aws-lambda';
import { ARCHIVE_VARIABLE, readTableNames, roleCredentials, variable } from '../../adapters/aws/environment.ts';
import { dropSockets } from '../../adapters/aws/idle-sockets.ts';
import { auditBucket, s3Client } from '../../adapters/aws/s3.ts';
import { jsonLog } from '../../adapters/observe/log.ts';
import { dynamoClient, openDynamoStore } from '../../adapters/store/dynamo.ts';
import { archiveAll, type ArchiveResult } from './archive-all.ts';

const credentials = roleCredentials(process.env);
const client = dynamoClient({ ...(credentials && { credentials }) });
const store = openDynamoStore({ client, tableNames: readTableNames(process.env) });
const s3 = s3Client(credentials);
const archive = auditBucket(s3, variable(process.env, ARCHIVE_VARIABLE));
const log = jsonLog((line) => process.stdout.write(line), () => Date.now());

/** The archive of audit events, to be run by a schedule every five minutes. Rejects when a tenant could not be archived or its chain is broken, so that an alarm sees it. */
export async function handler(_event: unknown, context: Pick<Context, 'getRemainingTimeInMillis'>): Promise<ArchiveResult> {
  // Minutes lie between two runs: whatever connection is left is dead.
  dropSockets(client);
  dropSockets(s3);
  const result = await archiveAll({ store, archive, log, remainingMs: () => context.getRemainingTimeInMillis() });
  log.info('audit archived', { count: result.archived });
  if (result.broken > 0) throw new Error(`${result.broken} of ${result.tenants} tenants have an audit chain that does not hold`);
  if (result.failed > 0) throw new Error(`${result.failed} of ${result.tenants} tenants could not be archived`);
  return result;
}
