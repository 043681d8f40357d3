import { randomBytes } from 'node:crypto';
import { monotonicFactory } from 'ulidx';
import { readAwsEnvironment, roleCredentials, variable } from '../adapters/aws/environment.ts';
import { dropSockets } from '../adapters/aws/idle-sockets.ts';
import { invokeFunction, lambdaClient } from '../adapters/aws/gateway-function.ts';
import { dynamoClient, openDynamoStore } from '../adapters/store/dynamo.ts';
import { kmsClient, kmsPepperKeys, kmsSealingKeys } from '../adapters/vault/kms.ts';
import { pepperOnce } from '../adapters/vault/pepper.ts';
import type { AdminPorts, ModelTestResult } from './ports.ts';

export interface AwsAdmin {
  readonly ports: AdminPorts;
  /** After a freeze: closes every connection kept from before. */
  dropConnections(): void;
}

const UNASKED: ModelTestResult = { ok: false, status: null, latencyMs: 0, message: 'The data plane could not be asked to try the model.', hint: 'Try again; if it stays, look at the log of the gateway function.' };
/** Where the data plane reads policies and keys at most this late. */
const REVOCATION_SECONDS = 60;

/**
 * The control plane's world in AWS, from the function's environment variables. It can seal credentials and never open
 * one: neither this code nor its role has the means. Throws when a variable is missing.
 */
export function adminPortsFromEnvironment(env: Readonly<Record<string, string | undefined>> = process.env): AwsAdmin {
  const settings = readAwsEnvironment(env);
  const credentials = roleCredentials(env);
  const dynamo = dynamoClient({ ...(credentials && { credentials }) });
  const kms = kmsClient({ ...(credentials && { credentials }) });
  const store = openDynamoStore({ client: dynamo, tableNames: settings.tableNames });
  const pepperKeys = pepperOnce(kmsPepperKeys({ client: kms, keyId: settings.pepperKeyId }));
  const lambda = lambdaClient(credentials);
  const gatewayFunction = variable(env, 'BSG_GATEWAY_FUNCTION');
  const newId = monotonicFactory();
  return {
    ports: {
      store,
      newRequestId: () => newId(Date.now()),
      now: () => Date.now(),
      random: Math.random,
      randomBytes: (size) => randomBytes(size),
      // Fails closed: nobody is let in by a token that nothing here can verify.
      identify: async () => undefined,
      sealing: kmsSealingKeys({ client: kms, keyId: settings.vaultKeyId }),
      pepper: () => pepperKeys.pepper(),
      urlPolicy: { allowHosts: settings.allowUpstreams, allowLoopback: false },
      testModel: (test) => invokeFunction(lambda, gatewayFunction, { operation: 'test-model', test }).then((result) => result as ModelTestResult, () => UNASKED),
      changed: () => { /* the data plane runs in other processes, whose caches end within a minute */ },
      revocationSeconds: REVOCATION_SECONDS,
      dashboardUrl: variable(env, 'BSG_DASHBOARD_URL'),
    },
    dropConnections() {
      dropSockets(dynamo);
      dropSockets(kms);
      dropSockets(lambda);
    },
  };
}
