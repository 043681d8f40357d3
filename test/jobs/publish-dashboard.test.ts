import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { SITE_BUCKET_VARIABLE, SITE_FOLDER_VARIABLE } from '../../functions/adapters/aws/environment.ts';
import { publish, type SiteObject } from '../../functions/jobs/publish-dashboard/publish.ts';
import { startRuntime, type Runtime } from '../support/runtime-api.ts';
import { bundle } from '../support/lambda-world.ts';

const file = (name: string) => ({ name, body: new TextEncoder().encode(name) });

describe('publishing the dashboard', () => {
  test('the page comes last, names with a hash are kept for ever, page and settings never', async () => {
    const put: SiteObject[] = [];
    await publish({ put: async (object) => { put.push(object); }, empty: async () => {} }, ['index.html', 'assets/a-1.js', 'theme.js', 'config.json'].map(file), '{"edition":"aws"}');
    expect(put.map(({ name, cacheControl }) => [name, cacheControl])).toEqual([
      ['assets/a-1.js', 'public, max-age=31536000, immutable'], ['theme.js', 'no-cache'], ['config.json', 'no-store'], ['index.html', 'no-cache'],
    ]);
    // The deployment's settings, not what a build may have left behind.
    expect(new TextDecoder().decode(put[2]?.body)).toBe('{"edition":"aws"}');
  });

  test('a folder without a page is refused before anything is written', async () => {
    const put: string[] = [];
    await expect(publish({ put: async ({ name }) => { put.push(name); }, empty: async () => {} }, [file('theme.js')], '{}')).rejects.toThrow('index.html');
    expect(put).toEqual([]);
  });
});

describe('the publisher as a Lambda function', () => {
  const folder = mkdtempSync(join(tmpdir(), 'bsg-site-'));
  const objects = new Map<string, { type: string | undefined; cache: string | undefined; text: string }>();
  const answers: Record<string, unknown>[] = [];
  let denied = false;
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk)).on('end', () => {
      const { pathname, searchParams } = new URL(request.url ?? '', 'http://x');
      const text = Buffer.concat(chunks).toString();
      if (pathname === '/answer') {
        answers.push({ type: request.headers['content-type'], ...(JSON.parse(text) as object) });
        response.writeHead(200).end();
      } else if (denied) response.writeHead(403, { 'content-type': 'application/xml' }).end('<Error><Code>AccessDenied</Code><Message>no</Message></Error>');
      else if (searchParams.has('delete')) {
        for (const [, key = ''] of text.matchAll(/<Key>([^<]+)<\/Key>/g)) objects.delete(key);
        response.writeHead(200, { 'content-type': 'application/xml' }).end('<DeleteResult/>');
      } else if (request.method === 'GET') {
        response.writeHead(200, { 'content-type': 'application/xml' }).end(`<ListBucketResult>${[...objects.keys()].map((key) => `<Contents><Key>${key}</Key></Contents>`).join('')}</ListBucketResult>`);
      } else {
        objects.set(pathname.replace('/site/', ''), { type: request.headers['content-type'], cache: request.headers['cache-control'], text });
        response.writeHead(200).end();
      }
    });
  });
  let origin = '';
  let runtime: Runtime;

  beforeAll(async () => {
    mkdirSync(join(folder, 'assets'));
    writeFileSync(join(folder, 'index.html'), '<!doctype html>');
    writeFileSync(join(folder, 'assets/app-1a.js'), 'export {};');
    await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    runtime = await startRuntime({ folder: await bundle('publish-dashboard'), env: {
      AWS_ENDPOINT_URL_S3: origin, AWS_ACCESS_KEY_ID: 'local', AWS_SECRET_ACCESS_KEY: 'local', [SITE_BUCKET_VARIABLE]: 'site', [SITE_FOLDER_VARIABLE]: folder,
    } });
    await runtime.idle();
  });
  afterAll(async () => {
    await runtime?.kill();
    server.closeAllConnections();
    server.close();
    rmSync(folder, { recursive: true });
  });

  const ask = async (RequestType: string, properties: Record<string, string>): Promise<Record<string, unknown> | undefined> => {
    const call = runtime.invoke({ RequestType, ResponseURL: `${origin}/answer`, StackId: 's', RequestId: 'r', LogicalResourceId: 'l', ResourceProperties: { ServiceToken: 't', ...properties } });
    call.prelude.catch(() => {});
    await call.finished;
    return answers.at(-1);
  };

  test('a deployment puts every file with its type and tells the stack, twice the same', async () => {
    for (const kind of ['Create', 'Update']) {
      expect(await ask(kind, { config: '{"issuer":"i"}', keep: 'true' })).toMatchObject({ Status: 'SUCCESS', PhysicalResourceId: 'dashboard', StackId: 's', RequestId: 'r', LogicalResourceId: 'l' });
      expect(Object.fromEntries(objects)).toMatchObject({
        'index.html': { type: 'text/html; charset=utf-8', cache: 'no-cache' }, 'assets/app-1a.js': { type: 'text/javascript; charset=utf-8', cache: 'public, max-age=31536000, immutable' },
        'config.json': { type: 'application/json', cache: 'no-store' },
      });
    }
    expect(answers.map(({ type }) => type)).toEqual([undefined, undefined]);
  });

  test('removing the stack keeps what is there, unless nothing is to be kept', async () => {
    expect(await ask('Delete', { keep: 'true' })).toMatchObject({ Status: 'SUCCESS' });
    expect(objects.size).toBe(3);
    expect(await ask('Delete', { keep: 'false' })).toMatchObject({ Status: 'SUCCESS' });
    expect(objects.size).toBe(0);
  });

  test('a bucket that refuses fails the deployment at once, in words without details', async () => {
    denied = true;
    expect(await ask('Update', { config: '{}', keep: 'true' })).toMatchObject({ Status: 'FAILED', Reason: 'The dashboard could not be published; see the log of this function.' });
  });
});
