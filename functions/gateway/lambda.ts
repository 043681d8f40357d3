import { awsEdition } from './aws-edition.ts';
import { internal } from './internal.ts';
import { lambdaDoor } from './lambda-door.ts';
import { serve } from './serve.ts';

/** Lambda's synchronous payload is 6 MB, a third of which base64 takes. */
const MAX_BODY_BYTES = 4 * 1024 * 1024;

const edition = awsEdition(process.env);

/** The data plane as a streaming Lambda function behind a REST API. */
export const handler = lambdaDoor({
  handle: (request) => serve(request, edition.ports),
  maxBodyBytes: MAX_BODY_BYTES,
  dropConnections: edition.dropConnections,
  now: () => Date.now(),
  beforeFreeze: edition.beforeFreeze,
  direct: (event) => internal(edition.testing, event),
});
