import { spawn, spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { call } from '../support/call.ts';
import { root } from './tree.ts';

const { TARGETS, ensureBuilt } = (await import(join(root, 'tools/build.mjs'))) as { TARGETS: Record<string, string[]>; ensureBuilt(root: string, name: string): Promise<string> };

/** Instructions of the Dockerfile, continued lines joined, comments left out. */
const instructions = readFileSync(join(root, 'tools/deploy/Dockerfile'), 'utf8').replaceAll('\\\n', ' ').split('\n').filter((line) => line !== '' && !line.startsWith('#')).map((line) => {
  const [name = '', ...rest] = line.split(/\s+/);
  return { name, rest };
});
const of = (wanted: string): string[][] => instructions.filter(({ name }) => name === wanted).map(({ rest }) => rest);
/** What the second stage takes from the first, by its path in the checkout. */
const taken = of('COPY').filter(([option]) => option === '--from=build').flatMap(([, ...paths]) => paths.slice(0, -1)).map((path) => path.replace('/src/', ''));
const entrypoint = JSON.parse(of('ENTRYPOINT')[0]?.join(' ') ?? '[]') as string[];

let dir: string;
beforeAll(() => { dir = mkdtempSync(join(tmpdir(), 'bsg-deploy-')); });
afterAll(() => rmSync(dir, { recursive: true, force: true }));

describe('the Dockerfile', () => {
  test('takes what the build makes: every bundle that runs on one machine, the thread of analytics too', async () => {
    const bundles = taken.filter((path) => path.startsWith('dist/')).map((path) => basename(path, '.mjs'));
    const local = Object.keys(TARGETS).filter((name) => !name.startsWith('lambda/'));
    expect(bundles.toSorted()).toEqual(local.toSorted());
    for (const name of bundles) expect(existsSync(await ensureBuilt(root, name))).toBe(true);
    expect(taken).toContain('node_modules');
  });

  test('leaves nothing out of the build that the build reads', () => {
    const ignored = readFileSync(join(root, '.dockerignore'), 'utf8').split('\n').filter(Boolean);
    for (const path of ['package.json', 'package-lock.json', '.npmrc', 'tools', 'functions', 'infra', 'tsconfig.json']) expect(ignored).not.toContain(path);
    for (const path of ['node_modules', 'dist', 'data', '*.env']) expect(ignored).toContain(path);
    for (const copied of of('COPY').filter(([option]) => option !== '--from=build').flatMap((paths) => paths.slice(0, -1))) expect([copied, existsSync(join(root, copied))]).toEqual([copied, true]);
  });

  test('runs as a user without rights, with the major of Node that the product is built for', () => {
    const { engines } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { engines: { node: string } };
    expect(engines.node).toMatch(/^>=\d+$/);
    expect(of('FROM').map(([image]) => image)).toEqual(['node:24-slim', 'node:24-slim']);
    expect(of('USER')).toEqual([['node']]);
  });

  test('what it puts together serves, counts, lets people sign in, makes a backup and stops', async () => {
    const app = join(dir, 'app');
    const data = join(dir, 'data');
    mkdirSync(app);
    mkdirSync(data, { mode: 0o700 });
    for (const path of taken) if (path.startsWith('dist/')) copyFileSync(join(root, path), join(app, basename(path)));
    symlinkSync(join(root, 'node_modules'), join(app, 'node_modules'));
    const [, ...args] = entrypoint.map((part) => part.replace(/^\/app\//, `${app}/`).replace(/^\/data$/, data));
    const server = spawn(process.execPath, [...args, '--port', '0', '--json', '--demo'], { cwd: app, env: { PATH: process.env['PATH'] ?? '', NODE_ENV: 'production', BSG_ADMIN_PASSWORD: 'a password for a test' }, stdio: ['ignore', 'pipe', 'pipe'] });
    let printed = '';
    server.stderr.on('data', (chunk: Buffer) => { printed += chunk.toString(); });
    try {
      const line = await new Promise<string>((resolve, reject) => {
        server.stdout.once('data', (chunk: Buffer) => resolve(chunk.toString()));
        server.once('exit', () => reject(new Error(printed)));
      });
      const ready = JSON.parse(line) as { baseUrl: string; adminTokenFile: string; demoKey: string };
      const { origin } = new URL(ready.baseUrl);
      expect((await call(origin, '/health')).status).toBe(200);
      expect((await call(origin, '/v1/chat/completions', { key: ready.demoKey, body: { model: 'auto', messages: [{ role: 'user', content: 'hi' }] } })).status).toBe(200);
      const headers = { authorization: `Bearer ${readFileSync(ready.adminTokenFile, 'utf8').trim()}` };
      const usage = await call(origin, '/admin/usage', { headers });
      expect([usage.status, Number((usage.json['totals'] as { requests: number }).requests) > 0]).toEqual([200, true]);
      const { json: config } = await call(origin, '/config.json');
      const issuer = new URL(String(config['issuer']));
      expect((await call(origin, `${issuer.pathname}/.well-known/openid-configuration`)).json['issuer']).toBe(config['issuer']);
      const backup = spawnSync(process.execPath, [join(app, 'backup.mjs'), join(dir, 'copy.sqlite'), '--data', data], { encoding: 'utf8' });
      expect([backup.status, existsSync(join(dir, 'copy.sqlite'))]).toEqual([0, true]);
      const reconcile = spawnSync(process.execPath, [join(app, 'reconcile.mjs'), '--data', data], { encoding: 'utf8' });
      expect([reconcile.status, reconcile.stdout]).toEqual([0, expect.stringMatching(/^default: \d+ keys, \d+ requests this month, 0 open: everything agrees$/m)]);
    } finally {
      const gone = new Promise((resolve) => { server.once('exit', resolve); });
      if (server.exitCode === null) {
        server.kill('SIGTERM');
        await gone;
      }
    }
    expect(server.exitCode).toBe(0);
  }, 90_000);
});

describe('the systemd unit', () => {
  const unit = readFileSync(join(root, 'tools/deploy/bsgateway.service'), 'utf8');
  const valueOf = (name: string): string => new RegExp(`^${name}=(.*)$`, 'm').exec(unit)?.[1] ?? '';

  test('starts a bundle that the build makes, and waits longer than the server takes to stop', () => {
    expect(valueOf('ExecStart')).toMatch(/ \/opt\/bsgateway\/dist\/server\.mjs --data \/var\/lib\/bsgateway /);
    expect(`/var/lib/${valueOf('StateDirectory')}`).toBe('/var/lib/bsgateway');
    expect(Number(valueOf('TimeoutStopSec'))).toBeGreaterThanOrEqual(45);
    expect([valueOf('KillSignal'), valueOf('UMask'), valueOf('StateDirectoryMode'), valueOf('DynamicUser'), valueOf('NoNewPrivileges')]).toEqual(['SIGTERM', '0077', '0700', 'yes', 'yes']);
  });

  const analyze = spawnSync('systemd-analyze', ['--version']).status === 0;
  (analyze ? test : test.skip)(analyze ? 'is one that systemd takes without a word' : 'not run: needs systemd-analyze (the systemd unit)', () => {
    const file = join(dir, 'bsgateway.service');
    // The program that it names need not be on this machine.
    writeFileSync(file, unit.replace('/usr/bin/node', process.execPath));
    const done = spawnSync('systemd-analyze', ['verify', '--man=no', file], { encoding: 'utf8' });
    expect({ status: done.status, words: done.stderr.split('\n').filter((line) => line.includes('bsgateway')) }).toEqual({ status: 0, words: [] });
  });
});
