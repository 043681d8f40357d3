import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Secrets Manager's GetSecretValue over HTTP (JSON 1.1 protocol): secrets by id, nothing else. */
export async function secretsServer(secrets: Readonly<Record<string, string>>): Promise<{ readonly endpoint: string; readonly actions: string[]; close(): Promise<void> }> {
  const actions: string[] = [];
  const server = createServer((request, response) => {
    const action = String(request.headers['x-amz-target']).replace('secretsmanager.', '');
    actions.push(action);
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk)).on('end', () => {
      const { SecretId = '' } = JSON.parse(Buffer.concat(chunks).toString()) as { SecretId?: string };
      const found = action === 'GetSecretValue' ? secrets[SecretId] : undefined;
      response.writeHead(found === undefined ? 400 : 200, { 'content-type': 'application/x-amz-json-1.1' });
      response.end(JSON.stringify(found === undefined ? { __type: 'ResourceNotFoundException', message: 'refused' } : { ARN: SecretId, SecretString: found }));
    });
  });
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    actions,
    async close() {
      server.closeAllConnections();
      await new Promise<void>((resolve) => { server.close(() => resolve()); });
    },
  };
}
