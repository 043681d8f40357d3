import type { IncomingMessage, ServerResponse } from 'node:http';
import { proxyEvent, type Runtime } from '../runtime-api.ts';

export interface FunctionDoorOptions {
  /** All media types are binary: bodies travel as base64. */
  readonly isBinary: boolean;
}

/**
 * What API Gateway does between an HTTP request and a function behind `{proxy+}` with response streaming: the proxy event
 * in, the prelude's status and headers and then the body as it comes out. A function that fails is a 502. A client that
 * leaves does not end the invocation. One function is one environment here, so its invocations wait for each other.
 */
export function functionDoor(runtime: Runtime, { isBinary }: FunctionDoorOptions): (message: IncomingMessage, response: ServerResponse, path: string) => Promise<void> {
  let last: Promise<unknown> = Promise.resolve();
  return async (message, response, path) => {
    const event = await eventOf(message, path, isBinary);
    const mine = last.then(() => relay(runtime, event, response));
    last = mine;
    await mine;
  };
}

async function eventOf(message: IncomingMessage, path: string, isBinary: boolean): Promise<Record<string, unknown>> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk as Buffer);
  const body = Buffer.concat(chunks);
  const names = Object.entries(message.headersDistinct).map(([name, values = []]) => [name, values] as const);
  return {
    ...proxyEvent(message.method ?? 'GET', path), headers: Object.fromEntries(names.map(([name, values]) => [name, values.at(-1)])), multiValueHeaders: Object.fromEntries(names),
    body: body.length === 0 ? null : body.toString(isBinary ? 'base64' : 'utf8'), isBase64Encoded: isBinary && body.length > 0,
  };
}

async function relay(runtime: Runtime, event: Record<string, unknown>, response: ServerResponse): Promise<void> {
  await runtime.idle();
  const invocation = runtime.invoke(event);
  try {
    const { statusCode, headers } = await invocation.prelude;
    response.writeHead(statusCode, headers);
    response.flushHeaders();
    for (let chunk = await invocation.next(); chunk !== undefined; chunk = await invocation.next()) response.write(chunk);
    response.end();
  } catch {
    if (response.headersSent) response.destroy();
    else response.writeHead(502, { 'content-type': 'application/json' }).end('{"message":"Internal server error"}');
  }
  await invocation.finished.catch(() => undefined);
}
