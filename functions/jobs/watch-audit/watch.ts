import type { DynamoDBRecord } from 'aws-lambda';
import type { Log } from '../../adapters/observe/log.ts';

/** The service's own expiry names itself so (docs.aws.amazon.com/amazondynamodb, "DynamoDB Streams and Time to Live"). */
const isExpiry = ({ eventName, userIdentity }: DynamoDBRecord): boolean => {
  const { type, principalId } = (userIdentity ?? {}) as { type?: string; principalId?: string };
  return eventName === 'REMOVE' && type === 'Service' && principalId === 'dynamodb.amazonaws.com';
};

/**
 * Looks at every change of the audit table: a new event and the service's own expiry are as they should be, anything
 * else is a rewriting of history. Returns how many there were, each logged with its kind and place, never its content.
 */
export function watchAudit(records: readonly DynamoDBRecord[], log: Log): number {
  const found = records.filter((record) => record.eventName !== 'INSERT' && !isExpiry(record));
  for (const { eventName, dynamodb } of found) {
    const tenantId = tenantOf(dynamodb?.Keys?.['pk']?.S);
    log.error('audit event rewritten', { kind: eventName === 'REMOVE' ? 'removed' : 'altered', ...(tenantId !== undefined && { tenantId }), count: Number(dynamodb?.Keys?.['sk']?.S) });
  }
  return found.length;
}

/** The tenant in `T#<tenant>#EVENT`. */
const tenantOf = (pk: string | undefined): string | undefined => /^T#([^#]+)#EVENT$/.exec(pk ?? '')?.[1];
