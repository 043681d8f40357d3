import { existsSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { StartError } from './launcher/start-error.mjs';

/** The Lambda functions by name. Each becomes one file, `dist/lambda/<name>/index.mjs`, whose export is `handler`. */
export const LAMBDAS = {
  'gateway': 'functions/gateway/lambda.ts',
  'gateway-web': 'functions/gateway/web.ts',
  'admin': 'functions/admin/lambda.ts',
  'bridge': 'functions/bridge/lambda.ts',
  'sweep-reservations': 'functions/jobs/sweep-reservations/lambda.ts',
  'roll-up': 'functions/jobs/roll-up/lambda.ts',
  'plan-evidence': 'functions/jobs/plan-evidence/lambda.ts',
  'archive-audit': 'functions/jobs/archive-audit/lambda.ts',
  'publish-dashboard': 'functions/jobs/publish-dashboard/lambda.ts',
  'watch-audit': 'functions/jobs/watch-audit/lambda.ts',
};

/** The target that builds a function. */
export const lambdaTarget = (name) => `lambda/${name}/index`;

/** What is built, by path under `dist` without its ending: the first existing entry wins. */
export const TARGETS = {
  server: ['infra/local/main.ts', 'infra/local/server.ts'],
  'analytics-worker': ['infra/local/analytics-worker.ts'],
  keygen: ['tools/keygen.ts'],
  signin: ['tools/signin.ts'],
  'verify-audit': ['tools/verify-audit.ts'],
  backup: ['tools/backup.ts'],
  restore: ['tools/restore.ts'],
  reconcile: ['tools/reconcile.ts'],
  ...Object.fromEntries(Object.entries(LAMBDAS).map(([name, entry]) => [lambdaTarget(name), [entry]])),
};

/** What must lie beside a target because it starts it as a thread. */
const COMPANIONS = { server: ['analytics-worker'] };

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

export const OPTIONS = {
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
  // Larger than the gateway, and needed only when somebody signs in.
  external: ['oidc-provider'],
  // CommonJS packages inside an ESM bundle still call `require` for Node's own modules.
  banner: { js: "import{createRequire as bsgRequire}from'node:module';const require=bsgRequire(import.meta.url);" },
};

/**
 * A function's credentials come from its environment or from the endpoint that the environment names. The other ways of
 * the SDK's chain (profiles, sign-in, web identity: whole service clients; a virtual machine's metadata) are for other
 * machines and stay out.
 */
const noProfiles = {
  name: 'no-profiles',
  setup(build) {
    build.onResolve({ filter: /^@aws-sdk\/credential-provider-(?:ini|login|process|sso|web-identity)$/ }, ({ path }) => ({ path, namespace: 'no-profile' }));
    build.onLoad({ filter: /./, namespace: 'no-profile' }, () => ({ contents: 'module.exports = {};' }));
    build.onLoad({ filter: /credential-provider-imds\/dist-es\/fromInstanceMetadata\.js$/ }, () => ({
      contents: 'export const fromInstanceMetadata = () => async () => { throw new Error("The environment names no credentials."); };',
    }));
  },
};

/**
 * Parts of the SDK that no operation here uses: answers that are streams of events (the SDK's own, not the models'), and a cache for services whose endpoints
 * must be asked for. They would be 20 KB of every function.
 */
const unusedParts = {
  name: 'unused-parts',
  setup(build) {
    build.onLoad({ filter: /@smithy\/core\/dist-es\/submodules\/event-streams\/index\.js$/ }, () => ({
      contents: 'export class EventStreamSerde { constructor() { throw new Error("Event streams are not part of this function."); } }'
        + 'export const eventStreamSerdeProvider = () => undefined; export const resolveEventStreamSerdeConfig = (input) => Object.assign(input, { eventStreamMarshaller: undefined });',
    }));
    build.onLoad({ filter: /@aws-sdk\/endpoint-cache\/dist-es\/index\.js$/ }, () => ({ contents: 'export class EndpointCache { get() {} set() {} delete() {} has() { return false; } clear() {} }' }));
  },
};

/** Of its own package.json a client of the SDK reads only the version. */
const onlyVersions = {
  name: 'only-versions',
  setup(build) {
    build.onLoad({ filter: /@aws-sdk\/client-[a-z-]+\/package\.json$/ }, ({ path }) => ({
      contents: JSON.stringify({ version: JSON.parse(readFileSync(path, 'utf8')).version }), loader: 'json',
    }));
  },
};

/**
 * Functions take the SDK's ES modules, so that what is not used falls away (esbuild's choice for Node is the CommonJS
 * ones), and carry the SDK with them: the runtime's own copy is hundreds of files to find and read at a cold start, which
 * then takes some 15 % longer. `npm run bench:cold` measures both. Word lists in other scripts take half as many bytes as
 * their escapes; a server keeps its source in memory, where one character that is not ASCII doubles all of it.
 */
export const LAMBDA_OPTIONS = { ...OPTIONS, charset: 'utf8', mainFields: ['module', 'main'], plugins: [...OPTIONS.plugins, noProfiles, unusedParts, onlyVersions] };

/**
 * Bundles one target to `dist/<name>.mjs` unless that file is newer knowledge than all of its sources: the stamp beside
 * it lists every source that went in with size and modification time, and the hash of the lockfile stands for packages.
 * Costs one `stat` per source when nothing changed. A failed build prints what is wrong, leaves the previous bundle in
 * place and throws a `StartError`.
 * @returns {Promise<string>} path of the bundle
 */
export async function ensureBuilt(root, name) {
  for (const companion of COMPANIONS[name] ?? []) if (TARGETS[companion].some((path) => mark(root, path) !== null)) await ensureBuilt(root, companion);
  const file = join(root, 'dist', `${name}.mjs`);
  // A function's folder is what is deployed: nothing but the bundle may lie in it.
  const beside = join(root, 'dist', isLambda(name) ? name.replace('lambda/', 'lambda-build/') : name);
  const stampFile = `${beside}.mjs.stamp.json`;
  const packages = readFileSync(join(root, 'node_modules', '.bsgateway-lock'), 'utf8');
  if (!stale(root, file, stampFile, packages)) return file;
  const { build } = await import('esbuild');
  const entry = TARGETS[name].find((path) => mark(root, path) !== null);
  if (entry === undefined) throw new StartError(`There is nothing to build: ${TARGETS[name].join(' or ')} is missing.`);
  // Marks are taken before reading: a source saved during the build is stale next time, never missed.
  const before = Date.now();
  const { outputFiles, metafile } = await build({ ...(isLambda(name) ? LAMBDA_OPTIONS : OPTIONS), absWorkingDir: root, entryPoints: [entry], outfile: file }).catch(() => {
    throw new StartError(`${entry} does not build (see above).`);
  });
  const sources = Object.keys(metafile.inputs).filter((path) => !path.includes('node_modules/') && !path.startsWith('<'));
  const marks = Object.fromEntries([...TARGETS[name], ...sources, 'tools/build.mjs'].map((path) => [path, mark(root, path, before)]));
  for (const path of [file, stampFile]) mkdirSync(dirname(path), { recursive: true });
  const put = (path, contents) => replace(path, Buffer.from(contents), dirname(stampFile));
  put(file, outputFiles[0].contents);
  if (isLambda(name)) put(metafileOf(root, name), JSON.stringify(metafile));
  put(stampFile, JSON.stringify({ packages, marks }));
  return file;
}

const isLambda = (name) => name.startsWith('lambda/');

/** Where esbuild's account of what went into a function lies, once it was built. */
export const metafileOf = (root, name) => join(root, 'dist', `${name.replace('lambda/', 'lambda-build/')}.meta.json`);

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

/** Two starts at once may build the same target: each puts a whole file in place, and the same bytes are left as they are. */
function replace(file, contents, draftFolder) {
  if (existsSync(file) && readFileSync(file).equals(contents)) return;
  const draft = join(draftFolder, `${basename(file)}.${process.pid}`);
  writeFileSync(draft, contents);
  renameSync(draft, file);
}

/** `node tools/build.mjs [lambda|NAME…]`: the functions, the named targets, or everything. */
if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const root = join(dirname(fileURLToPath(import.meta.url)), '..');
  const asked = process.argv.slice(2);
  const names = Object.keys(TARGETS).filter((name) => asked.length === 0 || asked.includes(name) || (asked.includes('lambda') && isLambda(name)));
  try {
    for (const name of names) await ensureBuilt(root, name);
  } catch (error) {
    if (!(error instanceof StartError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 1;
  }
}
