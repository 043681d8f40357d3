import { hkdfSync, randomBytes } from 'node:crypto';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { credentialContext } from '../../../functions/adapters/vault/context.ts';
import { localKeys, readOrCreateMasterKey } from '../../../functions/adapters/vault/local-key.ts';

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'bsg-key-'));
  path = join(folder, 'master.key');
});
afterEach(() => rmSync(folder, { recursive: true }));

const write = (text: string, mode = 0o600): void => {
  writeFileSync(path, text);
  chmodSync(path, mode);
};

describe('the master key file', () => {
  test('is created once, for its owner only, and read again unchanged', () => {
    const first = readOrCreateMasterKey(path);
    expect(first.created).toBe(true);
    expect(first.key).toHaveLength(32);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    const second = readOrCreateMasterKey(path);
    expect(second.created).toBe(false);
    expect(Buffer.from(second.key).equals(first.key)).toBe(true);
  });

  test('holds exactly the random bytes it was given', () => {
    const bytes = randomBytes(32);
    readOrCreateMasterKey(path, () => bytes);
    expect(Buffer.from(readFileSync(path, 'utf8'), 'base64').equals(bytes)).toBe(true);
  });

  test('may be hex or base64, with white space around it', () => {
    const bytes = randomBytes(32);
    for (const text of [bytes.toString('hex'), bytes.toString('hex').toUpperCase(), bytes.toString('base64'), `\n ${bytes.toString('base64')}\r\n`]) {
      write(text);
      expect(Buffer.from(readOrCreateMasterKey(path).key).equals(bytes)).toBe(true);
    }
  });

  test.each([0o640, 0o604, 0o644, 0o660, 0o666, 0o620, 0o610, 0o777])('is refused in one sentence with mode %o', (mode) => {
    write(randomBytes(32).toString('base64'), mode);
    expect(() => readOrCreateMasterKey(path)).toThrow(/^The master key file .* is open to other users; run "chmod 600 .*" first\.$/);
  });

  test.each([
    ['an empty file', ''],
    ['31 bytes', randomBytes(31).toString('base64')],
    ['33 bytes', randomBytes(33).toString('base64')],
    ['hex with a wrong digit', `${randomBytes(32).toString('hex').slice(0, -1)}g`],
    ['base64 with a wrong character', `*${randomBytes(32).toString('base64').slice(1)}`],
    ['words', 'correct horse battery staple correct horse'],
  ])('is refused when it holds %s, in words that do not quote it, and left as it is', (_, text) => {
    write(text);
    expect(() => readOrCreateMasterKey(path)).toThrow(`The master key file ${path} does not hold 32 bytes as base64 or hex; restore it from a backup.`);
    expect(readFileSync(path, 'utf8')).toBe(text);
  });

  test('is an error in one sentence when its folder does not exist', () => {
    const lost = join(folder, 'missing', 'master.key');
    expect(() => readOrCreateMasterKey(lost)).toThrow(`The master key file ${lost} could not be written.`);
    expect(existsSync(lost)).toBe(false);
  });

  test('created by another process in the meantime is read, never overwritten', () => {
    const theirs = randomBytes(32);
    const { key, created } = readOrCreateMasterKey(path, (size) => {
      write(theirs.toString('base64'));
      return randomBytes(size);
    });
    expect(created).toBe(false);
    expect(Buffer.from(key).equals(theirs)).toBe(true);
  });
});

describe('the embedded key service', () => {
  const master = randomBytes(32);
  const context = credentialContext('t1', 'c1');

  test('unwraps what it wrapped, after a restart too, and only under the same context and master key', async () => {
    const { plaintext, encrypted } = await localKeys(master).generateDataKey(context);
    expect(Buffer.from(await localKeys(master).decryptDataKey(encrypted, context)).equals(plaintext)).toBe(true);
    await expect(localKeys(master).decryptDataKey(encrypted, { ...context, tenantId: 't2' })).rejects.toThrow();
    await expect(localKeys(randomBytes(32)).decryptDataKey(encrypted, context)).rejects.toThrow();
  });

  test('gives a fresh data key every time and never shows it in the wrapped form', async () => {
    const one = await localKeys(master).generateDataKey(context);
    const two = await localKeys(master).generateDataKey(context);
    expect(Buffer.from(one.plaintext).equals(two.plaintext)).toBe(false);
    expect(Buffer.from(one.encrypted).includes(Buffer.from(one.plaintext))).toBe(false);
  });

  test('the pepper is a subkey of the master key under its own label, the same after a restart', async () => {
    const pepper = await localKeys(master).pepper();
    expect(Buffer.from(pepper).equals(Buffer.from(hkdfSync('sha256', master, '', 'bsgateway/key-pepper/v1', 32)))).toBe(true);
    expect(Buffer.from(pepper).equals(Buffer.from(hkdfSync('sha256', master, '', 'bsgateway/data-key-wrap/v1', 32)))).toBe(false);
    expect(Buffer.from(await localKeys(master).pepper()).equals(pepper)).toBe(true);
  });
});
