import { DeleteObjectsCommand, ListObjectsV2Command, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { fileType } from './file-type.ts';

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
