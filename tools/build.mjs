import { mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { StartError } from './launcher/start-error.mjs';

/** What is built, by name: the first existing entry wins. */
export const TARGETS = {
  server: ['infra/local/main.ts', 'infra/local/server.ts'],
  keygen: ['tools/keygen.ts'],
};

/**
 * An ES import of `node:http` reads every export, and one of them loads Node's whole fetch and WebSocket implementation:
 * some 40 ms and 8 MB at each start for something that is never used. `require` reads only what is asked for.
 */
const httpByRequire = {
  name: 'http-by-require',
  setup(build) {
    build.onResolve({ filter: /^node:https?$/ }, ({ path, namespace }) => (namespace === 'by-require' ? { path, external: true } : { path, namespace: 'by-require' }));
    build.onLoad({ filter: /./, namespace: 'by-require' }, ({ path }) => ({ contents: `module.exports = require(${JSON.stringify(path)});` }));
  },
};

const OPTIONS = {
  bundle: true,
  minify: true,
  format: 'esm',
  platform: 'node',
  target: 'node24',
  metafile: true,
  write: false,
  legalComments: 'none',
  logLevel: 'warning',
  plugins: [httpByRequire],
  // CommonJS packages inside an ESM bundle still call `require` for Node's own modules.
  banner: { js: "import{createRequire as bsgRequire}from'node:module';const require=bsgRequire(import.meta.url);" },
};

/**
 * Bundles one target to `dist/<name>.mjs` unless that file is newer knowledge than all of its sources: the stamp beside
 * it lists every source that went in with size and modification time, and the hash of the lockfile stands for packages.
 * Costs one `stat` per source when nothing changed. A failed build prints what is wrong, leaves the previous bundle in
 * place and throws a `StartError`.
 * @returns {Promise<string>} path of the bundle
 */
export async function ensureBuilt(root, name) {
  const file = join(root, 'dist', `${name}.mjs`);
  const stampFile = `${file}.stamp.json`;
  const packages = readFileSync(join(root, 'node_modules', '.bsgateway-lock'), 'utf8');
  if (!stale(root, file, stampFile, packages)) return file;
  const { build } = await import('esbuild');
  const entry = TARGETS[name].find((path) => mark(root, path) !== null);
  if (entry === undefined) throw new StartError(`There is nothing to build: ${TARGETS[name].join(' or ')} is missing.`);
  // Marks are taken before reading: a source saved during the build is stale next time, never missed.
  const before = Date.now();
  const { outputFiles, metafile } = await build({ ...OPTIONS, absWorkingDir: root, entryPoints: [entry], outfile: file }).catch(() => {
    throw new StartError(`${entry} does not build (see above).`);
  });
  const sources = Object.keys(metafile.inputs).filter((path) => !path.includes('node_modules/') && !path.startsWith('<'));
  const marks = Object.fromEntries([...TARGETS[name], ...sources, 'tools/build.mjs'].map((path) => [path, mark(root, path, before)]));
  mkdirSync(dirname(file), { recursive: true });
  replace(file, outputFiles[0].contents);
  replace(stampFile, JSON.stringify({ packages, marks }));
  return file;
}

function stale(root, file, stampFile, packages) {
  try {
    statSync(file);
    const stamp = JSON.parse(readFileSync(stampFile, 'utf8'));
    return stamp.packages !== packages || Object.entries(stamp.marks).some(([path, known]) => mark(root, path) !== known);
  } catch {
    return true;
  }
}

/** Size and modification time of a source; null when there is none, 'changing' when it was saved after `before`. */
function mark(root, path, before = Infinity) {
  const stat = statSync(join(root, path), { throwIfNoEntry: false });
  if (stat === undefined) return null;
  return stat.mtimeMs > before ? 'changing' : `${stat.size}:${stat.mtimeMs}`;
}

/** Two starts at once may build the same target: each puts a whole file in place. */
function replace(file, contents) {
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, contents);
  renameSync(draft, file);
}
