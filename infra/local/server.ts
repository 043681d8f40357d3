import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { framesOf, gathered, jsonLog, type Log } from '../../functions/adapters/observe/log.ts';
import { otlpSettings } from '../../functions/adapters/observe/otlp-settings.ts';
import { openSqliteStore } from '../../functions/adapters/store/sqlite.ts';
import { localKeys, readOrCreateMasterKey } from '../../functions/adapters/vault/local-key.ts';
import type { HttpDoor } from '../../functions/gateway/http.ts';
import { applyConfig } from './apply-config.ts';
import { helpFor, parseCommandLine, StartError, type CommandLine } from './command-line.ts';
import { ensureDefaultTenant } from './default-tenant.ts';
import { openDataFolder, type DataFolder } from './data-folder.ts';
import { startDemo, type Demo } from './demo.ts';
import { openLocalDoor } from './door.ts';
import { newBootId, openEdition, type Edition } from './edition.ts';
import { claimDatabase, masterKeyFits } from './master-key-fits.ts';
import { openRollUps, type RollUps } from './roll-up-timer.ts';
import { keepTheKey, welcome } from './welcome.ts';

/** What is printed may go to a file on a full disk, or to a pipe that nobody reads any more: that ends no gateway. */
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});

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
  if (folder.firstStart && existsSync(folder.paths.database)) {
    throw new StartError(`${folder.paths.root} has a database but no master.key: put the key back that belongs to it. A new one would open none of its credentials and know none of its virtual keys.`);
  }
  const keys = localKeys(readOrCreateMasterKey(folder.paths.masterKey).key);
  const accessLog = gathered((text) => process.stderr.write(text));
  const log = jsonLog(accessLog, () => Date.now());
  const { settings: otlp, problem } = otlpSettings(process.env);
  if (problem !== undefined) process.stderr.write(`${problem}\n`);
  process.on('uncaughtException', (error) => {
    // A fault of ours. Its message is not printed: it may repeat what somebody sent. Leases tell the next start what was open.
    log.error('crashed', { kind: error instanceof Error ? error.name : 'unknown', where: framesOf(error) });
    process.exit(1);
  });
  const edition = await openEdition({ ...(otlp && { otlp }), store: openSqliteStore(folder.paths.database), keys, allowHosts: options.allowUpstreams, log, accessLog, bootId, spoolFile: folder.paths.spool });
  if (!await masterKeyFits(edition.store, keys)) throw new StartError(`${folder.paths.masterKey} does not belong to the database beside it: it opens none of its credentials and knows none of its virtual keys.`);
  await claimDatabase(edition.store, keys);
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
  // The dashboard lies beside this bundle; `npm start` builds it when the gateway already serves.
  const { door, issuer } = openLocalDoor({ options, paths: folder.paths, edition, analytics: rollUps.analytics, dashboardFolder: fileURLToPath(new URL('./dashboard', import.meta.url)), env: process.env });
  await listen(door, options);
  const { port } = door.server.address() as AddressInfo;
  rollUps.start();
  if (folder.firstStart && options.json) process.stderr.write(`${keepTheKey(folder.paths.masterKey)}\n`);
  process.stdout.write(welcome({ options, folder, port, demoKey: demo?.key, signInUrl: issuer.link() }));
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => { void stop({ door, edition, folder, demo, rollUps, log }); });
}

async function readConfig(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch {
    throw new StartError(`The config file ${file} could not be read.`);
  }
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

interface Running { readonly door: HttpDoor; readonly edition: Edition; readonly folder: DataFolder; readonly demo: Demo | undefined; readonly rollUps: RollUps; readonly log: Log }

let stopping = false;

/** Stops taking requests, lets the running ones end and settle, then closes the store. A second signal ends at once. */
async function stop({ door, edition, folder, demo, rollUps, log }: Running): Promise<void> {
  if (stopping) process.exit(1);
  stopping = true;
  // What fails in one step must not leave out the next: the store is closed whatever happens before.
  for (const step of [() => door.drain(DRAIN_MS), () => rollUps.stop(), () => edition.close(), () => demo?.close()]) {
    await Promise.resolve(step()).catch((error: unknown) => {
      process.exitCode = 1;
      log.error('stopping failed', { kind: error instanceof Error ? error.name : 'unknown' });
    });
  }
  folder.release();
  process.exit();
}

const args = process.argv.slice(2);
const help = helpFor(args);
try {
  if (help === undefined) await start(parseCommandLine(args));
  else process.stdout.write(help);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}
