import { parseArgs } from 'node:util';
import type { PlanInput } from '../../functions/core/routing/evidence/plan-input.ts';
import { costUsd, DATA_DIR, loadPairs, loadRows, priorScores, type BenchRow, type Pairs, type PoolSpec } from './data.ts';
import { mean, randomOf } from './metrics.ts';
import { fixed, Musts, table } from './musts.ts';
import { liveThrough, TARGET, type Moment, type Online } from './online.ts';
import { priorWithout } from './unseen-scores.ts';

const FOLDS = 5;
const SEEDS = 20;
const FRONTIER_SEEDS = 40;
/** Of the first tenant. What the product's constants were chosen on were tenants of other seeds (1000 to 1039, 7000 to 7059; those from 30000 were looked at on the way). */
const FIRST_SEED = 40_000;
const PER_DAY = 8_000;
const NOISE = 0.1;
const LABELS = [200, 400, 800, 1_200, 2_000];
const KS = [0.5, 1, 1.5, 2, 2.5];
const POOL = 'nemotron_pool';
const PAIR = 'nemotron51b_llama8b';

/** A plan that was decided at a number of labels of one fold, against what is true. */
interface Outcome {
  readonly seed: number;
  readonly moment: Moment;
  /** On the rows of the fold that no label came from: saving, and quality against the baseline's. */
  readonly gross: number;
  readonly quality: number;
  /** True mean difference to the baseline and quality on all rows of the pool: the held-out rows alone are too few to tell 1 %. */
  readonly difference: number;
  readonly trueQuality: number;
}

/**
 * The online replay: tenants that start from nothing, judge 5 % of their requests with a judge that errs in 10 %, and decide
 * once a day. Five folds over train and dev; savings and quality are those of the plan at a number of labels on the fold
 * left out. A false pass is a certified plan whose true mean difference to the baseline is below −(1 − quality target).
 */
export function reportReplay(pairs: Pairs, rows: readonly BenchRow[], musts: Musts, seeds: { readonly table?: number; readonly frontier?: number; readonly first?: number } = {}): string {
  const [tableSeeds, frontierSeeds, firstSeed] = [seeds.table ?? SEEDS, seeds.frontier ?? FRONTIER_SEEDS, seeds.first ?? FIRST_SEED];
  const pool = pairs.pools[POOL];
  const [source, strong, weak] = pairs.pairs[PAIR]?.parts[0] ?? [];
  if (pool === undefined || source === undefined || strong === undefined || weak === undefined) throw new Error('pairs.json has neither the pool nor the pair of the replay.');
  const good = goodOf(pairs, pool, rows);
  const two: PoolSpec = { source: [source], baseline: strong, models: [strong, weak] };
  const variants: [string, PlanInput['k'], PlanInput['certifyBy']][] = [...KS.map((k): [string, number, 'errors'] => [`k = ${k}`, k, 'errors']), ['halves', undefined, 'halves']];
  const frontier = variants.map(([name, k, certifyBy]) => ({ name, outcomes: outcomesOf(pairs, pool, rows, { seeds: frontierSeeds, firstSeed, good, plan: { ...(k !== undefined && { k }), ...(certifyBy && { certifyBy }) } }) }));
  const own = frontier.find(({ name }) => name === `k = ${KS.at(-1)}`)?.outcomes ?? [];
  for (const [labels, least] of [[800, 0.25], [2_000, 0.5]] as const) check(own, labels, least, musts);
  return [
    `5-fold over train + dev, ${PER_DAY} requests a day, 5 % judged, judge errs in 10 % (ties too), target ${TARGET}; judge = the baseline's model; seeds from ${firstSeed}. Net: less what the labels of the time since the line before cost.`,
    `### ${POOL}: by number of labels, k = 2.5, ${tableSeeds} seeds\n\n${byLabels(own.filter(({ seed }) => seed < tableSeeds))}`,
    `### ${PAIR} (two models): by number of labels, ${tableSeeds} seeds\n\n${byLabels(outcomesOf(pairs, two, rows, { seeds: tableSeeds, firstSeed, good, plan: {} }))}`,
    `### ${POOL}: savings against false passes, ${frontierSeeds} seeds × ${FOLDS} folds\n\n${frontierTable(frontier)}`,
  ].join('\n\n');
}

