import { awsEdition } from './aws-edition.ts';
import { accessLine, gathered } from '../adapters/observe/log.ts';
import { createHttpDoor } from './http.ts';
import type { Ports } from './ports.ts';
import { serve } from './serve.ts';

/** The same as at the other door in AWS, so that a client need not know which one it meets. */
const MAX_BODY_BYTES = 4 * 1024 * 1024;
/** Refusals that wait are looked at so often. */
const FLUSH_MS = 1_000;
const DRAIN_MS = 30_000;
/** Connections that were idle for longer may have died while the process was frozen. */
const IDLE_MS = 4_000;

/** What Lambda says in `host:port` is where it sends requests (docs.aws.amazon.com/lambda, "Web Functions: environment variables"). */
function listenAt(endpoint: string | undefined): { readonly host: string; readonly port: number } {
  const [, host, port] = /^\[?([^\]]+)\]?:(\d{1,5})$/.exec(endpoint ?? '') ?? [];
  if (host === undefined || port === undefined) throw new Error('The environment variable AWS_LAMBDA_HTTP_ENDPOINT is not host:port.');
  return { host, port: Number(port) };
}

// A process here outlives one set of credentials: where an endpoint gives out new ones, the first set must not be kept.
if (process.env['AWS_CONTAINER_CREDENTIALS_FULL_URI'] !== undefined) {
  for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN']) delete process.env[name];
}
const edition = awsEdition(process.env);
const { host, port } = listenAt(process.env['AWS_LAMBDA_HTTP_ENDPOINT']);
// Nothing before this server keeps an access log; the stack's alarm and graphs count these lines.
const accessLog = gathered((text) => process.stdout.write(text));
const ports: Ports = { ...edition.ports, access: (answer) => accessLog(accessLine(answer, Date.now())) };
const door = createHttpDoor({ handle: (request) => serve(request, ports), maxBodyBytes: MAX_BODY_BYTES });

let active = 0;
let idleSinceMs = Date.now();
door.server.prependListener('request', (_message, response) => {
  if (active === 0 && Date.now() - idleSinceMs >= IDLE_MS) edition.dropConnections();
  active += 1;
  response.once('close', () => {
    active -= 1;
    idleSinceMs = Date.now();
  });
});
door.server.listen(port, host);

setInterval(() => { void edition.beforeFreeze(); }, FLUSH_MS).unref();
process.once('SIGTERM', () => {
  void door.drain(DRAIN_MS).then(() => edition.beforeFreeze()).finally(() => process.exit());
});
