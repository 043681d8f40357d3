import { costUsd, type BenchRow, type Pairs, type PoolSpec } from './data.ts';
import { bootstrap, mean } from './metrics.ts';
import { fixed, table } from './musts.ts';
import { crossFitTaskTable, fitTaskTable } from './task-table.ts';
import type { BenchWorld, Scores } from './world.ts';

const TARGETS = [0.95, 0.98, 0.99, 1] as const;
/** Prices of quality that are tried: a router answers with the model of the best quality minus λ × cost. */
const LAMBDAS = [0, ...Array.from({ length: 60 }, (_, at) => 10 ** (-1 + at / 10))];

/** One way to choose: predicted quality per model; costs are estimated from train, as they are before the answer. */
type Predict = (row: BenchRow) => readonly number[];
interface Outcome { readonly quality: Float64Array; readonly usd: Float64Array }

/** Every pool: one global budget over all its models, by the prior alone and with a table of task means per model. */
export function reportPools({ pairs, train, dev, musts }: BenchWorld): string {
  return Object.entries(pairs.pools).map(([name, pool]) => {
    const complete = ({ rows }: Scores): BenchRow[] => rows.filter((row) => pool.source.includes(row.source) && pool.models.every((model) => row.scores[model] !== undefined));
    const [fit, judged] = [complete(train), complete(dev)];
    const world = new PoolWorld(pairs, pool, fit);
    const means = pool.models.map((model) => mean(fit.map((row) => row.scores[model] ?? 0)));
    const observed = pool.models.map((model) => fit.map((row) => ({ task: `${row.source}/${row.category}`, y: row.scores[model] ?? 0, logits: train.of.get(row.id)?.logits ?? [] })));
    /** Predictions for dev by all of train, for train by the rest of it. */
    const fitted = (useTable: boolean): { readonly judged: Predict; readonly fit: Predict } => {
      const models = observed.map((list) => fitTaskTable(list, { table: useTable }));
      const own = observed.map((list) => crossFitTaskTable(list, { table: useTable }));
      const at = new Map(fit.map(({ id }, index) => [id, index]));
      return {
        judged: (row) => models.map((predict) => predict(`${row.source}/${row.category}`, dev.of.get(row.id)?.logits ?? [])),
        fit: (row) => own.map((list) => list[at.get(row.id) ?? 0] ?? 0),
      };
    };
    const routers: [string, { readonly judged: Predict; readonly fit: Predict }][] = [['one model or a coin', { judged: () => means, fit: () => means }], ['prior alone', fitted(false)], ['prior + task table', fitted(true)]];
    const baseline = mean(judged.map((row) => row.scores[pool.baseline] ?? 0));
    const outcomes = routers.map(([, predict]) => LAMBDAS.map((lambda) => world.outcome(judged, predict.judged, lambda)));
    const lines = routers.map(([router, predict], at) => {
      const hindsight = TARGETS.map((target) => fixed(world.saved(judged, outcomes[at] ?? [], target), 1));
      const lambda = world.lambdaFor(fit, LAMBDAS.map((each) => world.outcome(fit, predict.fit, each)), 0.98);
      const fixedOnTrain = world.outcome(judged, predict.judged, lambda);
      return [router, ...hindsight, `${fixed(mean([...fixedOnTrain.quality]) / baseline)}, ${fixed(100 * (1 - sum(fixedOnTrain.usd) / world.baselineUsd(judged)), 1)} %`];
    });
    const difference = bootstrap(judged.length, (sample) => world.saved(judged, outcomes[1] ?? [], 0.98, sample) - world.saved(judged, outcomes[0] ?? [], 0.98, sample), { rounds: 200 });
    musts.check(`${name}: prior alone saves at 98 % not less than one model or a coin (difference up to ${fixed(difference[1], 1)} points)`, difference[1] >= 0);
    return `### pool ${name}: n=${judged.length}, ${pool.models.length} models, baseline ${pool.baseline} ${fixed(baseline)}\n\n${table(['router', 'saved@95', '@98', '@99', '@100 (hindsight)', 'λ of train for 98 %: quality, saved'], lines)}\n`;
  }).join('\n');
}

class PoolWorld {
  readonly #pairs: Pairs;
  readonly #pool: PoolSpec;
  /** Mean cost of a model relative to its cost of an answer of the usual length. */
  readonly #expected: readonly ((row: BenchRow) => number)[];

  constructor(pairs: Pairs, pool: PoolSpec, fit: readonly BenchRow[]) {
    this.#pairs = pairs;
    this.#pool = pool;
    this.#expected = pool.models.map((model) => {
      const output = mean(fit.map((row) => row.out_tok?.[model] ?? pairs.default_out_tok));
      return (row) => costUsd({ ...pairs, default_out_tok: output }, { ...row, out_tok: {} }, model);
    });
  }

  outcome(rows: readonly BenchRow[], predict: Predict, lambda: number): Outcome {
    const [quality, usd] = [new Float64Array(rows.length), new Float64Array(rows.length)];
    for (const [at, row] of rows.entries()) {
      const worth = predict(row).map((value, model) => value - lambda * (this.#expected[model]?.(row) ?? 0));
      const model = this.#pool.models[worth.indexOf(Math.max(...worth))] ?? this.#pool.baseline;
      quality[at] = row.scores[model] ?? 0;
      usd[at] = costUsd(this.#pairs, row, model);
    }
    return { quality, usd };
  }

  baselineUsd(rows: readonly BenchRow[]): number {
    return rows.reduce((total, row) => total + costUsd(this.#pairs, row, this.#pool.baseline), 0);
  }

  /** Most that is saved at `target` times the baseline's quality, over the λ tried and over a coin between a λ and the baseline. */
  saved(rows: readonly BenchRow[], outcomes: readonly Outcome[], target: number, sample: readonly number[] = Array.from(rows.keys())): number {
    const baseline = sample.reduce((total, at) => total + (rows[at]?.scores[this.#pool.baseline] ?? 0), 0);
    const full = sample.reduce((total, at) => total + (rows[at] === undefined ? 0 : costUsd(this.#pairs, rows[at], this.#pool.baseline)), 0);
    let best = 0;
    for (const { quality, usd } of outcomes) {
      const own = sample.reduce((total, at) => total + (quality[at] ?? 0), 0);
      const cost = sample.reduce((total, at) => total + (usd[at] ?? 0), 0);
      const share = own >= target * baseline ? 1 : ((1 - target) * baseline) / (baseline - own);
      best = Math.max(best, 100 * share * (1 - cost / full));
    }
    return best;
  }

  lambdaFor(rows: readonly BenchRow[], outcomes: readonly Outcome[], target: number): number {
    const baseline = mean(rows.map((row) => row.scores[this.#pool.baseline] ?? 0));
    let [best, least] = [0, Infinity];
    for (const [at, { quality, usd }] of outcomes.entries()) {
      if (mean([...quality]) < target * baseline || sum(usd) >= least) continue;
      least = sum(usd);
      best = LAMBDAS[at] ?? 0;
    }
    return best;
  }
}

const sum = (values: Float64Array): number => values.reduce((total, value) => total + value, 0);
