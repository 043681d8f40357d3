// `npm run bench`: BSGateway beside a direct connection and a raw pass-through, then one line per budget.
// Options go to bench.mjs, e.g. `npm run bench -- --rounds 1 --secs 2 --scenarios c50,ttft,burst,sse200`; `--no-startup`
// leaves out the start-up timing, `--decision` leaves out everything but the time of a routing decision. Exits 1 when a budget is missed or anything answered with an error.
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { ensureBuilt } from '../build.mjs';
import { MALLOC, NODE_FLAGS } from '../launcher/node-flags.mjs';
import { budgetLines, decisionLines } from './budgets.mjs';
import { benchConfig, MESSAGES_MODEL, ANTHROPIC_MODEL } from './gateway-config.mjs';

const here = import.meta.dirname;
const root = path.resolve(here, '../..');
const PORT = 9301;
const MALLOC_WORDS = Object.entries(MALLOC).map(([name, value]) => `${name}=${value}`).join(' ');

const args = process.argv.slice(2);
// First, while nothing else runs: it is the one figure that loads no core but its own.
const decisions = decisionLines(JSON.parse(execFileSync(process.execPath, [path.join(here, 'decision-time.ts')], { encoding: 'utf8' })));
if (args.includes('--decision')) finish(decisions);

for (const program of ['wrk', 'taskset']) {
  if (spawnSync('sh', ['-c', `command -v ${program}`]).status !== 0) {
    console.error(`The benchmark needs ${program}: apt-get install -y ${program === 'wrk' ? 'wrk' : 'util-linux'}`);
    process.exit(1);
  }
}

const temp = fs.mkdtempSync(path.join(os.tmpdir(), 'bsgateway-bench-'));
process.on('exit', () => fs.rmSync(temp, { recursive: true, force: true }));
const withStartup = !args.includes('--no-startup');
const out = path.join(temp, 'results.json');
const [server, keygen] = [await ensureBuilt(root, 'server'), await ensureBuilt(root, 'keygen')];
const key = execFileSync(process.execPath, [keygen, 'test'], { encoding: 'utf8' }).trim();
const config = path.join(temp, 'config.json');
fs.writeFileSync(config, JSON.stringify(benchConfig('http://127.0.0.1:9100/v1')));
const env = { ...process.env, BENCH_KEY: key, BENCH_UPSTREAM_KEY: 'bench-upstream', NODE_COMPILE_CACHE: path.join(root, 'node_modules/.cache/compile') };
delete env.NODE_OPTIONS;
const options = (data) => ['--port', String(PORT), '--data', path.join(temp, data), '--config', config, '--json'];

const bench = spawnSync(process.execPath, [
  path.join(here, 'bench.mjs'), '--name', 'mine', '--start', `${MALLOC_WORDS} exec ${[process.execPath, ...NODE_FLAGS, server, ...options('data')].join(' ')}`,
  '--url', `http://127.0.0.1:${PORT}/v1`, '--header', `authorization: Bearer ${key}`, '--anthropic-model', ANTHROPIC_MODEL, '--messages-model', MESSAGES_MODEL,
  '--targets', 'direct,raw,mine', '--rounds', '3', '--secs', '3', '--out', out, ...args.filter((arg) => arg !== '--no-startup'),
], { env, stdio: ['ignore', 'inherit', 'inherit'] });
if (bench.status !== 0) process.exit(bench.status ?? 1);

const startMs = withStartup ? await startTimes(6) : [];
const { data } = JSON.parse(fs.readFileSync(out, 'utf8'));
finish([...budgetLines(data, startMs.slice(1)), ...decisions]);

function finish(lines) {
  console.log(`\n${lines.map(({ ok, text }) => `${ok ? 'pass' : 'FAIL'}  ${text}`).join('\n')}`);
  process.exit(lines.every(({ ok }) => ok) ? 0 : 1);
}

/** Milliseconds from the command `npm start` to the first answered request, `times` times on one data folder. */
async function startTimes(times) {
  const taken = [];
  for (let i = 0; i < times; i += 1) {
    const begun = performance.now();
    const child = spawn('npm', ['start', '--', ...options('startup')], { cwd: root, env, stdio: ['ignore', 'ignore', 'inherit'] });
    const gone = new Promise((resolve) => { child.on('exit', resolve); });
    while (!(await healthy())) {
      if (child.exitCode !== null) throw new Error('npm start ended before it answered');
      await new Promise((resolve) => { setTimeout(resolve, 3); });
    }
    taken.push(performance.now() - begun);
    child.kill('SIGTERM');
    await gone;
  }
  return taken;
}

async function healthy() {
  try {
    const answer = await fetch(`http://127.0.0.1:${PORT}/health`);
    await answer.text();
    return answer.ok;
  } catch {
    return false;
  }
}
