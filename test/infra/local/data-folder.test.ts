import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { openAdminToken } from '../../../infra/local/admin-token.ts';
import { openDataFolder } from '../../../infra/local/data-folder.ts';

let parent: string;
let dir: string;
beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), 'bsg-folder-'));
  dir = join(parent, 'deep', 'data');
});
const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  rmSync(parent, { recursive: true, force: true });
});

const open = (bootId = 'boot') => openDataFolder(dir, { bootId });
const MODULE = join(import.meta.dirname, '..', '..', '..', 'infra', 'local', 'data-folder.ts');

/** Another process that holds the folder until it is killed. */
async function holder(): Promise<ChildProcess> {
  const script = `import { openDataFolder } from ${JSON.stringify(MODULE)}; openDataFolder(process.argv[1], { bootId: 'other' }); process.stdout.write('held'); setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script, dir], { stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(child);
  await Promise.race([once(child.stdout, 'data'), once(child, 'exit').then(() => { throw new Error('the holder did not start'); })]);
  return child;
}

describe('the data folder', () => {
  test('is created for its owner only, with all paths inside it', () => {
    const folder = open();
    expect(statSync(dir).mode & 0o777).toBe(0o700);
    expect(folder.paths).toEqual({ root: dir, database: join(dir, 'bsgateway.sqlite'), masterKey: join(dir, 'master.key'), adminToken: join(dir, 'admin-token'), signingKey: join(dir, 'signing-key.json'), spool: join(dir, 'spool.jsonl') });
    writeFileSync(folder.paths.spool, '');
    expect(statSync(folder.paths.spool).mode & 0o077).toBe(0);
    folder.release();
  });

  test('says whether there was no master key yet', () => {
    const first = open();
    expect(first.firstStart).toBe(true);
    writeFileSync(first.paths.masterKey, 'x');
    first.release();
    const second = open();
    expect(second.firstStart).toBe(false);
    second.release();
  });

  test('refuses a second holder in this process until the first releases it, more than once too', () => {
    const first = open();
    expect(() => open('second')).toThrow(`The data folder ${dir} is in use by another BSGateway (process ${process.pid}); stop it first or choose another folder with --data.`);
    first.release();
    first.release();
    open('third').release();
  });

  test('refuses a folder that another process holds, and takes over what a killed one left', async () => {
    const child = await holder();
    const exited = once(child, 'exit');
    expect(() => open()).toThrow(`in use by another BSGateway (process ${child.pid})`);
    child.kill('SIGKILL');
    await exited;
    expect(existsSync(join(dir, 'holder.json'))).toBe(true);
    const folder = open('mine');
    expect(JSON.parse(readFileSync(join(dir, 'holder.json'), 'utf8'))).toEqual({ pid: process.pid, bootId: 'mine' });
    folder.release();
    expect(existsSync(join(dir, 'holder.json'))).toBe(false);
  });

  test('a file in its place or above it is one sentence', () => {
    writeFileSync(join(parent, 'deep'), '');
    expect(() => open()).toThrow(/^The data folder \S+ cannot be created \(ENOTDIR\); choose another with --data\.$/);
    rmSync(join(parent, 'deep'));
    mkdirSync(join(parent, 'deep'));
    writeFileSync(dir, '');
    expect(() => open()).toThrow(/--data\.$/);
  });
});

describe('the admin token', () => {
  const path = () => join(parent, 'admin-token');

  test('is created once, readable by its owner only, and matches nothing but itself', () => {
    const created = openAdminToken(path());
    const text = readFileSync(path(), 'utf8').trim();
    expect(text).toMatch(/^bsga_[0-9a-f]{64}$/);
    expect(statSync(path()).mode & 0o777).toBe(0o600);
    const again = openAdminToken(path());
    for (const token of [created, again]) {
      expect(token.matches(text)).toBe(true);
      for (const wrong of ['', text.slice(0, -1), `${text}0`, text.toUpperCase(), `${text.slice(0, -1)}${text.endsWith('0') ? '1' : '0'}`]) expect(token.matches(wrong)).toBe(false);
    }
    expect(readFileSync(path(), 'utf8').trim()).toBe(text);
  });

  test('a file that others may read or that holds something else is refused, and its content is not shown', () => {
    writeFileSync(path(), 'my-password-canary', { mode: 0o600 });
    expect(() => openAdminToken(path())).toThrow(/does not hold a token/);
    expect(() => openAdminToken(path())).not.toThrow(/canary/);
    rmSync(path());
    openAdminToken(path());
    chmodSync(path(), 0o644);
    expect(() => openAdminToken(path())).toThrow(/chmod 600/);
  });
});
