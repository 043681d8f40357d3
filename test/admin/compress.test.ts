import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { serveAdmin } from '../../functions/admin/serve-admin.ts';
import type { GatewayResponse } from '../../functions/admin/ports.ts';
import { tempStore, type TempStore } from '../support/store.ts';
import { adminPorts, entryAt, NOW, putEntries, TOKEN } from './support.ts';

let temp: TempStore;
beforeAll(async () => {
  temp = await tempStore();
  await putEntries(temp.store, Array.from({ length: 50 }, (_, i) => entryAt(NOW - i * 1_000)));
});
afterAll(() => temp.cleanup());

function get(path: string, headers: Record<string, string>): Promise<GatewayResponse> {
  const url = new URL(path, 'http://127.0.0.1:8787');
  return serveAdmin({ method: 'GET', path: url.pathname, query: url.searchParams, headers: { host: url.host, authorization: `Bearer ${TOKEN}`, ...headers }, body: async () => new Uint8Array(), signal: new AbortController().signal, remainingMs: () => Infinity }, adminPorts(temp.store));
}

const REQUESTS = '/admin/requests?limit=50';

describe('answers of the admin API', () => {
  test.each(['gzip', 'gzip, deflate, br', 'br;q=1.0, GZIP;q=0.5', '*', 'deflate, *;q=0.1'])('are packed for whoever takes that: %j', async (accepted) => {
    const [plain, packed] = [await get(REQUESTS, {}), await get(REQUESTS, { 'accept-encoding': accepted })];
    expect(packed.headers).toMatchObject({ 'content-encoding': 'gzip', 'content-type': 'application/json', vary: 'accept-encoding', 'content-length': String((packed.body as Uint8Array).length) });
    expect(JSON.parse(gunzipSync(packed.body as Uint8Array).toString())).toEqual(JSON.parse(Buffer.from(plain.body as Uint8Array).toString()));
    // Otherwise it is not worth its time.
    expect((packed.body as Uint8Array).length).toBeLessThan((plain.body as Uint8Array).length / 5);
  });

  test.each(['', 'identity', 'br', 'gzip;q=0', 'gzip; q=0, *', '*;q=0', 'gzipped'])('stay as they are for everybody else: %j', async (accepted) => {
    const { headers } = await get(REQUESTS, { 'accept-encoding': accepted });
    expect([headers['content-encoding'], headers['vary']]).toEqual([undefined, 'accept-encoding']);
  });

  test('short ones and files that are streamed stay as they are; a page of another origin is told what answers vary by', async () => {
    const takes = { 'accept-encoding': 'gzip' };
    expect((await get('/admin/me', takes)).headers['content-encoding']).toBeUndefined();
    const file = await get('/admin/export/requests.csv', takes);
    expect([file.status, file.headers['content-encoding'], file.body instanceof Uint8Array]).toEqual([200, undefined, false]);
    for await (const _ of file.body as AsyncIterable<Uint8Array>);
    expect((await get(REQUESTS, { ...takes, origin: 'http://127.0.0.1:8787' })).headers['vary']).toBe('origin, accept-encoding');
  });
});
