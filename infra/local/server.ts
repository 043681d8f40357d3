import { readFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { gathered, jsonLog } from '../../functions/adapters/observe/log.ts';
import { openSqliteStore } from '../../functions/adapters/store/sqlite.ts';
import { localKeys, readOrCreateMasterKey } from '../../functions/adapters/vault/local-key.ts';
import { serveAdmin } from '../../functions/admin/serve-admin.ts';
import type { Analytics } from '../../functions/admin/usage/analytics.ts';
import { GATEWAY_VERSION } from '../../functions/adapters/providers/registry.ts';
import { createHttpDoor, type HttpDoor } from '../../functions/gateway/http.ts';
import type { GatewayRequest, GatewayResponse } from '../../functions/gateway/ports.ts';
import { serve } from '../../functions/gateway/serve.ts';
import { localAdminPorts } from './admin-ports.ts';
import { openAdminToken } from './admin-token.ts';
import { applyConfig } from './apply-config.ts';
import { parseCommandLine, StartError, type CommandLine } from './command-line.ts';
import { ensureDefaultTenant } from './default-tenant.ts';
import { openDataFolder, type DataFolder } from './data-folder.ts';
import { startDemo, type Demo } from './demo.ts';
import { newBootId, openEdition, type Edition } from './edition.ts';
import { dashboardOrigins, exposure } from './exposure.ts';
import { hostGuard } from './host-guard.ts';
import { passwordGate } from './issuer/password.ts';
import { openLocalIssuer, type LocalIssuer } from './local-issuer.ts';
import { publicConfig } from './public-config.ts';
import { openRollUps, type RollUps } from './roll-up-timer.ts';
import { welcome } from './welcome.ts';

const DRAIN_MS = 30_000;
const SWEEP_EVERY_MS = 60_000;

/** The one-machine edition: everything in one process, on one data folder, on loopback unless told otherwise. */
async function start(options: CommandLine): Promise<void> {
  const bootId = newBootId();
  const folder = openDataFolder(options.dataDir, { bootId });
  try {
    await run(options, folder, bootId);
  } catch (error) {
    folder.release();
    throw error;
  }
}

async function run(options: CommandLine, folder: DataFolder, bootId: string): Promise<void> {
  const keys = localKeys(readOrCreateMasterKey(folder.paths.masterKey).key);
  const accessLog = gathered((text) => process.stderr.write(text));
  const log = jsonLog(accessLog, () => Date.now());
  const edition = await openEdition({ store: openSqliteStore(folder.paths.database), keys, allowHosts: options.allowUpstreams, log, accessLog, bootId, spoolFile: folder.paths.spool });
  await ensureDefaultTenant(edition.store, Date.now());
  const demo = options.demo ? await startDemo({ edition }) : undefined;
  if (options.configFile !== undefined) {
    const { warnings } = await applyConfig({ text: await readConfig(options.configFile), store: edition.store, sealing: edition.sealing, pepper: edition.pepper, env: process.env, allowHosts: options.allowUpstreams, now: () => Date.now() });
    for (const warning of warnings) process.stderr.write(`${warning}\n`);
    edition.caches.invalidate();
  }
  // First what is known for certain, then estimates for the rest.
  await edition.recoverSpool();
  await edition.sweepOrphans();
  const sweeper = setInterval(() => { void edition.recoverSpool().then(() => edition.sweepExpired()).catch(() => {}); }, SWEEP_EVERY_MS);
  sweeper.unref();
  const rollUps = openRollUps({ file: folder.paths.database, log });
  const { door, issuer } = openDoor(options, folder, edition, rollUps.analytics);
  await listen(door, options);
  const { port } = door.server.address() as AddressInfo;
  rollUps.start();
  process.stdout.write(welcome({ options, folder, port, demoKey: demo?.key, signInUrl: issuer.link() }));
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => { void stop({ door, edition, folder, demo, rollUps }); });
}

async function readConfig(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch {
    throw new StartError(`The config file ${file} could not be read.`);
  }
}

function openDoor(options: CommandLine, folder: DataFolder, edition: Edition, analytics: Analytics): { door: HttpDoor; issuer: LocalIssuer } {
  const token = openAdminToken(folder.paths.adminToken);
  const exposed = exposure(options, process.env);
  const origins = (): readonly [string, ...string[]] => dashboardOrigins(options, (door.server.address() as AddressInfo).port, exposed.publicUrl);
  const issuer = openLocalIssuer({
    store: edition.store, signingKeyFile: folder.paths.signingKey, adminToken: token, origins, ...(exposed.password !== undefined && { password: passwordGate(exposed.password, Date.now) }),
  });
  const adminPorts = localAdminPorts({ edition, token, allowHosts: options.allowUpstreams, dashboardUrl: () => origins()[0], analytics, verify: issuer.verify });
  const handle = async (request: GatewayRequest): Promise<GatewayResponse> => {
    if (request.path.startsWith('/admin') || request.path === '/metrics') return serveAdmin(request, adminPorts);
    if (request.path === '/config.json') return publicConfig({ issuer: issuer.issuer(), version: GATEWAY_VERSION, demo: options.demo });
    return serve(request, edition.ports);
  };
  const door = createHttpDoor({ handle, maxBodyBytes: options.maxBodyMiB * 1024 * 1024, allowedHosts: hostGuard(options.host, exposed.publicUrl), raw: issuer });
  return { door, issuer };
}

async function listen(door: HttpDoor, { host, port }: CommandLine): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    door.server.once('error', (error: NodeJS.ErrnoException) => reject(new StartError(
      error.code === 'EADDRINUSE' ? `Port ${port} on ${host} is in use; choose another with --port.`
        : error.code === 'EACCES' ? `This user may not listen on port ${port}; choose one above 1023 with --port.`
        : `The gateway cannot listen on ${host}:${port} (${error.code ?? 'unknown'}).`,
    )));
    door.server.listen(port, host, resolve);
  });
}

interface Running { readonly door: HttpDoor; readonly edition: Edition; readonly folder: DataFolder; readonly demo: Demo | undefined; readonly rollUps: RollUps }

let stopping = false;

/** Stops taking requests, lets the running ones end and settle, then closes the store. A second signal ends at once. */
async function stop({ door, edition, folder, demo, rollUps }: Running): Promise<void> {
  if (stopping) process.exit(1);
  stopping = true;
  await door.drain(DRAIN_MS);
  // What the store could not take in its time; where it still cannot, the next start finds it in the spool.
  await edition.recoverSpool().catch(() => 0);
  await rollUps.stop();
  await edition.close();
  await demo?.close();
  folder.release();
  process.exit(0);
}

try {
  await start(parseCommandLine(process.argv.slice(2)));
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}
