import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { closeSync, fstatSync, fsyncSync, openSync, readFileSync, unlinkSync, writeSync } from 'node:fs';
import { StartError } from './command-line.ts';

/** The bearer token of this machine's operator: owner of the tenant `default`. */
export interface AdminToken {
  /** Constant time in the contents of both. */
  matches(presented: string): boolean;
}

const GRAMMAR = /^bsga_[0-9A-Za-z]{40,}$/;

/**
 * Reads the token from `path`, or creates it there once: `bsga_` and 256 random bits in hex, readable by its owner
 * only. Throws `StartError` when others may read the file or when it holds anything else.
 */
export function openAdminToken(path: string): AdminToken {
  const expected = digest(readOrCreate(path));
  return { matches: (presented) => timingSafeEqual(digest(presented), expected) };
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

function readOrCreate(path: string): string {
  try {
    return create(path);
  } catch (error) {
    if (!isPresent(error)) throw new StartError(`The admin token file ${path} could not be written.`, { cause: error });
  }
  const { text, mode } = read(path);
  // Windows has no such bits and reports them all as set.
  if (process.platform !== 'win32' && (mode & 0o077) !== 0) throw new StartError(`The admin token file ${path} is open to other users; run "chmod 600 ${path}" or delete it for a new token.`);
  if (!GRAMMAR.test(text)) throw new StartError(`The admin token file ${path} does not hold a token; delete it and start again for a new one.`);
  return text;
}

const isPresent = (error: unknown): boolean => typeof error === 'object' && error !== null && 'code' in error && error.code === 'EEXIST';

function read(path: string): { text: string; mode: number } {
  let file: number | undefined;
  try {
    file = openSync(path, 'r');
    return { text: readFileSync(file, 'latin1').trim(), mode: fstatSync(file).mode };
  } catch (error) {
    throw new StartError(`The admin token file ${path} could not be read.`, { cause: error });
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

function create(path: string): string {
  const token = `bsga_${randomBytes(32).toString('hex')}`;
  const file = openSync(path, 'wx', 0o600);
  try {
    writeSync(file, `${token}\n`);
    fsyncSync(file);
  } catch (error) {
    unlinkSync(path);
    throw error;
  } finally {
    closeSync(file);
  }
  return token;
}
