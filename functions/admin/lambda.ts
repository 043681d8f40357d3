import { lambdaDoor } from '../gateway/lambda-door.ts';
import { adminPortsFromEnvironment } from './aws-edition.ts';
import { serveAdmin } from './serve-admin.ts';

/** Lambda's synchronous payload is 6 MB, a third of which base64 takes. */
const MAX_BODY_BYTES = 4 * 1024 * 1024;

const { ports, dropConnections } = adminPortsFromEnvironment();

/** The control plane as a Lambda function behind a REST API, through the same streaming door: exports are longer than a buffered answer may be. */
export const handler = lambdaDoor({
  handle: (request) => serveAdmin(request, ports),
  maxBodyBytes: MAX_BODY_BYTES,
  dropConnections,
  now: () => Date.now(),
});
