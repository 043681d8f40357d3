import { spawn, type ChildProcess } from 'node:child_process';
import { createServer, type Server } from 'node:http';
import { createServer as createSocketServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { getLedgerEntry } from '../../../functions/adapters/store/ledger.ts';
import { saveRouting } from '../../../functions/adapters/store/routing.ts';
import type { Store } from '../../../functions/adapters/store/port.ts';
import { routing } from '../../../functions/contract/routing.ts';
import type { LedgerEntry } from '../../../functions/contract/ledger.ts';
import { functionDoor } from '../aws/function-door.ts';
import { testGateway } from '../gateway.ts';
import { lambdaWorld, type LambdaWorld } from '../lambda-world.ts';
import { scriptedUpstream, type ScriptedUpstream } from '../scripted-upstream.ts';
import { SUBJECT_ROUTING, subjectModels, type Subject, type SubjectModel } from './subject.ts';

export interface OpenSubject extends Subject { close(): Promise<void> }
const UNLIMITED = { rpm: null, tpm: null };

/** The http door of one machine, in this process. */
export async function httpSubject(): Promise<OpenSubject> {
  const [upstream, gateway] = await Promise.all([scriptedUpstream(), testGateway({ breakers: 'always-closed' })]);
  for (const model of subjectModels(upstream.baseUrl)) await gateway.addModel(model);
  await gateway.route(SUBJECT_ROUTING);
  return {
    origin: gateway.origin, key: gateway.key, upstream, ledger: (id) => gateway.ledger(id), newKey: async (limits) => (await gateway.addKey(limits)).key,
    close: async () => void await Promise.all([gateway.close(), upstream.close()]),
  };
}

export interface WebSubject extends OpenSubject {
  /** Another upstream of the same process, whose model is called `other`. */
  readonly other: ScriptedUpstream;
  /** The one process that serves. */
  readonly child: ChildProcess;
  /** What it has logged so far. */
  readonly lines: () => readonly Readonly<Record<string, unknown>>[];
}

/** The bundle of compute=web in a process of its own, over DynamoDB Local and the fake key service. */
export async function webSubject(): Promise<WebSubject> {
  const other = await scriptedUpstream();
  const base = await awsSubject([other]);
  const endpoint = `127.0.0.1:${await freePort()}`;
  const child = spawn(process.execPath, [join(await base.world.bundle('gateway-web'), 'index.mjs')], {
    stdio: ['ignore', 'pipe', 'inherit'], env: { PATH: process.env['PATH'], AWS_REGION: 'eu-central-1', AWS_LAMBDA_HTTP_ENDPOINT: endpoint, ...base.env },
  });
  let written = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => { written += text; });
  const origin = `http://${endpoint}`;
  for (let tries = 0; tries < 200; tries += 1) {
    if (await fetch(`${origin}/health`).then(({ ok }) => ok, () => false)) break;
    await new Promise((resolve) => { setTimeout(resolve, 50); });
  }
  return {
    ...base.subject, origin, other, child, lines: () => written.split('\n').filter((line) => line !== '').map((line) => JSON.parse(line) as Record<string, unknown>),
    async close() {
      if (child.exitCode === null) child.kill('SIGKILL');
      await Promise.all([base.close(), other.close()]);
    },
  };
}

/** The gateway function's bundle under the Runtime API, behind what API Gateway does. */
export async function lambdaSubject(): Promise<OpenSubject> {
  const base = await awsSubject([]);
  const runtime = await base.world.start('gateway', 'gateway', base.env);
  const attend = functionDoor(runtime, { isBinary: true });
  const server: Server = createServer((message, response) => { void attend(message, response, message.url ?? '/'); });
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  return {
    ...base.subject, origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      server.closeAllConnections();
      server.close();
      await base.close();
    },
  };
}

interface AwsBase { readonly world: LambdaWorld; readonly env: Record<string, string>; readonly subject: Omit<Subject, 'origin'>; close(): Promise<void> }

async function awsSubject(others: readonly ScriptedUpstream[]): Promise<AwsBase> {
  const [world, upstream] = await Promise.all([lambdaWorld(), scriptedUpstream()]);
  const models: SubjectModel[] = [...subjectModels(upstream.baseUrl), ...others.map(({ baseUrl }) => ({ id: 'other', baseUrl, provider: 'openai-compatible' as const }))];
  for (const model of models) await world.addModel(model);
  await saveRouting(world.store, 'default', routing.parse(SUBJECT_ROUTING), 0, { at: new Date().toISOString(), author: 'test' });
  const { key } = await world.addKey(UNLIMITED);
  return {
    world, env: world.env('gateway', { ALLOW_UPSTREAMS: [upstream, ...others].map(({ port }) => `127.0.0.1:${port}`).join(',') }),
    subject: { key, upstream, ledger: (id) => settled(world.store, id), newKey: async (limits) => (await world.addKey({ ...UNLIMITED, ...limits })).key },
    close: async () => void await Promise.all([world.close(), upstream.close()]),
  };
}

async function settled(store: Store, requestId: string): Promise<LedgerEntry> {
  for (let tries = 0; tries < 300; tries += 1) {
    const entry = await getLedgerEntry(store, 'default', requestId);
    if (entry !== undefined) return entry;
    await new Promise((resolve) => { setTimeout(resolve, 100); });
  }
  throw new Error(`no ledger entry for ${requestId} within 30 s`);
}

async function freePort(): Promise<number> {
  const server = createSocketServer();
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  const { port } = server.address() as AddressInfo;
  await new Promise<void>((resolve) => { server.close(() => resolve()); });
  return port;
}
