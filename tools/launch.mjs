/**
 * The first program of every `npm run …`: plain JavaScript without dependencies, so that it works in a fresh clone with
 * nothing but npm and Node 20. It installs once, finds a Node 24, builds what is stale and then becomes the task. Under
 * `npm run` the dependency `node-<platform>` puts its Node 24 first in PATH, so from the second start on this process
 * is that Node 24 already and the task runs in it, without another process.
 *
 *   node tools/launch.mjs <task> [arguments of the task]
 */
const [task, ...args] = process.argv.slice(2);
const major = Number(process.versions.node.split('.')[0]);

if (major < 20) {
  process.stderr.write(`BSGateway needs Node 20 or newer to start; this is Node ${process.versions.node}.\n`);
  process.exit(1);
}

try {
  const { launch } = await import('./launcher/tasks.mjs');
  await launch(task, args, major);
} catch (error) {
  // A `StartError` is written for the operator and is one sentence; anything else is a bug and shows its stack.
  process.stderr.write(error?.name === 'StartError' ? `${error.message}\n` : `${error?.stack ?? error}\n`);
  process.exit(1);
}
