import { randomBytes } from 'node:crypto';
import { readAwsEnvironment, roleCredentials, variable } from '../adapters/aws/environment.ts';
import { dropSockets } from '../adapters/aws/idle-sockets.ts';
import { cognitoVerifier, verifiedEmail } from '../adapters/aws/cognito.ts';
import { invokeFunction, lambdaClient } from '../adapters/aws/gateway-function.ts';
import { dynamoClient, openDynamoStore } from '../adapters/store/dynamo.ts';
import { kmsClient, kmsPepperKeys, kmsSealingKeys } from '../adapters/vault/kms.ts';
import { requestIds } from '../adapters/store/request-ids.ts';
import { pepperOnce } from '../adapters/vault/pepper.ts';
import { firstOwner } from './people/first-owner.ts';
import { machineRole, type MachineClient } from './people/machine-client.ts';
import { STACK_RETENTION } from './people/new-tenant.ts';
import { bearerIdentity } from './people/person-token.ts';
import type { AdminPorts, ModelTestResult } from './ports.ts';

export interface AwsAdmin {
  readonly ports: AdminPorts;
  /** After a freeze: closes every connection kept from before. */
  dropConnections(): void;
}

const UNASKED: ModelTestResult = { ok: false, status: null, latencyMs: 0, message: 'The data plane could not be asked to try the model.', hint: 'Try again; if it stays, look at the log of the gateway function.' };
/** The tenant that comes with the deployment. */
const FIRST_TENANT = 'default';
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
  const newId = requestIds();
  const newRequestId = (): string => newId(Date.now());
  const verify = cognitoVerifier(env);
  const owner = {
    store, tenantId: FIRST_TENANT, ownerEmail: variable(env, 'BSG_OWNER_EMAIL'), now: () => Date.now(), random: Math.random, newRequestId,
    emailOf: (token: string) => verifiedEmail(variable(env, 'BSG_SIGN_IN_ORIGIN'), token),
  };
  const machines: MachineClient = { clientId: variable(env, 'BSG_MACHINE_CLIENT_ID'), tenantId: FIRST_TENANT, role: machineRole(variable(env, 'BSG_MACHINE_ROLE')) };
  return {
    ports: {
      store,
      newRequestId,
      now: () => Date.now(),
      random: Math.random,
      randomBytes: (size) => randomBytes(size),
      identify: (bearer) => bearerIdentity({ store, verify, machines, welcome: (subject, token) => firstOwner(owner, subject, token) }, bearer),
      sealing: kmsSealingKeys({ client: kms, keyId: settings.vaultKeyId }),
      pepper: () => pepperKeys.pepper(),
      urlPolicy: { allowHosts: settings.allowUpstreams, allowLoopback: false },
      testModel: (test) => invokeFunction(lambda, gatewayFunction, { operation: 'test-model', test }).then((result) => result as ModelTestResult, () => UNASKED),
      changed: () => { /* the data plane runs in other processes, whose caches end within a minute */ },
      operatorTenantId: FIRST_TENANT,
      revocationSeconds: REVOCATION_SECONDS,
      newTenantRetention: STACK_RETENTION,
      dashboardUrl: variable(env, 'BSG_DASHBOARD_URL'),
      machineClientId: machines.clientId,
    },
    dropConnections() {
      dropSockets(dynamo);
      dropSockets(kms);
      dropSockets(lambda);
    },
  };
}
