import { deflateRawSync } from 'node:zlib';
import { checksumOf, HEADS, type StoredArtifact } from '../../functions/core/routing/classifier/artifact.ts';
import { DENSE_FEATURES, PRIOR_FEATURES_VERSION } from '../../functions/core/routing/classifier/dense-features.ts';
import { BUCKETS } from '../../functions/core/routing/classifier/words.ts';
import { featuresOf, knownWords, type Labelled } from './examples.ts';
import { fitHead } from './heads.ts';
import type { Fitted, Penalty } from './logistic.ts';
import type { Need } from './need.ts';

/** Word buckets that keep their weights; three bytes and a bit each in the artifact. */
const KEPT = 12_000;

/** Fits on everything, keeps the words that matter most, fits again with these alone, and stores whole steps of a scale. */
export function pack(labelled: readonly Labelled[], penalty: Penalty, need: Need, novelFrom: number, id: string): StoredArtifact {
  const known = knownWords(labelled);
  const examples = labelled.map((each) => featuresOf(each, known));
  const first = HEADS.map((_, head) => fitHead(labelled, examples, head, penalty));
  const mask = mostImportant(first, examples.map(({ buckets }) => buckets));
  const heads = HEADS.map((_, head) => fitHead(labelled, examples, head, penalty, mask));
  const buckets = Array.from(mask.keys()).filter((bucket) => mask[bucket] === 1);
  const scales = heads.map(({ words }) => Math.max(...buckets.map((bucket) => Math.abs(words[bucket] ?? 0))) / 127);
  const kept = new Uint8Array(BUCKETS / 8);
  for (const bucket of buckets) kept[bucket >> 3] = (kept[bucket >> 3] ?? 0) | (1 << (bucket & 7));
  const weights = Int8Array.from(heads.flatMap(({ words }, head) => buckets.map((bucket) => Math.round((words[bucket] ?? 0) / (scales[head] ?? 1)))));
  const content = {
    id, featuresVersion: PRIOR_FEATURES_VERSION, dense: [...DENSE_FEATURES],
    heads: heads.map(({ bias, dense }, head) => ({ head: HEADS[head] ?? '', bias: short(bias), weights: Array.from(dense, short) })),
    words: { kept: base64(deflateRawSync(kept, { level: 9 })), weights: base64(deflateRawSync(weights, { level: 9 })), scales: scales.map((scale) => Number(scale.toPrecision(6))) },
    known: base64(known), need: { offset: short(need.offset), slopes: need.slopes.map(short) }, novelFrom,
  };
  return { ...content, sha256: checksumOf(content) };
}

/** 1 for the buckets whose weights move most prompts most. */
function mostImportant(heads: readonly Fitted[], prompts: readonly Uint16Array[]): Uint8Array {
  const times = new Float64Array(BUCKETS);
  for (const buckets of prompts) for (const bucket of buckets) times[bucket] = (times[bucket] ?? 0) + 1;
  const importance = Float64Array.from(times, (count, bucket) => heads.reduce((sum, { words }) => sum + Math.abs(words[bucket] ?? 0), 0) * Math.sqrt(count));
  const order = Array.from(importance.keys()).sort((a, b) => (importance[b] ?? 0) - (importance[a] ?? 0) || a - b);
  const mask = new Uint8Array(BUCKETS);
  for (const bucket of order.slice(0, KEPT)) mask[bucket] = 1;
  return mask;
}

const short = (value: number): number => Math.round(value * 1e5) / 1e5;
const base64 = (bytes: Uint8Array | Int8Array): string => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
