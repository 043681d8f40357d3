import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import type { CloudFormationCustomResourceEvent } from 'aws-lambda';
import { roleCredentials, SITE_BUCKET_VARIABLE, SITE_FOLDER_VARIABLE, variable } from '../../adapters/aws/environment.ts';
import { s3Client, siteBucket } from '../../adapters/aws/s3.ts';
import { answerStack } from '../../adapters/aws/stack-answer.ts';
import { jsonLog } from '../../adapters/observe/log.ts';
import { publish, type SiteFile } from './publish.ts';

const bucket = siteBucket(s3Client(roleCredentials(process.env)), variable(process.env, SITE_BUCKET_VARIABLE));
const folder = variable(process.env, SITE_FOLDER_VARIABLE);
const log = jsonLog((line) => process.stdout.write(line), () => Date.now());
/** Always the same: a changed dashboard replaces the files, never the resource. */
const PHYSICAL_ID = 'dashboard';

/** Puts the dashboard into its bucket when the stack is made or changed; empties the bucket when it is removed and nothing is to be kept. */
export async function handler(event: CloudFormationCustomResourceEvent): Promise<void> {
  let failure: string | undefined;
  try {
    await carryOut(event);
  } catch (error) {
    failure = 'The dashboard could not be published; see the log of this function.';
    log.error('dashboard not published', { kind: error instanceof Error ? error.name : 'unknown' });
  }
  await answerStack(event, PHYSICAL_ID, failure);
}

async function carryOut({ RequestType, ResourceProperties: { config, keep } }: CloudFormationCustomResourceEvent): Promise<void> {
  if (RequestType === 'Delete') {
    if (keep === 'false') await bucket.empty();
    return;
  }
  const files = filesIn(folder);
  await publish(bucket, files, String(config));
  log.info('dashboard published', { count: files.length });
}

const filesIn = (root: string): SiteFile[] =>
  readdirSync(root, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).map((entry) => {
    const path = join(entry.parentPath, entry.name);
    return { name: relative(root, path).split(sep).join('/'), body: readFileSync(path) };
  });
