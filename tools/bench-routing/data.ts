import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { codecs } from '../../functions/core/dialects/dialect.ts';
import type { PriorArtifact } from '../../functions/core/routing/classifier/artifact.ts';
import { priorArtifact } from '../../functions/core/routing/classifier/prior-artifact.ts';
import { scorePrior, type PriorScored } from '../../functions/core/routing/classifier/prior.ts';
import { factsOf, type RequestFacts } from '../../functions/core/routing/request-facts.ts';

/** Where the routing data lie unless a command is told otherwise (`--data DIR`): named by the environment, else beside the project. */
export const DATA_DIR = process.env['BSG_ROUTING_DATA'] ?? join(import.meta.dirname, '..', '..', '..', 'shared', 'routing-data');

export type TierName = 'small' | 'mid' | 'frontier';
export const TIER_NAMES: readonly TierName[] = ['small', 'mid', 'frontier'];

/** One prompt with the measured quality of many models. Only `prompt` and `tools` may be read by a classifier. */
export interface BenchRow {
  readonly id: string;
  readonly source: string;
  /** Task or subject; stands in for a tenant's template key. */
  readonly category: string;
  readonly split: 'train' | 'dev';
  readonly prompt: string;
  readonly tools: readonly Record<string, unknown>[];
  /** Quality in 0…1 by model. */
  readonly scores: Readonly<Record<string, number>>;
  readonly in_tok: number;
  readonly out_tok?: Readonly<Record<string, number>>;
  /** Mean quality per capability tier, and of how many models. */
  readonly tier: Readonly<Partial<Record<TierName, number>>>;
  readonly n_tier: Readonly<Partial<Record<TierName, number>>>;
  readonly difficulty: number;
}

export interface PairSpec {
  /** [source, strong model, weak model] */
  readonly parts: readonly (readonly [string, string, string])[];
  readonly flat_usd_per_mtok?: readonly [number, number];
}
export interface PoolSpec { readonly source: readonly string[]; readonly baseline: string; readonly models: readonly string[] }
export interface Pairs {
  readonly pairs: Readonly<Record<string, PairSpec>>;
  readonly pools: Readonly<Record<string, PoolSpec>>;
  /** USD per 1M tokens: [input, output]. */
  readonly price_usd_per_mtok_in_out: Readonly<Record<string, readonly [number, number]>>;
  readonly default_out_tok: number;
}

export type Split = 'train' | 'dev' | 'train_nc' | 'dev_nc';
const FILES: Readonly<Record<Split, string>> = {
  train: 'train.jsonl.gz', dev: 'dev.jsonl.gz', train_nc: 'train_alpacaeval_NC.jsonl.gz', dev_nc: 'dev_alpacaeval_NC.jsonl.gz',
};

/** The rows of the given splits (default: train and dev) in the order of their files. `_nc` rows are for evaluation only. */
export function loadRows(dataDir: string = DATA_DIR, splits: readonly Split[] = ['train', 'dev']): BenchRow[] {
  return splits.flatMap((split) => gunzipSync(readFileSync(join(dataDir, FILES[split]))).toString().split('\n').filter((line) => line !== '').map((line) => {
    const row = JSON.parse(line) as Omit<BenchRow, 'tools'> & { readonly tools?: BenchRow['tools'] | BenchRow['tools'][number] };
    return { ...row, tools: row.tools === undefined ? [] : Array.isArray(row.tools) ? row.tools : [row.tools] };
  }));
}

export function loadPairs(dataDir: string = DATA_DIR): Pairs {
  return JSON.parse(readFileSync(join(dataDir, 'pairs.json'), 'utf8')) as Pairs;
}

/** USD of answering `row` by `model`, by list price and the lengths in the data. */
export function costUsd(pairs: Pairs, row: BenchRow, model: string): number {
  const price = pairs.price_usd_per_mtok_in_out[model];
  if (price === undefined) throw new Error(`pairs.json has no price of ${model}.`);
  return (row.in_tok * price[0] + (row.out_tok?.[model] ?? pairs.default_out_tok) * price[1]) / 1e6;
}

/** The row as the gateway would see it: an OpenAI chat request of one user turn, with its functions as tools. */
export function factsOfRow(row: Pick<BenchRow, 'prompt' | 'tools'>): RequestFacts {
  const tools = row.tools.map((tool) => ({ type: 'function', function: tool }));
  return factsOf(codecs['openai-chat'].readRequest({ model: 'auto', messages: [{ role: 'user', content: row.prompt }], ...(tools.length > 0 && { tools }) }), {});
}

export type PriorScore = Pick<PriorScored, 'score' | 'exact' | 'logits' | 'dense' | 'novelty'>;

/**
 * What the shipped classifier says of each row, in the rows' order. It was trained on the rows of `train`: what it says of
 * them flatters it, and a measurement that uses them takes `unseenPriorScores`.
 */
export function priorScores(rows: readonly BenchRow[], artifact: PriorArtifact = priorArtifact()): PriorScore[] {
  return rows.map((row) => scorePrior(factsOfRow(row), artifact));
}
