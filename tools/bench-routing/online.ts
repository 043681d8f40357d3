import type { Auto } from '../../functions/contract/index.ts';
import { priceFromUsd } from '../../functions/core/money/cost.ts';
import { HEADS } from '../../functions/core/routing/classifier/artifact.ts';
import type { EvidencePlan } from '../../functions/core/routing/evidence/plan.ts';
import type { PlanInput } from '../../functions/core/routing/evidence/plan-input.ts';
import { isDue, planOf } from '../../functions/core/routing/evidence/plan-of.ts';
import { priorsOf } from '../../functions/core/routing/evidence/priors.ts';
import { LEAST_A_DAY, samplingOf, type Sampling } from '../../functions/core/routing/evidence/sampling.ts';
import type { TemplateTraffic } from '../../functions/core/routing/evidence/traffic.ts';
import { withdraw } from '../../functions/core/routing/evidence/withdraw.ts';
import { costUsd, type BenchRow, type Pairs, type PoolSpec } from './data.ts';
import { judged, MemoryEvidence } from './memory-evidence.ts';
import { mean } from './metrics.ts';

export const TARGET = 0.98;
const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
const START_MS = Date.parse('2026-01-01T00:00:00Z');
/** Every so many labels one more comparison by which the judge is judged. */
const CHECK_EVERY = 10;
/** Tokens that a judge writes. */
const VERDICT_TOKENS = 16;

export interface Online {
  readonly pairs: Pairs;
  readonly pool: PoolSpec;
  /** What requests are drawn from, with replacement. */
  readonly rows: readonly BenchRow[];
  /** Requests a day. */
  readonly perDay: number;
  /** The judge's true error rate. */
  readonly noise: number;
  /** At so many labels the plan that would be decided then is looked at. */
  readonly at: readonly number[];
  readonly random: () => number;
  /** Per row id: the chances that a small, a mid and a frontier model answers well enough, by a classifier that never saw such tasks. */
  readonly good: ReadonlyMap<string, readonly number[]>;
  readonly plan?: Pick<PlanInput, 'k' | 'certifyBy'>;
}

/** What was there at a number of labels. */
export interface Moment {
  readonly labels: number;
  readonly requests: number;
  readonly plan: EvidencePlan;
  /** USD of labels and checks so far, and of all requests so far as the baseline and as they were served. */
  readonly shadowUsd: number;
  readonly baselineUsd: number;
  readonly servedUsd: number;
}

/**
 * A tenant's life in the mode "cautious", from nothing: requests come one by one, a sample is judged, plans are decided
 * once a day, downgrades withdrawn every hour, all by the product's own functions. `category` stands in for the template key.
 */
export function liveThrough(online: Online): Moment[] {
  const life = new Life(online);
  const moments: Moment[] = [];
  for (const labels of online.at) {
    while (life.evidence.labels < labels) life.request();
    moments.push(life.moment());
  }
  return moments;
}

/** The tiers as an operator would fill them: what costs less than a third of the baseline is simple, what costs less than it is moderate. */
export function tiersByPrice(pairs: Pairs, { models, baseline }: PoolSpec): Auto['tiers'] {
  const usd = (model: string): number => (pairs.price_usd_per_mtok_in_out[model] ?? [0, 0])[1];
  const tierOf = (model: string): keyof Auto['tiers'] => (usd(model) < usd(baseline) / 3 ? 'simple' : usd(model) < usd(baseline) ? 'moderate' : 'complex');
  const tiers: Auto['tiers'] = { simple: [], moderate: [], complex: [] };
  for (const model of models) tiers[tierOf(model)].push(model);
  return tiers;
}

class Life {
  readonly evidence = new MemoryEvidence(START_MS);
  readonly #online: Online;
  readonly #traffic: TemplateTraffic[];
  readonly #prices: PlanInput['pool'];
  readonly #priors: Readonly<Record<string, number>>;
  /** What is sampled changes only with the plan and with whether a template's labels of today lag behind. */
  readonly #samplings = new Map<string, Sampling>();
  #plan: EvidencePlan | undefined;
  #requests = 0;
  #hour = 0;
  #shadowUsd = 0;
  #baselineUsd = 0;
  #servedUsd = 0;

