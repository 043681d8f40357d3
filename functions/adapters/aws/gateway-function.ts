import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import type { StaticCredentials } from './environment.ts';

/** A model test takes ten seconds at most, a cold start comes on top. */
const TIMEOUT_MS = 20_000;

export function lambdaClient(credentials: StaticCredentials | undefined): LambdaClient {
  return new LambdaClient({ ...(credentials && { credentials }), maxAttempts: 1, requestHandler: { connectionTimeout: 1_000, requestTimeout: TIMEOUT_MS, throwOnRequestTimeout: true } });
}

/**
 * Invokes a function with a JSON event and waits for its JSON answer. Throws when it cannot be invoked, fails, or answers
 * something else; the error never quotes the event.
 */
export async function invokeFunction(client: LambdaClient, functionName: string, event: object): Promise<unknown> {
  const { FunctionError, Payload } = await client.send(new InvokeCommand({ FunctionName: functionName, Payload: Buffer.from(JSON.stringify(event)) }));
  if (FunctionError !== undefined || Payload === undefined) throw new Error(`the function answered with an error (${FunctionError ?? 'empty'})`);
  return JSON.parse(Buffer.from(Payload).toString('utf8'));
}
