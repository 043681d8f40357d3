// Side-by-side gateway benchmark; `run.mjs` calls it for BSGateway.  See README.md.  Needs wrk and taskset (Debian).
//   node bench.mjs --name mine --start 'node server.mjs --port 9301' --url http://127.0.0.1:9301/v1 \
//        --header 'authorization: Bearer …' [--rounds 5] [--secs 4] [--targets direct,raw,portkey,mine]
// The gateway runs on one core (--gw-core 1); load and mock upstream share another (--load-core 0).
// Every round starts all targets anew and runs each scenario on each target in turn (order rotates),
// so slow drifts of the machine hit all alike.  Figures are medians over rounds, with min–max.
import { spawn, execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
const here = import.meta.dirname ?? path.dirname(new URL(import.meta.url).pathname);
const { values: o } = parseArgs({ options: {
  name: { type: 'string', default: 'mine' }, start: { type: 'string' }, url: { type: 'string' }, header: { type: 'string', multiple: true, default: [] },
  cwd: { type: 'string' }, model: { type: 'string', default: '{}' }, 'anthropic-model': { type: 'string' }, 'messages-model': { type: 'string' }, peers: { type: 'string' },
  targets: { type: 'string' }, from: { type: 'string' }, scenarios: { type: 'string' }, rounds: { type: 'string', default: '5' }, secs: { type: 'string', default: '4' }, warm: { type: 'string', default: '10' },
  'gw-core': { type: 'string', default: '1' }, 'load-core': { type: 'string', default: '0' }, out: { type: 'string', default: 'results.json' }, port: { type: 'string', default: '9100' } } });
const UP = `http://127.0.0.1:${o.port}`, secs = Number(o.secs), rounds = Number(o.rounds);
const tmp = fs.mkdtempSync(path.join(os.tmpdir(), 'gwbench-'));
const sleep = (ms) => new Promise((r) => setTimeout(r, ms));

// ---- targets: {name, start, cwd?, env?, url, headers[], model} ----
// model is a pattern: '{}' is replaced by the mock's model name, e.g. 'openai/{}'.
// Optional sides: anthropic:{headers,model} = OpenAI chat in, Anthropic upstream;
// messages:{headers,model} = Anthropic Messages in, OpenAI upstream. chat:false = has no OpenAI side.
const PEERS = path.resolve(process.env.PEERS ?? path.join(here, '.peers')); // filled by setup.sh
const fill = (s) => s?.replaceAll('$UPSTREAM', UP).replaceAll('$NODE', process.execPath).replaceAll('$BENCH', here).replaceAll('$PEERS', PEERS);
let targets = [
  { name: 'direct', url: `${UP}/v1` },
  { name: 'raw', start: 'exec $NODE $BENCH/passthrough.mjs 9200 $UPSTREAM', url: 'http://127.0.0.1:9200/v1' },
  ...JSON.parse(fill(fs.readFileSync(o.peers ?? path.join(here, 'peers.json'), 'utf8'))),
];
const side = (m) => (m ? { headers: o.header, model: m } : undefined);
if (o.url) targets.push({ name: o.name, start: o.start, cwd: o.cwd, url: o.url, headers: o.header, model: o.model, anthropic: side(o['anthropic-model']), messages: side(o['messages-model']) });
targets = targets.filter((t) => (o.targets ? o.targets.split(',').includes(t.name) : !t.optional)).filter((t) => {
  const ok = o.from || !t.needs || fs.existsSync(t.needs); if (!ok) console.error(`skip ${t.name}: ${t.needs} is missing`); return ok; });

// ---- scenarios ----
const msg = (n) => [{ role: 'system', content: 'You are terse.' }, { role: 'user', content: 'Tell me about foxes. '.repeat(n) }];
const S = [
  { id: 'c1', tool: 'wrk', conc: 1, model: 'mock-json' }, { id: 'c10', tool: 'wrk', conc: 10, model: 'mock-json' }, { id: 'c50', tool: 'wrk', conc: 50, model: 'mock-json' },
  { id: 'rate200', tool: 'rate', conc: 200, model: 'mock-json' },
  { id: 'in64k', tool: 'wrk', conc: 10, model: 'mock-json', reps: 3100 }, { id: 'out256k', tool: 'wrk', conc: 10, model: 'mock-big-256' },
  { id: 'ttft', tool: 'sse', conc: 4, model: 'mock-sse-5x5', stream: true },
  { id: 'sse10', tool: 'sse', conc: 10, model: 'mock-sse-50x20', stream: true },
  { id: 'burst', tool: 'sse', conc: 10, model: 'mock-sse-400x0', stream: true },
  { id: 'sse200', tool: 'sse', conc: 200, model: 'mock-sse-80x50', stream: true, secs: 1 },
  // 50 parts a second on 200 streams at once: what relaying costs when admission and settlement are spread thin.
  { id: 'sse200x50', tool: 'sse', conc: 200, model: 'mock-sse-250x20', stream: true, secs: 1 },
  { id: 'xjson', tool: 'wrk', conc: 10, model: 'mock-json', side: 'anthropic' },
  { id: 'xburst', tool: 'sse', conc: 10, model: 'mock-sse-400x0', stream: true, side: 'anthropic' },
  { id: 'mjson', tool: 'wrk', conc: 10, model: 'mock-json', side: 'messages' },
  { id: 'mburst', tool: 'sse', conc: 10, model: 'mock-sse-400x0', stream: true, side: 'messages' },
].filter((s) => !o.scenarios || o.scenarios.split(',').includes(s.id));

// ---- process accounting from /proc ----
const rd = (f) => { try { return fs.readFileSync(f, 'utf8'); } catch { return ''; } };
function tree(root) {
  const kids = new Map();
  for (const d of fs.readdirSync('/proc')) { if (!/^\d+$/.test(d)) continue; const st = rd(`/proc/${d}/stat`); const pp = st.slice(st.lastIndexOf(')') + 2).split(' ')[1]; if (pp) kids.set(pp, [...(kids.get(pp) ?? []), d]); }
  const all = [], walk = (p) => { all.push(p); (kids.get(p) ?? []).forEach(walk); }; walk(String(root)); return all;
}
const cpuMs = (pids) => pids.reduce((t, p) => { try { for (const k of fs.readdirSync(`/proc/${p}/task`)) t += Number(rd(`/proc/${p}/task/${k}/schedstat`).split(' ')[0]) / 1e6; } catch {} return t; }, 0);
const rssMb = (pids) => pids.reduce((t, p) => t + Number(/VmRSS:\s+(\d+)/.exec(rd(`/proc/${p}/status`))?.[1] ?? 0) / 1024, 0);
const coreBusyMs = (c) => { const f = new RegExp(`^cpu${c} (.*)$`, 'm').exec(rd('/proc/stat'))[1].split(' ').map(Number); return (f[0] + f[1] + f[2] + f[5] + f[6] + f[7]) * 10; };

const env = (t, s) => {
  const side = s.side ? t[s.side] : t;
  const f = path.join(tmp, `${t.name}-${s.id}.json`);
  fs.writeFileSync(f, JSON.stringify({ model: (side.model ?? '{}').replace('{}', s.model), messages: msg(s.reps ?? 3), max_tokens: 256, ...(s.stream ? { stream: true } : {}) }));
  return { ...process.env, BODY_FILE: f, HEADERS: ['authorization: Bearer bench-key', ...(side.headers ?? [])].map(fill).join('\n') };
};
const run = (cmd, args, e) => new Promise((res, rej) => { const p = spawn('taskset', ['-c', o['load-core'], cmd, ...args], { env: e, stdio: ['ignore', 'pipe', 'pipe'] }); let out = ''; p.stdout.on('data', (d) => { out += d; }); p.stderr.on('data', (d) => { out += d; }); p.on('close', () => { const l = out.trim().split('\n').reverse().find((x) => x.startsWith('{')); l ? res(JSON.parse(l)) : rej(new Error(`${cmd}: ${out.slice(0, 500)}`)); }); });
const urlOf = (t, s) => `${t.url}${s.side === 'messages' ? '/messages' : '/chat/completions'}`;
const load = (t, s, n = s.secs ?? secs) => s.tool === 'wrk'
  ? run('wrk', ['-t1', `-c${s.conc}`, `-d${n}s`, '--timeout', '10s', '-s', path.join(here, 'post.lua'), urlOf(t, s)], env(t, s))
  : run(process.execPath, [path.join(here, 'client.mjs'), s.tool, urlOf(t, s), s.conc, n], env(t, s));
const home = (t) => (t.chat === false ? 'messages' : undefined);
const can = (t, s) => (s.side ? Boolean(t[s.side]) : t.chat !== false);

async function once(t) { // plain request from here: is it up?
  const up = { id: 'up', model: 'mock-json', side: home(t) }, e = env(t, up); const h = Object.fromEntries(e.HEADERS.split('\n').map((l) => { const i = l.indexOf(':'); return [l.slice(0, i), l.slice(i + 1).trim()]; }));
  try { const r = await fetch(urlOf(t, up), { method: 'POST', headers: { 'content-type': 'application/json', ...h }, body: fs.readFileSync(e.BODY_FILE), signal: AbortSignal.timeout(2000) }); await r.text(); return r.status === 200; } catch { return false; }
}
async function start(t) {
  if (!t.start) return;
  const log = fs.openSync(path.join(tmp, `${t.name}.log`), 'a'), t0 = performance.now();
  t.proc = spawn('taskset', ['-c', o['gw-core'], 'sh', '-c', fill(t.start)], { cwd: t.cwd, env: { ...process.env, ...t.env }, stdio: ['ignore', log, log], detached: true });
  while (!(await once(t))) { if (performance.now() - t0 > (t.bootMs ?? 90_000) || t.proc.exitCode !== null) throw new Error(`${t.name} did not start: ${rd(path.join(tmp, `${t.name}.log`)).slice(-800)}`); await sleep(5); }
  const startMs = performance.now() - t0; t.pids = tree(t.proc.pid);
  const startCpu = cpuMs(t.pids); await sleep(1500);
  rec(t, 'startup', { startMs, startCpu, restMb: rssMb(t.pids) });
}
const stop = (t) => { if (t.proc) { try { process.kill(-t.proc.pid, 'SIGKILL'); } catch {} t.proc = null; } };

const data = {}; // data[target][scenario] = [sample per round]
const rec = (t, id, sample) => ((data[t.name] ??= {})[id] ??= []).push(sample);

async function measure() {
const upstream = spawn('taskset', ['-c', o['load-core'], process.execPath, path.join(here, 'upstream.mjs'), o.port], { stdio: 'ignore' });
const bye = () => { targets.forEach(stop); upstream.kill(); };
process.on('exit', bye); process.on('SIGINT', () => process.exit(130)); process.on('SIGTERM', () => process.exit(143));
while (!(await once(targets[0].name === 'direct' ? targets[0] : { name: 'direct', url: `${UP}/v1` }))) await sleep(20);

for (let r = 0; r < rounds; r++) {
  for (const t of targets) await start(t);
  const direct = targets.find((t) => t.name === 'direct'); if (direct) direct.pids = [String(upstream.pid)];
  // Each round starts new processes; what V8 compiles in their first ten thousand requests is no cost of the next million.
  for (const t of targets) await load(t, { id: 'warm', tool: 'wrk', conc: t === direct ? 10 : 50, model: 'mock-json', side: home(t) }, t === direct ? 2 : Number(o.warm));
  for (const s of S) {
    const order = targets.slice(r % targets.length).concat(targets.slice(0, r % targets.length));
    for (const t of order) {
      if (!can(t, s)) continue;
      const core = t === direct ? o['load-core'] : o['gw-core'];
      await sleep(150);
      const pids = t.proc ? tree(t.proc.pid) : t.pids, c0 = cpuMs(pids), b0 = coreBusyMs(core), w0 = performance.now();
      let peak = 0; const iv = setInterval(() => { peak = Math.max(peak, rssMb(pids)); }, 200);
      let x; try { x = await load(t, s); } catch (e) { x = { requests: 0, errors: -1, lastErr: e.message }; }
      clearInterval(iv);
      const wall = performance.now() - w0, cpu = cpuMs(pids) - c0, busy = coreBusyMs(core) - b0;
      rec(t, s.id, { ...x, cpuMs: cpu, cpuPerReq: cpu / x.requests, cpuUsPerChunk: x.chunks ? cpu * 1000 / x.chunks : null, util: cpu / wall, foreign: t === direct ? null : Math.max(0, (busy - cpu) / wall), peakMb: peak });
      process.stderr.write(`r${r + 1} ${s.id.padEnd(8)} ${t.name.padEnd(9)} ${x.requests} req ${x.errors} err p50 ${x.p50?.toFixed(2)} p99 ${x.p99?.toFixed(2)} cpu/req ${(cpu / x.requests).toFixed(3)}ms util ${(cpu / wall).toFixed(2)} ${x.lastErr ?? ''}\n`);
    }
  }
  for (const t of targets) { if (t.proc) rec(t, 'end', { endMb: rssMb(tree(t.proc.pid)) }); stop(t); }
  await sleep(300);
}
fs.writeFileSync(o.out, JSON.stringify({ when: new Date().toISOString(), node: process.version, cpu: os.cpus()[0].model, rounds, secs, data }, null, 1));
}
if (o.from) Object.assign(data, JSON.parse(fs.readFileSync(o.from, 'utf8')).data); else await measure(); // --from results.json: only print

// ---- report ----
const med = (xs) => { const s = xs.filter((x) => x != null && Number.isFinite(x)).sort((p, q) => p - q); return s.length ? (s[(s.length - 1) >> 1] + s[s.length >> 1]) / 2 : NaN; };
const show = (xs, d = 2) => { const v = xs.filter((x) => x != null && Number.isFinite(x)); return v.length ? `${med(v).toFixed(d)} (${Math.min(...v).toFixed(d)}–${Math.max(...v).toFixed(d)})` : '—'; };
const col = (t, id, f, base) => (data[t]?.[id] ?? []).map((x, i) => { const v = typeof f === 'function' ? f(x) : x[f]; return base ? v - (data.direct?.[id]?.[i]?.[f] ?? NaN) : v; });
const names = targets.map((t) => t.name).filter((n) => data[n]), rows = [];
const nRounds = Math.max(...Object.values(data).flatMap((d) => Object.values(d).map((x) => x.length)));
const ratio = (label, id, f) => { if (data.raw?.[id]) rows.push([label, ...names.map((n) => (n === 'direct' ? '—' : show((data[n]?.[id] ?? []).map((x, i) => x[f] / data.raw[id][i]?.[f]), 1)))]); };
const row = (label, id, f, d, base) => { if (names.some((n) => data[n]?.[id])) rows.push([label, ...names.map((n) => (base && n === 'direct' ? `floor ${show(col(n, id, f), d)}` : show(col(n, id, f, base), d)))]); };
row('startup to first 200, ms', 'startup', 'startMs', 0); row('startup CPU, ms', 'startup', 'startCpu', 0); row('RSS at rest, MB', 'startup', 'restMb', 0);
for (const c of ['c1', 'c10', 'c50']) { row(`${c}: added p50, ms`, c, 'p50', 2, true); row(`${c}: added p99, ms`, c, 'p99', 2, true); row(`${c}: requests/s`, c, 'rps', 0); row(`${c}: CPU-ms/request`, c, 'cpuPerReq', 3); }
ratio('c10: CPU per request, times raw', 'c10', 'cpuPerReq'); ratio('c50: CPU per request, times raw', 'c50', 'cpuPerReq');
row('c50: max req/s per core (1000/CPU-ms)', 'c50', (x) => 1000 / x.cpuPerReq, 0);
row('200 req/s: added p50, ms', 'rate200', 'p50', 2, true); row('200 req/s: added p99, ms', 'rate200', 'p99', 2, true); row('200 req/s: CPU-ms/request', 'rate200', 'cpuPerReq', 3);
row('64 KiB prompt c10: CPU-ms/request', 'in64k', 'cpuPerReq', 3); row('256 KiB answer c10: CPU-ms/request', 'out256k', 'cpuPerReq', 3);
row('short streams c4: added TTFT p50, ms', 'ttft', 'ttft50', 2, true); row('short streams c4: added TTFT p99, ms', 'ttft', 'ttft99', 2, true); row('short streams c4: CPU-ms/stream', 'ttft', 'cpuPerReq', 2);
row('10 streams 50×20ms: added chunk delay p50, ms', 'sse10', 'chunk50', 3, true); row('10 streams: added chunk delay p99, ms', 'sse10', 'chunk99', 2, true); row('10 streams: CPU-µs/chunk', 'sse10', 'cpuUsPerChunk', 0);
row('burst 400×0ms c10: chunks/s', 'burst', (x) => x.chunks / x.secs, 0); row('burst: CPU-µs/chunk', 'burst', 'cpuUsPerChunk', 1); ratio('burst: CPU per chunk, times raw', 'burst', 'cpuUsPerChunk'); ratio('short streams: CPU per stream, times raw', 'ttft', 'cpuPerReq');
row('200 streams 80×50ms: peak RSS, MB', 'sse200', 'peakMb', 0); row('200 streams: added TTFT p50, ms', 'sse200', 'ttft50', 2, true); row('200 streams: added chunk delay p50, ms', 'sse200', 'chunk50', 2, true); row('200 streams: added chunk delay p99, ms', 'sse200', 'chunk99', 2, true); row('200 streams: CPU-µs/chunk', 'sse200', 'cpuUsPerChunk', 0);
row('200 streams × 50 parts/s: CPU-µs/chunk', 'sse200x50', 'cpuUsPerChunk', 0); ratio('200 streams × 50 parts/s: CPU per chunk, times raw', 'sse200x50', 'cpuUsPerChunk');
row('OpenAI in, Anthropic upstream c10: CPU-ms/request', 'xjson', 'cpuPerReq', 3); row('OpenAI in, Anthropic upstream burst: CPU-µs/chunk', 'xburst', 'cpuUsPerChunk', 1);
row('Anthropic in, OpenAI upstream c10: CPU-ms/request', 'mjson', 'cpuPerReq', 3); row('Anthropic in, OpenAI upstream burst: CPU-µs/chunk', 'mburst', 'cpuUsPerChunk', 1);
row('RSS after the round, MB', 'end', 'endMb', 0);
rows.push(['errors, all scenarios', ...names.map((n) => Object.values(data[n] ?? {}).flat().reduce((t, x) => t + Math.abs(x.errors ?? 0), 0))]);
rows.push(['others\' CPU on the gateway core, median', ...names.map((n) => (n === 'direct' ? '—' : `${(100 * med(Object.values(data[n] ?? {}).flat().map((x) => x.foreign))).toFixed(0)}%`))]);
console.log(`| median of ${nRounds} rounds (min–max) | ${names.join(' | ')} |\n|${'---|'.repeat(names.length + 1)}\n${rows.map((x) => `| ${x.join(' | ')} |`).join('\n')}`);
process.exit(0);
