import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { Secret } from '../../core/secret.ts';
import type { StaticCredentials } from './environment.ts';

export function secretsClient(credentials: StaticCredentials | undefined): SecretsManagerClient {
  return new SecretsManagerClient({ ...(credentials && { credentials }), maxAttempts: 3, requestHandler: { connectionTimeout: 1_000, requestTimeout: 3_000, throwOnRequestTimeout: true } });
}

/** How long a secret is kept: after a change the old one is refused this much later at the latest. */
const LIVES_MS = 300_000;

/** Reads one text from Secrets Manager, at most every 5 minutes; a failure is not remembered. Throws when it cannot be had. */
export function secretText(client: Pick<SecretsManagerClient, 'send'>, secretId: string, now: () => number): () => Promise<Secret> {
  let read: { readonly at: number; readonly text: Promise<Secret> } | undefined;
  return () => {
    const age = read === undefined ? Infinity : now() - read.at;
    if (read !== undefined && age >= 0 && age < LIVES_MS) return read.text;
    const text = client.send(new GetSecretValueCommand({ SecretId: secretId })).then(({ SecretString }) => {
      if (SecretString === undefined || SecretString.length < 16) throw new Error('the secret is not a text of at least 16 characters');
      return new Secret(SecretString);
    });
    read = { at: now(), text };
    text.catch(() => { read = undefined; });
    return text;
  };
}
