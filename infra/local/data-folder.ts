import { accessSync, constants, existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { StartError } from './command-line.ts';

/** The folder that holds everything this machine's gateway keeps. While it is open, no other process can open it. */
export interface DataFolder {
  readonly paths: DataPaths;
  /** True when there was no master key yet: its owner has to be told to back it up. */
  readonly firstStart: boolean;
  /** Gives the folder free; safe to call more than once. The operating system does it for a process that dies. */
  release(): void;
}

/** All absolute. */
export interface DataPaths {
  readonly root: string;
  readonly database: string;
  readonly masterKey: string;
  readonly adminToken: string;
  /** The key under which tokens of people are signed. */
  readonly signingKey: string;
  /** Append-only spool of settlements while the store is away. */
  readonly spool: string;
}

export interface Holder { readonly pid: number; readonly bootId: string }

/**
 * Opens (and creates, for its owner only) the data folder and locks it. Throws `StartError` when it cannot be made,
 * cannot be written, or belongs to a running gateway. Everything this process creates from now on is readable by its
 * owner only.
 */
export function openDataFolder(dir: string, options: { readonly bootId: string; readonly pid?: number }): DataFolder {
  const root = resolve(dir);
  process.umask(0o077);
  makeFolder(root);
  const release = lockFolder(root, { pid: options.pid ?? process.pid, bootId: options.bootId });
  const paths = {
    root,
    database: join(root, 'bsgateway.sqlite'),
    masterKey: join(root, 'master.key'),
    adminToken: join(root, 'admin-token'),
    signingKey: join(root, 'signing-key.json'),
    spool: join(root, 'spool.jsonl'),
  };
  return { paths, firstStart: !existsSync(paths.masterKey), release };
}

/** One folder after the other: on file systems that cannot be written to, such as /proc, Node's recursive form never returns. */
function makeFolders(path: string): void {
  if (existsSync(path)) return;
  makeFolders(dirname(path));
  mkdirSync(path, { mode: 0o700 });
}

function makeFolder(root: string): void {
  try {
    makeFolders(root);
  } catch (error) {
    if (isFullDisk(error)) throw fullDisk(root, error);
    throw new StartError(`The data folder ${root} cannot be created (${codeOf(error)}); choose another with --data.`, { cause: error });
  }
  if (!statSync(root).isDirectory()) throw new StartError(`The data folder ${root} is not a folder; choose another with --data.`);
  try {
    accessSync(root, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    throw new StartError(`This user may not write to the data folder ${root} (${codeOf(error)}); choose another with --data.`, { cause: error });
  }
}

/** A lock that nothing refers to would be collected as garbage, and given free by that. */
const locks = new Set<DatabaseSync>();

/**
 * One holder at a time, by SQLite's exclusive lock on an empty file. The kernel drops it with its process, so a lock is
 * never stale and there is no race in taking it over, unlike with a file that holds a process id: ids are used again,
 * and in a container every first process is number 1. `holder.json` only serves to name the holder in words.
 */
function lockFolder(root: string, holder: Holder): () => void {
  const holderFile = join(root, 'holder.json');
  let lock: DatabaseSync | undefined;
  try {
    lock = new DatabaseSync(join(root, 'lock'), { timeout: 0 });
    lock.exec('BEGIN EXCLUSIVE');
    writeFileSync(holderFile, `${JSON.stringify(holder)}\n`, { mode: 0o600 });
  } catch (error) {
    if (lock?.isOpen) lock.close();
    if (isBusy(error)) throw new StartError(`The data folder ${root} is in use by ${nameOf(holderFile)}; stop it first or choose another folder with --data.`, { cause: error });
    if (isFullDisk(error)) throw fullDisk(root, error);
    throw new StartError(`This user may not write to the data folder ${root} (${codeOf(error)}); choose another with --data.`, { cause: error });
  }
  const held = lock;
  locks.add(held);
  return () => {
    locks.delete(held);
    if (!held.isOpen) return;
    rmSync(holderFile, { force: true });
    held.close();
  };
}

function nameOf(holderFile: string): string {
  try {
    const { pid } = JSON.parse(readFileSync(holderFile, 'utf8')) as Partial<Holder>;
    if (Number.isInteger(pid)) return `another BSGateway (process ${pid})`;
  } catch { /* it is being written, or gone: the sentence does without */ }
  return 'another BSGateway';
}

const SQLITE_FULL = 13;
const isFullDisk = (error: unknown): boolean => typeof error === 'object' && error !== null
  && (('errcode' in error && error.errcode === SQLITE_FULL) || ('code' in error && (error.code === 'ENOSPC' || error.code === 'EDQUOT')));
const fullDisk = (root: string, cause: unknown): StartError => new StartError(`The disk of the data folder ${root} is full; make room or choose another with --data.`, { cause });

const SQLITE_BUSY = 5;
const isBusy = (error: unknown): boolean => typeof error === 'object' && error !== null && 'errcode' in error && error.errcode === SQLITE_BUSY;
const codeOf = (error: unknown): string => (typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : 'unknown reason');
