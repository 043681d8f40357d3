import { scorePrior } from '../../functions/core/routing/classifier/prior.ts';
import { priorArtifact } from '../../functions/core/routing/classifier/prior-artifact.ts';
import { factsOfRow } from './data.ts';
import { fixed, table } from './musts.ts';
import type { BenchWorld } from './world.ts';

const SIZES = [100, 1_000, 10_000, 300_000] as const;
const TURNS = 1_000;

/**
 * Milliseconds to score a request that is already read, on turns cut from real prompts. Each turn is scored five times on new
 * facts and its least time counts: what the scheduler of a busy machine adds is no property of the classifier.
 */
export function reportLatency({ dev: { rows }, musts }: BenchWorld): string {
  const artifact = priorArtifact();
  const text = rows.map(({ prompt }) => prompt).join('\n').repeat(2);
  const lines = SIZES.map((size) => {
    const turns = Array.from({ length: TURNS }, (_, at) => text.slice((at * size) % (text.length - size), ((at * size) % (text.length - size)) + size));
    const timed = (turn: string): number => {
      const facts = factsOfRow({ prompt: turn, tools: [] });
      const started = performance.now();
      scorePrior(facts, artifact);
      return performance.now() - started;
    };
    for (const turn of turns) timed(turn);
    const all = turns.map((turn) => Array.from({ length: 5 }, () => timed(turn)));
    const least = all.map((times) => Math.min(...times));
    const p99 = quantile(least, 0.99);
    const limit = size === 1_000 ? 1 : 2;
    musts.check(`classifier at ${size.toLocaleString('en')} characters: p99 ${fixed(p99)} ms, under ${limit} ms`, p99 < limit);
    return [size.toLocaleString('en'), ...[0.5, 0.95, 0.99].map((at) => fixed(quantile(least, at))), ...[0.5, 0.99].map((at) => fixed(quantile(all.flat(), at)))];
  });
  return table(['characters', 'p50, ms', 'p95', 'p99', 'all calls, with interruptions: p50', 'p99'], lines);
}

const quantile = (values: readonly number[], at: number): number => values.toSorted((a, b) => a - b)[Math.floor(at * values.length)] ?? Number.NaN;
