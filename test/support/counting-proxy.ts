import { createServer, request as httpRequest } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A plain HTTP relay that notes which operations of an AWS service pass, by `x-amz-target`. */
export interface CountingProxy {
  readonly endpoint: string;
  /** Operation names in order of arrival, such as `UpdateItem`; to be emptied by the test. */
  readonly operations: string[];
  /** The bodies of the requests, beside `operations`. */
  readonly bodies: string[];
  close(): Promise<void>;
}

export async function countingProxy(target: string): Promise<CountingProxy> {
  const operations: string[] = [];
  const bodies: string[] = [];
  const { hostname, port } = new URL(target);
  const server = createServer((request, response) => {
    operations.push(String(request.headers['x-amz-target']).replace(/^.*\./, ''));
    const onward = httpRequest({ host: hostname, port, method: request.method ?? 'POST', path: request.url ?? '/', headers: request.headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    onward.on('error', () => response.destroy());
    const chunks: Buffer[] = [];
    const at = bodies.push('') - 1;
    request.on('data', (chunk: Buffer) => chunks.push(chunk)).on('end', () => { bodies[at] = Buffer.concat(chunks).toString(); });
    request.pipe(onward);
  });
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    operations,
    bodies,
    async close() {
      server.closeAllConnections();
      await new Promise<void>((resolve) => { server.close(() => resolve()); });
    },
  };
}
