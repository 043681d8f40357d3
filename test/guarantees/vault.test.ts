import { createHash, randomBytes } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { credentialContext } from '../../functions/adapters/vault/context.ts';
import { openCredentials } from '../../functions/adapters/vault/credentials.ts';
import { localKeys } from '../../functions/adapters/vault/local-key.ts';
import { openCredential } from '../../functions/adapters/vault/open.ts';
import { sealCredential } from '../../functions/adapters/vault/seal.ts';
import type { OpeningKeys, SealContext, SealedRecord, SealingKeys } from '../../functions/adapters/vault/vault.ts';
import { figure } from '../support/figure.ts';
import { full } from '../support/full.ts';

const keys = localKeys(randomBytes(32));
const FIELDS = ['encryptedKey', 'nonce', 'ciphertext', 'tag'] as const;

/** How opening ended: the value, or everything that its error says. */
async function outcome(opening: OpeningKeys, context: SealContext, record: SealedRecord): Promise<string> {
  try {
    return `opened ${(await openCredential(opening, context, record)).reveal()}`;
  } catch (error) {
    if (!(error instanceof Error)) return 'threw something else';
    return `${error.name}: ${error.message}; ${JSON.stringify(error)}; ${String(error.cause)}`;
  }
}
const REFUSED = 'OpenError: sealed credential could not be opened; {"failure":{"retryable":true,"internal":"sealed credential could not be opened","code":"upstream_credentials_rejected","message":"The credential of the upstream provider could not be opened.","status":502},"name":"OpenError"}; undefined';

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');
const bytesOf = (text: string): Buffer => Buffer.from(text, 'base64');

test('guarantee B1: what is sealed opens to the same text, with a nonce and a data key of its own every time', async () => {
  const count = full(10_000);
  const dataKeys = new Set<string>();
  const nonces = new Set<string>();
  const held: Uint8Array[] = [];
  const watching: SealingKeys = {
    generateDataKey: async (context) => {
      const made = await keys.generateDataKey(context);
      dataKeys.add(createHash('sha256').update(made.plaintext).digest('base64'));
      if (held.length < 100) held.push(made.plaintext);
      return made;
    },
  };
  let unequal = 0;
  for (let i = 0; i < count; i++) {
    const text = randomBytes(Math.floor((i / count) * 4_096)).toString('hex');
    const context = credentialContext(`t${i % 7}`, `c${i}`);
    const record = await sealCredential(watching, context, text);
    nonces.add(record.nonce);
    if ((await openCredential(keys, context, record)).reveal() !== text) unequal++;
  }
  expect(unequal).toBe(0);
  expect([nonces.size, dataKeys.size]).toEqual([count, count]);
  expect(held.every((dataKey) => dataKey.every((byte) => byte === 0))).toBe(true);
  figure('B1', `${count.toLocaleString('en')} round trips of 0 to 8 KiB: all equal, ${nonces.size.toLocaleString('en')} nonces, ${dataKeys.size.toLocaleString('en')} data keys`);
});

test('guarantee B2: a record with any bit flipped, cut short or made longer is refused, always in the same words', async () => {
  const context = credentialContext('t1', 'c1');
  const outcomes = new Map<string, number>();
  const check = async (record: SealedRecord): Promise<void> => {
    const ended = await outcome(keys, context, record);
    outcomes.set(ended, (outcomes.get(ended) ?? 0) + 1);
  };
  for (let i = 0; i < full(20); i++) {
    const record = await sealCredential(keys, context, `sk-canary-${i}`);
    expect(await outcome(keys, context, record)).toBe(`opened sk-canary-${i}`);
    for (const field of FIELDS) {
      const bytes = bytesOf(record[field]);
      for (let bit = 0; bit < bytes.length * 8; bit++) {
        const flipped = Buffer.from(bytes);
        flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        await check({ ...record, [field]: base64(flipped) });
      }
      const text = Buffer.from(record[field], 'latin1');
      for (let bit = 0; bit < text.length * 8; bit++) {
        const flipped = Buffer.from(text);
        flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        await check({ ...record, [field]: flipped.toString('latin1') });
      }
      for (let length = 0; length < bytes.length; length++) await check({ ...record, [field]: base64(bytes.subarray(0, length)) });
      for (let more = 1; more <= 64; more++) await check({ ...record, [field]: base64(Buffer.concat([bytes, randomBytes(more)])) });
    }
  }
  expect([...outcomes.keys()]).toEqual([REFUSED]);
  expect(outcomes.get(REFUSED)).toBeGreaterThan(1_000);
  figure('B2', `${full(20)} records, ${outcomes.get(REFUSED)?.toLocaleString('en')} changes: 100 % refused in the same words`);
});

