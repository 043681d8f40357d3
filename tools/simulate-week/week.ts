import { evidenceFor, type EvidencePlan } from '../../functions/core/routing/evidence/plan.ts';
import type { JudgeCheck, Label } from '../../functions/core/routing/evidence/label.ts';
import { samplingOf } from '../../functions/core/routing/evidence/sampling.ts';
import { judged } from '../bench-routing/memory-evidence.ts';
import { randomOf } from '../bench-routing/metrics.ts';
import { costOf, qualityOf, type Table, type TemplateRow } from './table.ts';

export const DAY_MS = 86_400_000;
export const START_MS = Date.parse('2026-03-02T00:00:00Z');
export const QUALITY_TARGET = 0.98;
const DAYS = 7;
const REQUESTS = 20_000;
/** The judge's error rate, and of how many samples one checks the judge itself. */
const NOISE = 0.1;
const CHECK_EVERY = 10;
const VERDICT_TOKENS = 16;
/** Two models fail on the same request so often: hard is hard for both. */
const SHARED_LUCK = 0.6;

/** Where evidence is kept and planned: in memory, or in a store with the job. */
export interface Learning {
  /** One request that was served, for whoever counts traffic. */
  served(request: { readonly atMs: number; readonly row: TemplateRow; readonly model: string }): Promise<void> | void;
  label(label: Label, nowMs: number): Promise<void> | void;
  check(check: JudgeCheck, nowMs: number): Promise<void> | void;
  /** What runs every hour. */
  hourly(nowMs: number): Promise<EvidencePlan | undefined> | EvidencePlan | undefined;
}

export interface Day { readonly day: number; readonly gross: number; readonly shadow: number; readonly net: number; /** Expected quality of what was served less that of the baseline. */ readonly difference: number; /** The same as it turned out: answers are good or bad by chance. */ readonly seen: number; /** Expected quality of the baseline. */ readonly strongest: number; readonly requests: number; readonly labels: number; readonly downgraded: number }
export interface Week {
  readonly days: readonly Day[];
  /** Days' worth of the template's requests that the model served after it had changed. */
  readonly exposedDays: number;
}

export interface WeekOptions {
  readonly table: Table;
  readonly seed: number;
  readonly mode: 'cautious' | 'balanced';
  readonly learning: Learning;
  /** Weeks that have gone before, without a change; default 0: a tenant from nothing. */
  readonly before?: number;
  /** A week; default 20,000. */
  readonly requests?: number;
}

type Sums = Record<'full' | 'served' | 'shadow' | 'difference' | 'seen' | 'strongest' | 'requests' | 'labels' | 'downgraded', number>;

/** A value of the whole week: the days' mean, by their requests. */
export const ofWeek = ({ days }: Week, value: (day: Day) => number): number => days.reduce((sum, day) => sum + value(day) * day.requests, 0) / days.reduce((sum, { requests }) => sum + requests, 0);

/**
 * One tenant's week, after those before: requests at an even pace, served by what evidence says and else by what the mode says, sampled and
 * judged like live traffic. Qualities are those of the table; each answer is good or bad by chance.
 */
