import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Runtime } from './runtime-api.ts';

/** What Lambda's Invoke does: hands a payload to a function and answers with all that it streamed. */
export async function lambdaService(runtime: Runtime): Promise<{ readonly endpoint: string; readonly asked: string[]; close(): void }> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk)).on('end', () => {
      const call = runtime.invoke(JSON.parse(Buffer.concat(chunks).toString('utf8')));
      call.prelude.catch(() => {});
      const failed = { 'x-amz-function-error': 'Unhandled' };
      call.finished.then(async ({ errorType }) => response.writeHead(200, errorType === undefined ? {} : failed).end(await call.text()), () => response.writeHead(200, failed).end('{}'));
    });
  });
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  return { endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked, close: () => { server.close(); } };
}
