import { TransactWriteCommand } from '@aws-sdk/lib-dynamodb';
import type { DynamoClient } from '../../functions/adapters/store/dynamo.ts';

/** A small seeded generator (mulberry32), so that a failing run can be repeated. */
export function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A cancelled transaction as the service reports it, with these reason codes. */
export function transactionCancelled(codes: readonly string[]): Error {
  return Object.assign(new Error(`Transaction cancelled [${codes.join(', ')}]`), {
    name: 'TransactionCanceledException', $metadata: { httpStatusCode: 400 }, CancellationReasons: codes.map((Code) => ({ Code })),
  });
}

export interface FaultyClient {
  readonly client: DynamoClient;
  /** Conflicts raised so far. */
  raised(): number;
}

/** DynamoDB Local never reports a TransactionConflict, the service does: raises it on `share` of all transactions, which then change nothing. */
export function faultyClient(inner: DynamoClient, { share = 0.3, random = seededRandom(1) } = {}): FaultyClient {
  let raised = 0;
  const send = async (command: object, ...rest: unknown[]): Promise<unknown> => {
    if (command instanceof TransactWriteCommand && random() < share) {
      raised += 1;
      const items = command.input.TransactItems ?? [];
      const hit = Math.floor(random() * items.length);
      throw transactionCancelled(items.map((_, i) => (i === hit ? 'TransactionConflict' : 'None')));
    }
    return (inner.send as (...all: unknown[]) => Promise<unknown>)(command, ...rest);
  };
  return { client: { send: send as DynamoClient['send'], destroy: () => inner.destroy() }, raised: () => raised };
}
