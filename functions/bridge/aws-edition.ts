import { randomBytes } from 'node:crypto';
import { SimpleFetcher } from 'aws-jwt-verify/https';
import { readTableNames, roleCredentials, variable } from '../adapters/aws/environment.ts';
import { dropSockets } from '../adapters/aws/idle-sockets.ts';
import { secretsClient, secretText } from '../adapters/aws/secret-text.ts';
import { bsvibeVerifier } from '../adapters/identity/bsvibe-token.ts';
import { jsonLog } from '../adapters/observe/log.ts';
import { dynamoClient, openDynamoStore } from '../adapters/store/dynamo.ts';
import { openSignIns } from '../adapters/store/sign-ins.ts';
import { kmsClient, kmsIssuerKey } from '../adapters/vault/kms.ts';
import type { BridgePorts } from './ports.ts';

/** The bridge's world in AWS, from the function's environment variables. Throws when one is missing. */
export function bridgePortsFromEnvironment(env: Readonly<Record<string, string | undefined>> = process.env): { readonly ports: BridgePorts; dropConnections(): void } {
  const credentials = roleCredentials(env);
  const dynamo = dynamoClient({ ...(credentials && { credentials }) });
  const kms = kmsClient({ ...(credentials && { credentials }) });
  const secrets = secretsClient(credentials);
  const fetcher = new SimpleFetcher();
  const now = (): number => Date.now();
  return {
    ports: {
      issuer: variable(env, 'BSG_BRIDGE_ISSUER'),
      loginUrl: variable(env, 'BSG_BSVIBE_LOGIN'),
      client: {
        id: variable(env, 'BSG_BRIDGE_CLIENT_ID'),
        secret: secretText(secrets, variable(env, 'BSG_BRIDGE_CREDENTIAL_ID'), now),
        redirectUris: variable(env, 'BSG_BRIDGE_RETURN_TO').split(','),
      },
      signIns: openSignIns(openDynamoStore({ client: dynamo, tableNames: readTableNames(env) })),
      key: kmsIssuerKey({ client: kms, keyId: variable(env, 'BSG_BRIDGE_KEY_ID') }),
      verify: bsvibeVerifier({ issuer: variable(env, 'BSG_BSVIBE_ISSUER'), jwksUri: variable(env, 'BSG_BSVIBE_JWKS'), fetchText: (url) => fetcher.fetch(url), now }),
      emailsAreVerified: env['BSG_BSVIBE_VERIFIES_EMAIL'] === 'true',
      now,
      randomBytes: (size) => randomBytes(size),
      log: jsonLog((line) => process.stdout.write(line), now),
    },
    dropConnections() {
      for (const client of [dynamo, kms, secrets]) dropSockets(client);
    },
  };
}
