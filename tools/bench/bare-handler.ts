import { GetCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { dynamoClient } from '../../functions/adapters/store/dynamo.ts';
import { kmsClient, kmsPepperKeys } from '../../functions/adapters/vault/kms.ts';
import { roleCredentials } from '../../functions/adapters/aws/environment.ts';

/** The least that a function with the same two SDK clients can do for a metered request before its first byte: the pepper, one read, one write. */
declare const awslambda: {
  streamifyResponse<T>(handler: T): T;
  HttpResponseStream: { from(stream: NodeJS.WritableStream, prelude: object): NodeJS.WritableStream };
};
const credentials = roleCredentials(process.env);
const dynamo = dynamoClient({ ...(credentials && { credentials }) });
const kms = kmsClient({ ...(credentials && { credentials }) });
const pepper = kmsPepperKeys({ client: kms, keyId: process.env['BSG_PEPPER_KEY_ID'] ?? '' });

export const handler = awslambda.streamifyResponse(async (_event: unknown, stream: NodeJS.WritableStream) => {
  await Promise.all([pepper.pepper(), dynamo.send(new GetCommand({ TableName: process.env['BSG_TABLE_KEYS'], Key: { pk: 'bare', sk: 'bare' } }))]);
  await dynamo.send(new UpdateCommand({ TableName: process.env['BSG_TABLE_USAGE'], Key: { pk: 'bare', sk: 'bare' }, UpdateExpression: 'ADD n :one', ExpressionAttributeValues: { ':one': 1 } }));
  const body = awslambda.HttpResponseStream.from(stream, { statusCode: 200, headers: { 'content-type': 'text/event-stream' } });
  body.write('data: first\n\n');
  body.end('data: [DONE]\n\n');
});
