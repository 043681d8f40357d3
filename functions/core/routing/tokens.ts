import { CHUNK, loadUnits, unitPairs } from './units.ts';

/** Tokens of an image as OpenAI and Anthropic roughly count them: low detail, and anything else. */
export const SMALL_IMAGE_TOKENS = 85;
export const LARGE_IMAGE_TOKENS = 1_600;

/**
 * The one token estimate of routing, reservation and unmetered answers: a quarter token for an ASCII character, a whole
 * one for any other code point, rounded up. Tuned to err high on scripts that tokenisers split finely.
 */
export function estimateTokens(text: string): number {
  return Math.ceil(weight(text));
}

/** Shorter than this a plain loop is faster than asking for the whole. */
const SHORT = 256;

/** The same before rounding, so that many pieces add up without a rounding each. Exact at any size: a budget rests on it. */
export function weight(text: string): number {
  if (text.length < SHORT) return weightOf(text);
  // The beginning mostly tells: where it is not ASCII, counting the bytes of all would be in vain.
  if (isAscii(text.slice(0, CHUNK)) && (text.length <= CHUNK || isAscii(text))) return text.length / 4;
  let sum = 0;
  for (let from = 0; from < text.length; from += CHUNK) {
    const count = loadUnits(text, from);
    const { beyondAscii, trailing } = countPairs(unitPairs, (count + 1) >> 1);
    sum += (count - beyondAscii) / 4 + beyondAscii - trailing;
  }
  return sum;
}

/** As many bytes as units. Counting bytes is the one thing that strings do many units at a time. */
const isAscii = (text: string): boolean => Buffer.byteLength(text) === text.length;

/** In both halves of a number: the bits of a unit that is beyond ASCII; its lower 15 bits; a one. */
const BEYOND_ASCII = 0xff80_ff80;
const LOWER = 0x7fff_7fff;
const ONES = 0x1_0001;
/** The first six bits of a unit, which say what kind it is, and those of the second half of a code point. */
const KIND = 0xfc00_fc00;
const TRAILING = 0xdc00_dc00;

/** Of the first `count` pairs of units, how many units are beyond ASCII, and how many are the second half of a code point. */
function countPairs(words: Uint32Array, count: number): { readonly beyondAscii: number; readonly trailing: number } {
  let [beyond, others, looked] = [0, 0, 0];
  // Most of what is not all ASCII is ASCII: eight units that are take one look. A pair behind the last one counts as ASCII.
  for (let at = 0; at < count; at += 4) {
    const one = words[at] as number;
    const two = at + 1 < count ? (words[at + 1] as number) : 0;
    const three = at + 2 < count ? (words[at + 2] as number) : 0;
    const four = at + 3 < count ? (words[at + 3] as number) : 0;
    if (((one | two | three | four) & BEYOND_ASCII) === 0) continue;
    looked += 8;
    beyond += filled(one & BEYOND_ASCII) + filled(two & BEYOND_ASCII) + filled(three & BEYOND_ASCII) + filled(four & BEYOND_ASCII);
    others += filled((one ^ TRAILING) & KIND) + filled((two ^ TRAILING) & KIND) + filled((three ^ TRAILING) & KIND) + filled((four ^ TRAILING) & KIND);
  }
  return { beyondAscii: bothOf(beyond), trailing: looked - bothOf(others) };
}

/** A one in each half of a number that is not 0: adding 0x7fff to its lower 15 bits carries into the highest where one of them is set. */
const filled = (pair: number): number => ((((pair & LOWER) + LOWER) | pair) >>> 15) & ONES;

/** Two counts in the halves of one number, together. */
const bothOf = (counts: number): number => (counts & 0xffff) + (counts >>> 16);

function weightOf(text: string): number {
  let ascii = 0;
  let other = 0;
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    if (unit < 0x80) ascii += 1;
    else if (unit < 0xdc00 || unit > 0xdfff) other += 1;
  }
  return ascii / 4 + other;
}