  constructor(online: Online) {
    this.#online = online;
    const { pairs, pool: { models, baseline }, rows, perDay, good } = online;
    this.#traffic = [...Map.groupBy(rows, (row) => row.category)].map(([templateKey, own]) => ({
      templateKey, perDay: (perDay * own.length) / rows.length, input: mean(own.map((row) => row.in_tok)), output: mean(own.map((row) => row.out_tok?.[baseline] ?? pairs.default_out_tok)),
      good: HEADS.map((_, head) => mean(own.map((row) => good.get(row.id)?.[head] ?? 0))),
    }));
    this.#priors = priorsOf(this.#traffic, tiersByPrice(pairs, online.pool), baseline);
    this.#prices = models.map((model) => {
      const [input, output] = pairs.price_usd_per_mtok_in_out[model] ?? [0, 0];
      return { model, price: priceFromUsd({ input, output }, 'bench') };
    });
  }

  moment(): Moment {
    const plan = planOf(this.#input());
    return { labels: this.evidence.labels, requests: this.#requests, plan, shadowUsd: this.#shadowUsd, baselineUsd: this.#baselineUsd, servedUsd: this.#servedUsd };
  }

  request(): void {
    const { pairs, rows, pool: { baseline }, random } = this.#online;
    this.#requests += 1;
    this.#everyHour();
    const row = rows[Math.floor(random() * rows.length)];
    if (row === undefined) return;
    const served = this.#plan?.assignments[row.category]?.model ?? baseline;
    this.#baselineUsd += costUsd(pairs, row, baseline);
    this.#servedUsd += costUsd(pairs, row, served);
    const { rate, models } = this.#sampling(row.category, served);
    if (random() >= rate) return;
    let left = random();
    const chosen = models.find(({ share }) => (left -= share) < 0) ?? models.at(-1);
    if (chosen !== undefined) this.#judge(row, served, { model: chosen.model, propensity: rate * chosen.share });
  }

  #sampling(templateKey: string, served: string): Sampling {
    const templateLabels = this.evidence.today(templateKey, this.#nowMs());
    const lags = templateLabels < LEAST_A_DAY * ((this.#requests / this.#online.perDay) % 1);
    const key = `${templateKey}#${served}#${lags}`;
    let sampling = this.#samplings.get(key);
    if (sampling === undefined) this.#samplings.set(key, (sampling = this.#samplingNow(templateKey, served)));
    return sampling;
  }

  #samplingNow(templateKey: string, served: string): Sampling {
    const { pool: { baseline, models }, perDay } = this.#online;
    return samplingOf({
      // The rate of the first 800 labels throughout: the figures are by number of labels, not by time.
      labels: 0, plan: this.#plan, templateKey, tierModel: served, baseline, pool: models, qualityTarget: TARGET,
      today: { templateLabels: this.evidence.today(templateKey, this.#nowMs()), dayFraction: (this.#requests / perDay) % 1 },
    });
  }

  #judge(row: BenchRow, served: string, { model, propensity }: { model: string; propensity: number }): void {
    const { pairs, pool: { baseline }, noise, random } = this.#online;
    const d = judged((row.scores[model] ?? 0) - (row.scores[baseline] ?? 0), noise, random);
    this.evidence.label({ requestId: `R${Math.floor(random() * 2 ** 48).toString(36)}`, templateKey: row.category, model, baseline, d, propensity }, this.#nowMs());
    const others = [model, baseline].filter((each) => each !== served).reduce((sum, each) => sum + costUsd(pairs, row, each), 0);
    this.#shadowUsd += others + this.#judgeUsd(row, model);
    if (this.evidence.labels % CHECK_EVERY !== 0) return;
    this.evidence.check(this.evidence.labels % (2 * CHECK_EVERY) === 0 ? 'aa' : 'planted', random() < noise);
    this.#shadowUsd += this.#judgeUsd(row, served);
  }

  /** The judge is the baseline's model: it reads the prompt and both answers. */
  #judgeUsd(row: BenchRow, model: string): number {
    const { pairs, pool: { baseline } } = this.#online;
    const tokens = (each: string): number => row.out_tok?.[each] ?? pairs.default_out_tok;
    return costUsd(pairs, { ...row, in_tok: row.in_tok + tokens(model) + tokens(baseline), out_tok: { [baseline]: VERDICT_TOKENS } }, baseline);
  }

  #nowMs(): number {
    return START_MS + (this.#requests / this.#online.perDay) * DAY_MS;
  }

  #everyHour(): void {
    const hour = Math.floor((this.#nowMs() - START_MS) / HOUR_MS);
    if (hour === this.#hour) return;
    this.#hour = hour;
    const input = this.#input();
    this.#samplings.clear();
    this.#plan = isDue(this.#plan, input.nowMs) || this.#plan === undefined ? planOf(input) : withdraw(this.#plan, input);
  }

  #input(): PlanInput {
    const nowMs = this.#nowMs();
    return {
      nowMs, cells: this.evidence.cells(nowMs), vetoes: [], traffic: this.#traffic, baseline: this.#online.pool.baseline, pool: this.#prices,
      qualityTarget: TARGET, eps: this.evidence.eps, priors: this.#priors, previous: this.#plan, ...this.#online.plan,
    };
  }
}
