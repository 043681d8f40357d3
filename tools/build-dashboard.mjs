import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { setPriority } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { ensureInstalled } from './launcher/install.mjs';
import { StartError } from './launcher/start-error.mjs';

/** Folders and files that go into the dashboard; packages are told apart by the hash of the lockfile. */
const SOURCES = ['frontend', 'functions/contract', 'tools/build-dashboard.mjs'];
/** What is worth compressing for browsers on another machine. */
const COMPRESSED = /\.(?:js|css|svg|html)$/;

export const dashboardFolder = (root) => join(root, 'dist', 'dashboard');
const stampFile = (root) => join(root, 'dist', 'dashboard.stamp.json');

/** Whether `dist/dashboard` is missing or older than a source, where there are sources. Costs one `stat` per source. */
export function dashboardIsStale(root) {
  if (!existsSync(join(root, 'frontend', 'index.html'))) return false;
  if (!existsSync(join(dashboardFolder(root), 'index.html'))) return true;
  try {
    return readFileSync(stampFile(root), 'utf8') !== stampOf(root);
  } catch {
    return true;
  }
}

function stampOf(root) {
  const packages = readFileSync(join(root, 'node_modules', '.bsgateway-lock'), 'utf8');
  const files = SOURCES.flatMap((source) => (statSync(join(root, source)).isDirectory() ? readdirSync(join(root, source), { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name)) : [join(root, source)]));
  return JSON.stringify({ packages, files: files.toSorted().map((file) => { const { size, mtimeMs } = statSync(file); return `${file.slice(root.length)} ${size} ${mtimeMs}`; }) });
}

/**
 * Builds the dashboard into `dist/dashboard` when it is stale; a whole folder is put in place at once, and the one before
 * stays until then. Prints what is wrong and throws a `StartError` when it does not build.
 */
export async function ensureDashboard(root) {
  if (!dashboardIsStale(root)) return;
  // Taken before reading: a source that is saved during the build is stale next time.
  const stamp = stampOf(root);
  dropDrafts(root);
  const { build } = await import('vite');
  const draft = join(root, 'dist', `dashboard.${process.pid}`);
  try {
    await build({ root: join(root, 'frontend'), configFile: join(root, 'frontend', 'vite.config.ts'), logLevel: 'warn', build: { outDir: draft, emptyOutDir: true } });
  } catch (error) {
    rmSync(draft, { recursive: true, force: true });
    process.stderr.write(`${error?.message ?? error}\n`);
    throw new StartError('The dashboard does not build (see above).');
  }
  compress(draft);
  const place = dashboardFolder(root);
  const before = `${draft}.before`;
  mkdirSync(join(root, 'dist'), { recursive: true });
  if (existsSync(place)) renameSync(place, before);
  renameSync(draft, place);
  rmSync(before, { recursive: true, force: true });
  writeFileSync(stampFile(root), stamp);
}

/** Whoever was stopped while it built left half a folder behind. */
function dropDrafts(root) {
  const dist = join(root, 'dist');
  if (!existsSync(dist)) return;
  for (const name of readdirSync(dist)) {
    const pid = /^dashboard\.(\d+)(?:\.before)?$/.exec(name)?.[1];
    if (pid !== undefined && !isRunning(Number(pid))) rmSync(join(dist, name), { recursive: true, force: true });
  }
}

function isRunning(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

/** Beside each text file what it becomes in the codings that browsers take, so that nobody compresses while somebody waits. */
function compress(folder) {
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !COMPRESSED.test(entry.name)) continue;
    const file = join(entry.parentPath, entry.name);
    const bytes = readFileSync(file);
    writeFileSync(`${file}.gz`, gzipSync(bytes, { level: 9 }));
    writeFileSync(`${file}.br`, brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length } }));
  }
}

/** `node tools/build-dashboard.mjs [background]`: in the background it leaves the machine to whoever needs it. */
if (process.argv[1] === fileURLToPath(import.meta.url)) {
  if (process.argv[2] === 'background') setPriority(10);
  try {
    const root = process.env.BSG_ROOT ?? join(fileURLToPath(import.meta.url), '..', '..');
    // A gateway that was only started has not got what builds: it is added beside what runs.
    ensureInstalled(root);
    await ensureDashboard(root);
  } catch (error) {
    if (!(error instanceof StartError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 1;
  }
}
