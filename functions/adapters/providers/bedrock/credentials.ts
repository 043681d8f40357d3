import { fail } from '../../../core/errors.ts';
import type { Secret } from '../../../core/secret.ts';
import type { AwsCredentials } from './sign.ts';

/**
 * The model's own credential, JSON `{accessKeyId, secretAccessKey, sessionToken?}`, else the role of the function that this
 * process is. Throws `upstream_credentials_rejected` when there is neither, or when the JSON is not of that shape; no part
 * of it is ever in the message.
 */
export function awsCredentials(credential: Secret | undefined, role: () => AwsCredentials | undefined): AwsCredentials {
  if (credential !== undefined) return parsed(credential.reveal()) ?? unusable('bedrock credential is not of the expected shape');
  return role() ?? unusable('bedrock model has no credential and this process has no role');
}

function unusable(internal: string): never {
  return fail('upstream_credentials_rejected', 'This model has no usable AWS credential: it needs an access key, or the gateway a role that may call Bedrock.', { retryable: true, internal });
}

/** Printable without blanks: what can stand in a header line. */
const PLAIN = /^[\x21-\x7e]+$/;

function parsed(text: string): AwsCredentials | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const { accessKeyId, secretAccessKey, sessionToken } = value as Record<string, unknown>;
  if (!isPlain(accessKeyId) || !isPlain(secretAccessKey)) return undefined;
  if (sessionToken === undefined || sessionToken === '') return { accessKeyId, secretAccessKey };
  return isPlain(sessionToken) ? { accessKeyId, secretAccessKey, sessionToken } : undefined;
}

function isPlain(value: unknown): value is string {
  return typeof value === 'string' && PLAIN.test(value);
}
