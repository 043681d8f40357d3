import type { DynamoDBStreamEvent } from 'aws-lambda';
import { readTableNames } from '../../adapters/aws/environment.ts';
import { jsonLog } from '../../adapters/observe/log.ts';
import { watchAudit } from './watch.ts';

// It needs no table, only the stream; a function of another shape must still not start in its place.
readTableNames(process.env);
const log = jsonLog((line) => process.stdout.write(line), () => Date.now());

/** The watch over the audit table's stream. Rejects when history was rewritten: the batch's place goes to the failures' queue, and an alarm sounds. */
export async function handler({ Records }: DynamoDBStreamEvent): Promise<void> {
  const rewritten = watchAudit(Records, log);
  if (rewritten > 0) throw new Error(`${rewritten} audit events were altered or removed`);
}
