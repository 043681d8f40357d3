import { hash } from 'node:crypto';
import { inflateRawSync } from 'node:zlib';
import { DENSE_FEATURES, PRIOR_FEATURES_VERSION } from './dense-features.ts';
import { BUCKETS, hasBit } from './words.ts';

/** The heads, weakest tier first: how likely a model of that tier answers well enough. */
export const HEADS = ['small', 'mid', 'frontier'] as const;

/** The trained prior as it is committed (JSON). Every number in it is finite. */
export interface StoredArtifact {
  /** `prior-YYYY-MM-DD` */
  readonly id: string;
  readonly featuresVersion: number;
  readonly dense: readonly string[];
  /** Per head: logit of an empty request, and one weight per dense feature. */
  readonly heads: readonly { readonly head: string; readonly bias: number; readonly weights: readonly number[] }[];
  /** `kept` = bitmap of the buckets that have weights (base64); `weights` = int8, head by head, ascending buckets; both deflated, base64; `scales` per head. */
  readonly words: { readonly kept: string; readonly weights: string; readonly scales: readonly number[] };
  /** Bloom filter of the words seen in training (base64 bitmap). */
  readonly known: string;
  /** Need = sigmoid(offset + Σ slopes × logits) × 100. */
  readonly need: { readonly offset: number; readonly slopes: readonly number[] };
  /** Novelty from which a prompt counts as unlike the training data. */
  readonly novelFrom: number;
  /** SHA-256 of all of the above in this order, hex. */
  readonly sha256: string;
}

/** The same made ready to score with. */
export interface PriorArtifact {
  readonly id: string;
  readonly bias: readonly number[];
  /** [head][dense feature] */
  readonly dense: readonly (readonly number[])[];
  /** [head][bucket] in steps of the head's scale; 0 where the bucket has no weight. */
  readonly words: readonly Int8Array[];
  readonly scales: readonly number[];
  readonly known: Uint8Array;
  readonly need: { readonly offset: number; readonly slopes: readonly number[] };
  readonly novelFrom: number;
  /** Need before the sigmoid of an empty request, and what one unit of each dense feature adds to it. */
  readonly needBase: number;
  readonly needOfDense: readonly number[];
}

export const checksumOf = ({ id, featuresVersion, dense, heads, words, known, need, novelFrom }: Omit<StoredArtifact, 'sha256'>): string =>
  hash('sha256', JSON.stringify([id, featuresVersion, dense, heads.map(({ head, bias, weights }) => [head, bias, weights]), [words.kept, words.weights, words.scales], known, [need.offset, need.slopes], novelFrom]));

/**
 * Validates and unpacks a stored artifact. Throws an `Error` that says what is wrong: another version of the features, a
 * shape that does not fit, a number that is none, bytes that are not those of the checksum.
 */
export function readArtifact(stored: StoredArtifact): PriorArtifact {
  const refuse = (what: string): never => { throw new Error(`The routing artifact ${typeof stored?.id === 'string' ? stored.id : 'without an id'} cannot be used: ${what}.`); };
  if (stored?.featuresVersion !== PRIOR_FEATURES_VERSION) refuse(`its features are of version ${String(stored?.featuresVersion)}, not ${PRIOR_FEATURES_VERSION}`);
  if (!isShaped(stored)) refuse('a part of it is missing');
  if (stored.dense.join() !== DENSE_FEATURES.join()) refuse('its dense features are not those of this program');
  if (stored.heads.map(({ head }) => head).join() !== HEADS.join()) refuse(`its heads are not ${HEADS.join(', ')}`);
  if (checksumOf(stored) !== stored.sha256) refuse('its checksum does not match its content');
  const numbers = [stored.novelFrom, stored.need.offset, ...stored.need.slopes, ...stored.words.scales, ...stored.heads.flatMap(({ bias, weights }) => [bias, ...weights])];
  if (!numbers.every((value) => Number.isFinite(value))) refuse('one of its numbers is none');
  if ([stored.need.slopes, stored.words.scales].some((list) => list.length !== HEADS.length) || stored.heads.some(({ weights }) => weights.length !== DENSE_FEATURES.length)) refuse('it has not one weight for each feature and head');
  const [kept, known, weights] = [inflated(stored.words.kept), new Uint8Array(Buffer.from(stored.known, 'base64')), inflated(stored.words.weights)];
  if (kept === undefined || weights === undefined || kept.length !== BUCKETS / 8 || known.length !== BUCKETS / 8) return refuse('its tables are not of the right length');
  const buckets = bitsOf(kept);
  if (weights.length !== HEADS.length * buckets.length) refuse('its tables are not of the right length');
  const { need } = stored;
  const combined = (of: (head: StoredArtifact['heads'][number]) => number): number => stored.heads.reduce((sum, head, at) => sum + (need.slopes[at] ?? 0) * of(head), 0);
  return {
    id: stored.id,
    bias: stored.heads.map(({ bias }) => bias),
    dense: stored.heads.map((head) => head.weights),
    words: HEADS.map((_, head) => {
      const table = new Int8Array(BUCKETS);
      for (let at = 0; at < buckets.length; at += 1) table[buckets[at] ?? 0] = weights[head * buckets.length + at] ?? 0;
      return table;
    }),
    scales: stored.words.scales,
    known, need, novelFrom: stored.novelFrom,
    needBase: need.offset + combined(({ bias }) => bias),
    needOfDense: DENSE_FEATURES.map((_, at) => combined((head) => head.weights[at] ?? 0)),
  };
}

/** The places of the bits that are set, ascending. */
function bitsOf(bitmap: Uint8Array): Uint16Array {
  const places = new Uint16Array(bitmap.length * 8);
  let count = 0;
  for (let bit = 0; bit < places.length; bit += 1) {
    if (!hasBit(bitmap, bit)) continue;
    places[count] = bit;
    count += 1;
  }
  return places.subarray(0, count);
}

/** Lists where lists belong and text where text belongs; what stands in them is judged afterwards. */
function isShaped({ dense, heads, words, known, need }: StoredArtifact): boolean {
  return Array.isArray(dense) && Array.isArray(heads) && heads.every((head: StoredArtifact['heads'][number] | null) => Array.isArray(head?.weights))
    && typeof words?.kept === 'string' && typeof words.weights === 'string' && Array.isArray(words.scales) && typeof known === 'string' && Array.isArray(need?.slopes);
}

/** undefined for what is no deflated data, or far more than any artifact holds. */
function inflated(base64: string): Uint8Array | undefined {
  try {
    return new Uint8Array(inflateRawSync(Buffer.from(base64, 'base64'), { maxOutputLength: 1 << 20 }));
  } catch {
    return undefined;
  }
}
