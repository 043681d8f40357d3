import { PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';

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
