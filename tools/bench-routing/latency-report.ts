import { scorePrior } from '../../functions/core/routing/classifier/prior.ts';
import { priorArtifact } from '../../functions/core/routing/classifier/prior-artifact.ts';
import { factsOfRow, type BenchRow } from './data.ts';
import { fixed, table, type Musts } from './musts.ts';

const SIZES = [100, 1_000, 10_000, 300_000] as const;
const WARM = 1_000;
const CALLS = 3_000;

/**
 * Milliseconds to score a request that is already read, on turns cut from real prompts. CPU time of this thread decides: on a
 * machine with other work the wall clock measures the scheduler.
 */
export function reportLatency(rows: readonly BenchRow[], musts: Musts): string {
  const artifact = priorArtifact();
  const text = rows.map(({ prompt }) => prompt).join('\n');
  const lines = SIZES.map((size) => {
    const turns = Array.from({ length: Math.min(300, Math.floor(text.length / size)) }, (_, at) => text.slice(at * size, (at + 1) * size));
    const [cpu, wall]: [number[], number[]] = [[], []];
    for (let call = 0; call < WARM + CALLS; call += 1) {
      // New facts each time: they remember what they computed.
      const facts = factsOfRow({ prompt: turns[call % turns.length] ?? '', tools: [] });
      const [before, started] = [process.threadCpuUsage(), performance.now()];
      scorePrior(facts, artifact);
      const [took, { user, system }] = [performance.now() - started, process.threadCpuUsage(before)];
      if (call < WARM) continue;
      wall.push(took);
      cpu.push((user + system) / 1_000);
    }
    const p99 = quantile(cpu, 0.99);
    const limit = size === 1_000 ? 1 : 2;
    musts.check(`classifier at ${size.toLocaleString('en')} characters: p99 ${fixed(p99)} ms of CPU, under ${limit} ms`, p99 < limit);
    return [size.toLocaleString('en'), ...[0.5, 0.95, 0.99].map((at) => fixed(quantile(cpu, at))), ...[0.5, 0.99].map((at) => fixed(quantile(wall, at)))];
  });
  return table(['characters', 'CPU p50, ms', 'p95', 'p99', 'wall p50, ms', 'p99'], lines);
}

const quantile = (values: readonly number[], at: number): number => values.toSorted((a, b) => a - b)[Math.floor(at * values.length)] ?? Number.NaN;