test('guarantee B3: no part of a record opens under another tenant, credential, purpose or app, or inside another version', async () => {
  const opened: string[] = [];
  for (let i = 0; i < full(1_000); i++) {
    const context = credentialContext(`t${i}`, `c${i}`);
    const record = await sealCredential(keys, context, 'sk-one');
    const next = await sealCredential(keys, context, 'sk-two');
    const elsewhere: SealContext[] = [
      { ...context, tenantId: `t${i + 1}` }, { ...context, credentialId: `c${i + 1}` }, { ...context, purpose: 'webhook' }, { ...context, app: 'other' },
      { ...context, tenantId: context.credentialId, credentialId: context.tenantId },
    ];
    for (const other of elsewhere) {
      const ended = await outcome(keys, other, record);
      if (ended !== REFUSED) opened.push(ended);
    }
    for (const field of FIELDS) {
      const ended = await outcome(keys, context, { ...record, [field]: next[field] });
      if (ended !== REFUSED) opened.push(`${field}: ${ended}`);
    }
    const laterFormat = await outcome(keys, context, { ...record, v: 2 } as unknown as SealedRecord);
    if (laterFormat !== REFUSED) opened.push(laterFormat);
  }
  expect(opened).toEqual([]);
  figure('B3', `${full(1_000).toLocaleString('en')} records x 10 transplants: 100 % refused`);
});

test('guarantee B6: opened credentials are used for five minutes at most and asked for no more often, and data keys are zeroed', async () => {
  const [credentialCount, uses, spanMs] = [100, full(10_000), 30 * 60_000];
  const ids = Array.from({ length: credentialCount }, (_, i) => `c${i}`);
  const records = new Map<string, SealedRecord>();
  for (const id of ids) records.set(id, await sealCredential(keys, credentialContext('t', id), `sk-${id}`));
  let now = 0;
  const issued: Uint8Array[] = [];
  const openedAt = new Map<unknown, number>();
  const credentials = openCredentials({
    keys: {
      decryptDataKey: async (...args) => {
        const dataKey = await keys.decryptDataKey(...args);
        issued.push(dataKey);
        return dataKey;
      },
    },
    load: async (_, id) => records.get(id),
    clock: { now: () => now, elapsed: () => now },
  });
  let [oldestMs, wrong] = [0, 0];
  for (let use = 0; use < uses; use++) {
    now = Math.floor((use * spanMs) / uses);
    for (const id of ids) {
      const secret = await credentials.open('t', id, 1);
      if (!openedAt.has(secret)) openedAt.set(secret, now);
      oldestMs = Math.max(oldestMs, now - (openedAt.get(secret) ?? 0));
      if (secret.reveal() !== `sk-${id}`) wrong++;
    }
  }
  expect(wrong).toBe(0);
  expect(Math.abs(issued.length - credentialCount * 6)).toBeLessThanOrEqual(1);
  expect(oldestMs).toBeLessThanOrEqual(5 * 60_000);
  expect(issued.every((dataKey) => dataKey.every((byte) => byte === 0))).toBe(true);
  figure('B6', `${credentialCount} credentials x ${uses.toLocaleString('en')} uses in 30 min: ${issued.length} calls of the key service, oldest used ${(oldestMs / 60_000).toFixed(1)} min, all data keys zeroed`);
});
