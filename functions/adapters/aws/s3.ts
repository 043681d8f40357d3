import { DeleteObjectsCommand, ListObjectsV2Command, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import type { StaticCredentials } from './environment.ts';
import { fileType } from './file-type.ts';

/** A client of the object store for jobs: three attempts, short timeouts. */
export function s3Client(credentials: StaticCredentials | undefined): S3Client {
  return new S3Client({
    ...(credentials && { credentials }), maxAttempts: 3,
    requestHandler: { connectionTimeout: 1_000, requestTimeout: 30_000, throwOnRequestTimeout: true },
  });
}

/**
 * The archive's bucket: writes an object only where there is none of that name, so that nothing is replaced, not even by
 * a run that repeats another's work. The service takes no write into a locked bucket without a checksum; the client adds one.
 */
export function auditBucket(client: Pick<S3Client, 'send'>, bucket: string): { put(name: string, text: string): Promise<void> } {
  return {
    async put(name, text) {
      try {
        await client.send(new PutObjectCommand({ Bucket: bucket, Key: name, Body: text, ContentType: 'application/x-ndjson', IfNoneMatch: '*' }));
      } catch (error) {
        if (!isThereAlready(error)) throw error;
      }
    },
  };
}

/** 412 = an object of that name is there; docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html */
const isThereAlready = (error: unknown): boolean => error instanceof Error && error.name === 'PreconditionFailed';

/** The dashboard's bucket: objects with type and caching, and the way to empty it before it is removed. */
export function siteBucket(client: Pick<S3Client, 'send'>, bucket: string) {
  return {
    async put({ name, body, cacheControl }: { readonly name: string; readonly body: Uint8Array; readonly cacheControl: string }): Promise<void> {
      await client.send(new PutObjectCommand({ Bucket: bucket, Key: name, Body: body, ContentType: fileType(name), CacheControl: cacheControl }));
    },
    async empty(): Promise<void> {
      for (;;) {
        const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket: bucket }));
        const Objects = Contents.flatMap(({ Key }) => (Key === undefined ? [] : [{ Key }]));
        if (Objects.length === 0) return;
        const { Errors = [] } = await client.send(new DeleteObjectsCommand({ Bucket: bucket, Delete: { Objects, Quiet: true } }));
        if (Errors.length > 0) throw new Error(`${Errors.length} objects could not be removed`);
      }
    },
  };
}