export async function liveWeek({ table: given, seed, mode, learning, before = 0, requests: perWeek = REQUESTS }: WeekOptions): Promise<Week> {
  const requests = perWeek * (1 + before);
  const table = { ...given, change: { ...given.change, day: given.change.day + DAYS * before } };
  const random = randomOf(seed);
  // How answers turned out is drawn apart: looking at it changes nothing.
  const luckOfAnswers = randomOf(seed + 1_000_000);
  const { baseline, change } = table;
  const pool = Object.keys(table.models);
  const days: Sums[] = [];
  let plan: EvidencePlan | undefined;
  let [labels, hour] = [0, -1];
  let today = new Map<string, number>();
  let exposed = 0;
  for (let at = 0; at < requests; at += 1) {
    const elapsedMs = Math.floor((at / perWeek) * DAYS * DAY_MS);
    const nowMs = START_MS + elapsedMs;
    const day = Math.floor(elapsedMs / DAY_MS) + 1;
    const isNewDay = days.length < day;
    if (isNewDay) {
      days.push({ full: 0, served: 0, shadow: 0, difference: 0, seen: 0, strongest: 0, requests: 0, labels: 0, downgraded: 0 });
      today = new Map();
    }
    if (Math.floor(elapsedMs / 3_600_000) !== hour) {
      hour = Math.floor(elapsedMs / 3_600_000);
      plan = await learning.hourly(nowMs);
    }
    const sums = days[day - 1];
    const row = pick(table.templates, random());
    if (sums === undefined || row === undefined) continue;
    const model = evidenceFor(plan, row.key, undefined, mode === 'balanced' ? row.tier : undefined)?.model ?? (mode === 'balanced' ? row.tier : baseline);
    if (row.key === change.template && day >= change.day && model === change.model) exposed += 1 / (row.share * (perWeek / DAYS));
    const luck = luckOf(random);
    const isGood = (each: string): number => (luck() < qualityOf(table, row, each, day) ? 1 : 0);
    await learning.served({ atMs: nowMs, row, model });
    sums.requests += 1;
    sums.full += costOf(table, row, baseline);
    sums.served += costOf(table, row, model);
    sums.difference += qualityOf(table, row, model, day) - qualityOf(table, row, baseline, day);
    sums.strongest += qualityOf(table, row, baseline, day);
    const turnsOut = luckOf(luckOfAnswers);
    const [own, strongest] = [model, baseline].map((each) => (turnsOut() < qualityOf(table, row, each, day) ? 1 : 0));
    if (model !== baseline) sums.seen += (own ?? 0) - (strongest ?? 0);
    sums.downgraded = Object.values(plan?.assignments ?? {}).filter(({ why }) => why === 'certified').length;
    const { rate, models } = samplingOf({
      labels, plan, templateKey: row.key, tierModel: model, baseline, pool, qualityTarget: QUALITY_TARGET, today: { templateLabels: today.get(row.key) ?? 0, dayFraction: (elapsedMs % DAY_MS) / DAY_MS },
    });
    if (random() >= rate) continue;
    const other = pick(models, random());
    if (other === undefined) continue;
    const compared = other.model;
    const d = judged(isGood(compared) - isGood(baseline), NOISE, random);
    const requestId = `S${seed}R${at.toString(36)}`;
    const judgeCost = costOf(table, { input: row.input + 2 * row.output, output: VERDICT_TOKENS }, baseline);
    const cost = judgeCost + [compared, baseline].filter((each) => each !== model).reduce((sum, each) => sum + costOf(table, row, each), 0);
    await learning.label({ requestId, templateKey: row.key, model: compared, baseline, d, propensity: rate * other.share, costMicros: Math.round(cost), at: new Date(nowMs).toISOString() }, nowMs);
    labels += 1;
    sums.labels += 1;
    sums.shadow += cost;
    today.set(row.key, (today.get(row.key) ?? 0) + 1);
    if (labels % CHECK_EVERY !== 0) continue;
    await learning.check({ judge: baseline, kind: labels % (2 * CHECK_EVERY) === 0 ? 'aa' : 'planted', wrong: random() < NOISE, at: new Date(nowMs).toISOString() }, nowMs);
    sums.shadow += judgeCost;
  }
  return {
    exposedDays: exposed,
    days: days.slice(DAYS * before).map(({ full, served, shadow, difference, seen, strongest, requests: count, labels: judgedToday, downgraded }, at) => ({
      day: at + 1, gross: 1 - served / full, shadow: shadow / full, net: 1 - (served + shadow) / full, difference: difference / count, seen: seen / count, strongest: strongest / count,
      requests: count, labels: judgedToday, downgraded,
    })),
  };
}

/** One luck for all models with some probability, else one each: answers to a hard request are bad together. */
function luckOf(random: () => number): () => number {
  const shared = random();
  return () => (random() < SHARED_LUCK ? shared : random());
}

function pick<T extends { readonly share: number }>(list: readonly T[], luck: number): T | undefined {
  let left = luck;
  return list.find(({ share }) => (left -= share) < 0) ?? list.at(-1);
}