/** What the classifier says of the pool's prompts when it was trained without their source: a tenant's tasks are not in its training either. */
function goodOf(pairs: Pairs, pool: PoolSpec, rows: readonly BenchRow[]): Online['good'] {
  const artifact = priorWithout(rows.filter(({ split, source }) => split === 'train' && !pool.source.includes(source)), pairs);
  const own = rows.filter(({ source }) => pool.source.includes(source));
  return new Map(priorScores(own, artifact).map(({ logits }, at) => [own[at]?.id ?? '', logits.map((logit) => 1 / (1 + Math.exp(-logit)))]));
}

const at = (outcomes: readonly Outcome[], labels: number): Outcome[] => outcomes.filter(({ moment }) => moment.labels === labels);
const isFalse = ({ difference, moment }: Outcome): boolean => moment.plan.certified !== null && difference < TARGET - 1;
const percent = (value: number, digits = 1): string => `${fixed(100 * value, digits)} %`;

function check(outcomes: readonly Outcome[], labels: number, least: number, musts: Musts): void {
  const own = at(outcomes, labels);
  const [gross, quality, falsePass] = [mean(own.map((each) => each.gross)), mean(own.map((each) => each.quality)), mean(own.map((each) => (isFalse(each) ? 1 : 0)))];
  musts.check(`${POOL} at ${labels} labels: gross ${percent(gross)}, at least ${percent(least, 0)}`, gross >= least);
  musts.check(`${POOL} at ${labels} labels: mean quality ${fixed(quality, 4)}, at least 0.985`, quality >= 0.985);
  musts.check(`${POOL} at ${labels} labels: false passes ${percent(falsePass)}, at most 5 %`, falsePass <= 0.05);
}

/** Mean over seeds with its 95 % interval (normal; each seed's five folds are one observation). */
function interval(outcomes: readonly Outcome[], value: (outcome: Outcome) => number): { mean: number; half: number } {
  const seeds = [...Map.groupBy(outcomes, ({ seed }) => seed).values()].map((own) => mean(own.map(value)));
  const middle = mean(seeds);
  const variance = seeds.reduce((sum, each) => sum + (each - middle) ** 2, 0) / Math.max(1, seeds.length - 1);
  return { mean: middle, half: 1.96 * Math.sqrt(variance / seeds.length) };
}

function byLabels(outcomes: readonly Outcome[]): string {
  const cell = (own: readonly Outcome[], value: (outcome: Outcome) => number): string => {
    const { mean: middle, half } = interval(own, value);
    return `${fixed(100 * middle, 1)} ± ${fixed(100 * half, 1)}`;
  };
  const before = (outcome: Outcome): Moment | undefined => {
    const index = outcomes.indexOf(outcome) - 1;
    return outcome.moment.labels === LABELS[0] ? undefined : outcomes[index]?.moment;
  };
  const shadow = (outcome: Outcome): number => {
    const { moment } = outcome;
    const earlier = before(outcome);
    return (moment.shadowUsd - (earlier?.shadowUsd ?? 0)) / (moment.baselineUsd - (earlier?.baselineUsd ?? 0));
  };
  return table(
    ['labels', 'requests', 'gross %', 'shadow %', 'net %', 'net since the start %', 'quality %', 'false pass %', 'quality < 98 % of baseline, %', 'nothing certified, %'],
    LABELS.map((labels) => {
      const own = at(outcomes, labels);
      return [
        String(labels), String(Math.round(mean(own.map(({ moment }) => moment.requests)))), cell(own, (each) => each.gross), cell(own, shadow), cell(own, (each) => each.gross - shadow(each)),
        cell(own, ({ moment }) => 1 - (moment.servedUsd + moment.shadowUsd) / moment.baselineUsd), cell(own, (each) => each.quality), cell(own, (each) => (isFalse(each) ? 1 : 0)),
        cell(own, (each) => (each.trueQuality < TARGET ? 1 : 0)), cell(own, ({ moment }) => (moment.plan.certified === null ? 1 : 0)),
      ];
    }),
  );
}

