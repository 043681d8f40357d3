import { codecs } from '../../functions/core/dialects/dialect.ts';
import { HEADS } from '../../functions/core/routing/classifier/artifact.ts';
import { denseOf } from '../../functions/core/routing/classifier/dense.ts';
import { taskTextOf } from '../../functions/core/routing/classifier/small-talk.ts';
import { bloomPlaces, bucketsOf, BUCKETS, scannedOf, unknownShare, wordHashes } from '../../functions/core/routing/classifier/words.ts';
import { factsOf, type RequestFacts } from '../../functions/core/routing/request-facts.ts';
import { factsOfRow, TIER_NAMES, type BenchRow } from '../bench-routing/data.ts';
import anchors from './anchors.json' with { type: 'json' };
import type { Example } from './logistic.ts';

/** A request with what is known of it: chance of a good answer per head, and how much each counts in training. */
export interface Labelled {
  readonly id: string;
  /** `source`, or `anchor` for what was written for this project. */
  readonly source: string;
  readonly category: string;
  readonly facts: RequestFacts;
  /** What is asked, and what of it is read word by word. */
  readonly text: string;
  readonly scanned: string;
  readonly hashes: Uint32Array;
  /** Everything that decides the fold: the same prompt in two sources falls into the same. */
  readonly group: string;
  readonly good: readonly (number | null)[];
  readonly weight: readonly number[];
}

const labelled = (base: Omit<Labelled, 'text' | 'scanned' | 'hashes'>): Labelled => {
  const text = taskTextOf(base.facts);
  const scanned = scannedOf(text);
  return { ...base, text, scanned, hashes: wordHashes(scanned) };
};

export function labelledRows(rows: readonly BenchRow[]): Labelled[] {
  return rows.map((row) => labelled({
    id: row.id, source: row.source, category: row.category, facts: factsOfRow(row), group: row.prompt.slice(0, 120).toLowerCase().replaceAll(/\s+/g, ' '),
    good: TIER_NAMES.map((tier) => row.tier[tier] ?? null),
    // One model's verdict is a coin thrown once, the mean of many is nearly the truth.
    weight: TIER_NAMES.map((tier) => { const models = row.n_tier[tier] ?? 0; return models / (models + 2); }),
  }));
}

const chat = (text: string): RequestFacts => factsOf(codecs['openai-chat'].readRequest({ model: 'auto', messages: [{ role: 'user', content: text }] }), {});
type Kind = keyof typeof anchors.good;

/** What most plain traffic is made of counts more than its share of the anchors. */
const OFTEN: ReadonlySet<string> = new Set(['greet', 'fact']);

/** The anchors of one part (`train`, or `held` back for testing). */
export function labelledAnchors(part: 'train' | 'held', weight: number): Labelled[] {
  return Object.entries(anchors[part]).flatMap(([language, kinds]) => Object.entries(kinds).flatMap(([kind, texts]) => texts.map((text) => labelled({
    id: `anchor/${language}/${text}`, source: 'anchor', category: `${language}/${kind}`, facts: chat(text), group: text,
    good: anchors.good[kind as Kind], weight: HEADS.map(() => (OFTEN.has(kind) ? 2 * weight : weight)),
  }))));
}

/** Long turns of nothing in particular: they must all be read, so they are no small task. */
export function longAnchors(weight: number): Labelled[] {
  return Object.entries(anchors.train).flatMap(([language, kinds]) => [4_000, 12_000, 60_000].map((length) => {
    const sentences = Object.values(kinds).flat().join(' ');
    const text = sentences.repeat(Math.ceil(length / sentences.length)).slice(0, length);
    return labelled({ id: `anchor/${language}/long/${length}`, source: 'anchor', category: `${language}/long`, facts: chat(text), group: `${language}/${length}`, good: anchors.good.analyse, weight: HEADS.map(() => weight) });
  }));
}

/** Bloom filter of the words that occur in at least three of the examples. */
export function knownWords(examples: readonly Labelled[]): Uint8Array {
  const seen = new Map<number, number>();
  for (const { hashes } of examples) for (const hash of new Set(hashes)) seen.set(hash, (seen.get(hash) ?? 0) + 1);
  const bitmap = new Uint8Array(BUCKETS / 8);
  for (const [hash, times] of seen) {
    if (times < 3) continue;
    for (const place of bloomPlaces(hash)) bitmap[place >> 3] = (bitmap[place >> 3] ?? 0) | (1 << (place & 7));
  }
  return bitmap;
}

/** The features, by the code that also runs in the gateway. */
export function featuresOf({ facts, text, scanned, hashes }: Labelled, known: Uint8Array): Example {
  return { dense: denseOf(facts, text, scanned, unknownShare(hashes, known)), buckets: bucketsOf(hashes, known) };
}
