/** Buckets that word uni- and bigrams are hashed into. */
export const BUCKETS = 65_536;
/** Characters of a turn that are read for words: its beginning, where the task is said, and its end, where it is repeated. */
const HEAD = 2_000;
const TAIL = 1_000;

/** The part of a turn that is read word by word, lower-cased. Bounds the work at any size. */
export function scannedOf(text: string): string {
  return (text.length <= HEAD + TAIL ? text : `${text.slice(0, HEAD)}\n${text.slice(-TAIL)}`).toLowerCase();
}

/** Hashes of the words of a text in their order, 32 bits each. Numbers count by their length only; in scripts without spaces each sign is a word. */
export function wordHashes(lower: string): Uint32Array {
  const hashes = new Uint32Array(lower.length);
  let count = 0;
  for (let at = 0; at < lower.length;) {
    const first = kindOf(lower.charCodeAt(at));
    const start = at;
    at += 1;
    if (first === NONE) continue;
    if (first !== SIGN) while (at < lower.length && kindOf(lower.charCodeAt(at)) === first) at += 1;
    hashes[count] = first === DIGIT ? mixed(Math.min(at - start, 12)) : hashOf(lower, start, at);
    count += 1;
  }
  return hashes.subarray(0, count);
}

/**
 * The different buckets of the words that training knew and of each two such neighbours, ascending. What it never saw
 * would only fall into somebody else's bucket.
 */
export function bucketsOf(hashes: Uint32Array, known: Uint8Array): Uint16Array {
  const buckets = new Uint16Array(Math.max(0, 2 * hashes.length - 1));
  let count = 0;
  let before = 0;
  let isAfterKnown = false;
  for (const hash of hashes) {
    const isThis = isKnown(hash, known);
    if (isThis) {
      buckets[count] = folded(hash);
      count += 1;
      if (isAfterKnown) {
        buckets[count] = folded(mixed(Math.imul(before, 0x9e3779b1) ^ hash));
        count += 1;
      }
    }
    before = hash;
    isAfterKnown = isThis;
  }
  const found = buckets.subarray(0, count).sort();
  let unique = 0;
  for (let at = 0; at < count; at += 1) {
    if (at > 0 && found[at] === found[at - 1]) continue;
    found[unique] = found[at] ?? 0;
    unique += 1;
  }
  return found.subarray(0, unique);
}

/** Words count alike in short and long prompts, and little in very short ones: their sum is multiplied by this. */
export const wordsNorm = (buckets: number): number => 1 / Math.sqrt(buckets + 12);

/** Share of words that training never saw; a few words prove little, so three seen ones are added. */
export function unknownShare(hashes: Uint32Array, known: Uint8Array): number {
  let unknown = 0;
  for (const hash of hashes) if (!isKnown(hash, known)) unknown += 1;
  return unknown / (hashes.length + 3);
}

function isKnown(hash: number, known: Uint8Array): boolean {
  const [one, two] = bloomPlaces(hash);
  return hasBit(known, one) && hasBit(known, two);
}

/** Two places in a Bloom filter of `BUCKETS` bits for a word. */
export const bloomPlaces = (hash: number): readonly [number, number] => [folded(mixed(hash ^ 0x5bd1e995)), folded(mixed(hash ^ 0x1b873593))];

export const hasBit = (bitmap: Uint8Array, bit: number): boolean => ((bitmap[bit >> 3] ?? 0) & (1 << (bit & 7))) !== 0;

/** FNV-1a over UTF-16 units, then mixed, since its low bits alone are poor. */
function hashOf(text: string, start: number, end: number): number {
  let hash = 0x811c9dc5;
  for (let at = start; at < end; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return mixed(hash);
}

/** The finaliser of MurmurHash3: every bit of the input reaches every bit of the output. */
function mixed(value: number): number {
  let hash = value;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

const folded = (hash: number): number => (hash ^ (hash >>> 16)) & 0xffff;

const [NONE, LETTER, DIGIT, SIGN] = [0, 1, 2, 3] as const;

/** Letter of a script with spaces, digit, sign of a script without spaces, or none of these. By blocks of Unicode: fast and the same everywhere. */
function kindOf(unit: number): number {
  if (unit < 0x80) return (unit >= 0x61 && unit <= 0x7a) || (unit >= 0x41 && unit <= 0x5a) ? LETTER : unit >= 0x30 && unit <= 0x39 ? DIGIT : NONE;
  if (unit < 0xc0) return NONE;
  if (unit < 0x2000) return unit === 0xd7 || unit === 0xf7 ? NONE : LETTER;
  if (unit < 0x2e80) return NONE;
  if (unit >= 0x3000 && unit <= 0x303f) return NONE;
  if (unit >= 0xac00 && unit <= 0xd7ff) return LETTER;
  if (unit >= 0xe000) return NONE;
  return SIGN;
}
