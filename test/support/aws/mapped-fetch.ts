import { request } from 'node:https';

/** One request to a host that a server of this machine plays. Redirects are not followed. */
export function mappedFetch(url: string, port: number, ca: string, { method = 'GET', headers = {}, body }: { method?: string; headers?: Record<string, string>; body?: string }): Promise<Response> {
  const { host, hostname, pathname, search } = new URL(url);
  return new Promise((resolve, reject) => {
    const asked = request({ host: '127.0.0.1', port, ca, servername: hostname, method, path: `${pathname}${search}`, headers: { host, ...headers } }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk));
      answer.on('end', () => {
        const names = Object.entries(answer.headersDistinct).flatMap(([name, values = []]) => values.map((value): [string, string] => [name, value]));
        resolve(new Response(chunks.length === 0 ? null : Buffer.concat(chunks), { status: answer.statusCode ?? 500, headers: names }));
      });
    });
    asked.on('error', reject);
    asked.end(body);
  });
}
