import { S3Client } from '@aws-sdk/client-s3';
import type { StaticCredentials } from './environment.ts';

/** A client of the object store for jobs: three attempts, short timeouts. */
export function s3Client(credentials: StaticCredentials | undefined): S3Client {
  return new S3Client({
    ...(credentials && { credentials }), maxAttempts: 3,
    requestHandler: { connectionTimeout: 1_000, requestTimeout: 30_000, throwOnRequestTimeout: true },
  });
}
