/** A raw HTTP call to a gateway under test, with the pieces tests look at. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly json: Record<string, unknown>;
}

export async function call(origin: string, path: string, options: { key?: string; body?: unknown; raw?: string | Uint8Array; headers?: Record<string, string>; method?: string } = {}): Promise<Answer> {
  const hasBody = options.body !== undefined || options.raw !== undefined;
  const response = await fetch(`${origin}${path}`, {
    method: options.method ?? (hasBody ? 'POST' : 'GET'),
    headers: { ...(hasBody && { 'content-type': 'application/json' }), ...(options.key !== undefined && { authorization: `Bearer ${options.key}` }), ...options.headers },
    ...(hasBody && { body: options.raw ?? JSON.stringify(options.body) }),
  });
  const text = await response.text();
  let json: Record<string, unknown> = {};
  try {
    json = JSON.parse(text);
  } catch { /* a stream or an empty body */ }
  return { status: response.status, headers: response.headers, text, json };
}

export const chat = (model: string, extra: object = {}): object => ({ model, messages: [{ role: 'user', content: 'Hello!' }], ...extra });
export const messages = (model: string, extra: object = {}): object => ({ model, max_tokens: 256, messages: [{ role: 'user', content: 'Hello!' }], ...extra });
