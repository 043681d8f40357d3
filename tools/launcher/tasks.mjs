import { spawn } from 'node:child_process';
import module from 'node:module';
import { pathToFileURL } from 'node:url';
import { guaranteesRun, jest } from '../run-tests.mjs';
import { runChild } from './child.mjs';
import { ensureInstalled } from './install.mjs';
import { installedNode, NODE_MAJOR } from './node-binary.mjs';
import { NODE_FLAGS } from './node-flags.mjs';
import { inRoot, root } from './paths.mjs';
import { StartError } from './start-error.mjs';

/** Tasks that are a bundle run in this process. */
const BUNDLES = { 'start': 'server', 'keygen': 'keygen', 'signin': 'signin', 'verify-audit': 'verify-audit', 'backup': 'backup', 'restore': 'restore', 'reconcile': 'reconcile' };
/** Tasks that are other programs run one after the other; the first failure is the result. */
const PROGRAMS = {
  'test': (args) => [jest(root, args)],
  'test:guarantees': (args) => [guaranteesRun(root, args)],
  'test:mutation': (args) => [[inRoot('tools/mutation/run.mjs'), ...args]],
  'test:clients': (args) => [jest(root, ['test/clients', ...args])],
  'test:browser': (args) => [jest(root, browserFiles(args))],
  'budgets:dashboard': (args) => [[inRoot('tools/dashboard-budgets.mjs'), ...args]],
  'screenshots': (args) => [[inRoot('tools/screenshots/main.ts'), ...args]],
  'bench:usage': (args) => [jest(root, ['test/guarantees/usage-million.test.ts', ...args])],
  'types': (args) => [root, inRoot('frontend'), inRoot('test/browser')].map((project) => [inRoot('node_modules/typescript/bin/tsc'), '-p', project, ...args]),
  'lint': (args) => [[inRoot('node_modules/oxlint/bin/oxlint'), ...(args.length > 0 ? args : [root])]],
  'check': () => [...PROGRAMS.types([]), ...PROGRAMS.lint([])],
  'build': () => [],
  'bench': (args) => [[inRoot('tools/bench/run.mjs'), ...args]],
  'bench:cold': (args) => [[inRoot('tools/bench/cold.mjs'), ...args]],
  'simulate:week': (args) => [[inRoot('tools/simulate-week/main.ts'), ...args]],
  'bench:routing': (args) => [[inRoot('tools/bench-routing/main.ts'), ...args]],
  'train': (args) => [[inRoot('tools/train-classifier/main.ts'), ...args]],
  'soak': (args) => [[inRoot('tools/soak/run.mjs'), ...args]],
  'deploy': (args) => [[inRoot('tools/build.mjs'), 'lambda'], [inRoot('tools/deploy/run.mjs'), ...args]],
  'synth': (args) => [[inRoot('tools/build.mjs'), 'lambda'], [inRoot('infra/app.ts'), ...args]],
};

/** Words before the first option name files of test/browser; without any it is all of them. */
function browserFiles(args) {
  const options = args.findIndex((arg) => arg.startsWith('-'));
  const words = options < 0 ? args : args.slice(0, options);
  return [...(words.length === 0 ? ['test/browser/'] : words.map((word) => `test/browser/.*${word}`)), ...args.slice(words.length)];
}

/**
 * Runs `task` and, for programs, ends the process with their exit code. A bundle decides by itself when it ends.
 * Throws `StartError` for an unknown task or a machine that cannot run it.
 */
export async function launch(task, args, major) {
  if (BUNDLES[task] === undefined && PROGRAMS[task] === undefined) {
    throw new StartError(`There is no task "${task ?? ''}"; there are ${[...Object.keys(BUNDLES), ...Object.keys(PROGRAMS)].join(', ')}.`);
  }
  ensureInstalled(root, undefined, BUNDLES[task] === undefined ? 'all' : 'run');
  if (major < NODE_MAJOR) {
    process.exit(await runChild(installedNode(root), [...NODE_FLAGS, inRoot('tools/launch.mjs'), task, ...args]));
  }
  // Parsing the bundle costs more than running its top level: V8's code cache for it lives beside the packages.
  module.enableCompileCache?.(inRoot('node_modules/.cache/compile'));
  if (BUNDLES[task] === undefined) {
    process.exit(await runPrograms(task, args));
  }
  const { ensureBuilt } = await import('../build.mjs');
  const file = await ensureBuilt(root, BUNDLES[task]);
  process.argv = [process.execPath, file, ...args];
  await import(pathToFileURL(file).href);
  if (task === 'start') await buildDashboardBeside();
}

/** The gateway serves already; its dashboard is built by another process when it is missing or older than its sources. */
async function buildDashboardBeside() {
  const { dashboardIsStale } = await import('../build-dashboard.mjs');
  if (!dashboardIsStale(root)) return;
  const child = spawn(process.execPath, [inRoot('tools/build-dashboard.mjs'), 'background'], { stdio: ['ignore', 'ignore', 'inherit'], env: process.env });
  child.on('error', () => process.stderr.write('The dashboard could not be built; `npm run build` says why.\n'));
  child.unref();
}

async function runPrograms(task, args) {
  if (task === 'build') {
    const { ensureBuilt, TARGETS } = await import('../build.mjs');
    for (const name of Object.keys(TARGETS)) await ensureBuilt(root, name);
  }
  if (['build', 'deploy', 'synth', 'test:browser', 'budgets:dashboard', 'screenshots'].includes(task)) await (await import('../build-dashboard.mjs')).ensureDashboard(root);
  if (task === 'test:guarantees' || task === 'bench:usage') process.env.BSG_FULL = '1';
  // Limits in milliseconds hold for a run that has the machine to itself.
  if (task === 'bench:usage') process.env.BSG_ALONE = '1';
  if (task === 'test:clients') process.env.BSG_CLIENTS = '1';
  if (task === 'test:browser') process.env.BSG_BROWSER = '1';
  for (const program of PROGRAMS[task](args)) {
    const code = await runChild(process.execPath, program);
    if (code !== 0) return code;
  }
  return 0;
}
