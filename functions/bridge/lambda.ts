import { lambdaDoor } from '../gateway/lambda-door.ts';
import { bridgePortsFromEnvironment } from './aws-edition.ts';
import { serveBridge } from './serve-bridge.ts';

/** A token and its state, or a code and its secret; anything larger is neither. */
const MAX_BODY_BYTES = 16 * 1024;

const { ports, dropConnections } = bridgePortsFromEnvironment();

/** The bridge as a Lambda function behind a REST API of its own. */
export const handler = lambdaDoor({
  handle: (request) => serveBridge(request, ports),
  maxBodyBytes: MAX_BODY_BYTES,
  dropConnections,
  now: () => Date.now(),
});