function frontierTable(frontier: readonly { readonly name: string; readonly outcomes: readonly Outcome[] }[]): string {
  const points = [400, 800, 2_000];
  return table(
    ['certified by', ...points.flatMap((labels) => [`gross % at ${labels}`, 'quality %', 'false pass %'])],
    frontier.map(({ name, outcomes }) => [name, ...points.flatMap((labels) => {
      const own = at(outcomes, labels);
      return [fixed(100 * mean(own.map((each) => each.gross)), 1), fixed(100 * mean(own.map((each) => each.quality)), 1), fixed(100 * mean(own.map((each) => (isFalse(each) ? 1 : 0))), 1)];
    })]),
  );
}

function outcomesOf(pairs: Pairs, pool: PoolSpec, all: readonly BenchRow[], { seeds, firstSeed, good, plan }: { readonly seeds: number; readonly firstSeed: number; readonly good: Online['good']; readonly plan: Pick<PlanInput, 'k' | 'certifyBy'> }): Outcome[] {
  const rows = all.filter((row) => pool.source.includes(row.source) && pool.models.every((model) => row.scores[model] !== undefined));
  return Array.from({ length: seeds }, (_, seed) => {
    const random = randomOf(firstSeed + seed);
    const order = rows.map((row) => ({ row, place: random() })).toSorted((a, b) => a.place - b.place);
    return Array.from({ length: FOLDS }, (__, fold) => {
      const [held, seen] = [order.filter((___, place) => place % FOLDS === fold), order.filter((___, place) => place % FOLDS !== fold)].map((part) => (part ?? []).map(({ row }) => row)) as [BenchRow[], BenchRow[]];
      return liveThrough({ pairs, pool, rows: seen, perDay: PER_DAY, noise: NOISE, at: LABELS, random, good, plan }).map((moment): Outcome => {
        const [own, whole] = [measured(pairs, pool, held, moment), measured(pairs, pool, rows, moment)];
        return { seed, moment, gross: own.saved, quality: own.quality, difference: whole.difference, trueQuality: whole.quality };
      });
    }).flat();
  }).flat();
}

function measured(pairs: Pairs, { baseline }: PoolSpec, rows: readonly BenchRow[], { plan }: Moment): { saved: number; quality: number; difference: number } {
  let [usd, full, quality, best] = [0, 0, 0, 0];
  for (const row of rows) {
    const model = plan.assignments[row.category]?.model ?? baseline;
    usd += costUsd(pairs, row, model);
    full += costUsd(pairs, row, baseline);
    quality += row.scores[model] ?? 0;
    best += row.scores[baseline] ?? 0;
  }
  return { saved: 1 - usd / full, quality: quality / best, difference: (quality - best) / rows.length };
}

/** Alone, without the rest of `npm run bench:routing`: `node tools/bench-routing/replay.ts [--seeds N] [--first SEED]`. Exit 1 when a "must" fails. */
if (process.argv[1] === import.meta.filename) {
  const { values } = parseArgs({ options: { data: { type: 'string', default: DATA_DIR }, seeds: { type: 'string' }, first: { type: 'string' } } });
  const musts = new Musts();
  const seeds = { ...(values.seeds !== undefined && { table: Number(values.seeds), frontier: Number(values.seeds) }), ...(values.first !== undefined && { first: Number(values.first) }) };
  console.log(reportReplay(loadPairs(values.data), loadRows(values.data), musts, seeds));
  console.log(`\n${musts.lines.join('\n')}`);
  process.exit(musts.failed === 0 ? 0 : 1);
}
