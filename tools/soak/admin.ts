import { request } from 'node:http';

export interface Admin {
  /** Throws for an answer that is no success, unless `may` names its status. */
  call(method: string, path: string, body?: object, options?: AdminCall): Promise<Record<string, unknown>>;
  /** The text of an answer, whatever its status. */
  text(path: string, options?: AdminCall): Promise<{ readonly status: number; readonly text: string; readonly headers: string }>;
}

export interface AdminCall { readonly tenantId?: string; readonly ifMatch?: number }

const TIMEOUT_MS = 10_000;

/** An administrator with the machine's own token. Rejects when the gateway cannot be reached or does not answer in time. */
export function adminOf(port: number, token: string): Admin {
  const send = (method: string, path: string, body: object | undefined, { tenantId, ifMatch }: AdminCall = {}): Promise<{ status: number; text: string; headers: string }> => new Promise((resolve, reject) => {
    const call = request({
      host: '127.0.0.1', port, method, path, timeout: TIMEOUT_MS, agent: false,
      headers: { 'authorization': `Bearer ${token}`, 'content-type': 'application/json', ...(tenantId !== undefined && { 'x-bsg-tenant': tenantId }), ...(ifMatch !== undefined && { 'if-match': `"${ifMatch}"` }) },
    }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString(), headers: JSON.stringify(response.headers) }));
      response.on('error', reject);
    });
    call.on('timeout', () => call.destroy(new Error('the admin API did not answer in time')));
    call.on('error', reject);
    call.end(body === undefined ? undefined : JSON.stringify(body));
  });
  return {
    async call(method, path, body, options) {
      const answer = await send(method, path, body, options);
      if (answer.status < 200 || answer.status > 299) throw new Error(`${method} ${path} answered ${answer.status}: ${answer.text}`);
      return JSON.parse(answer.text) as Record<string, unknown>;
    },
    text: (path, options) => send('GET', path, undefined, options),
  };
}
