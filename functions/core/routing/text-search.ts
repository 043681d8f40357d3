import { globMatches, STEP_COST } from './pattern.ts';
import { CHUNK, loadUnits, units } from './units.ts';

/**
 * What the conditions of one decision may search in all, in characters read: some 20 ms at worst. A thousand conditions over 64 KiB
 * of text would be eight times as much, and with globs made for it minutes; a decision holds up everybody on the same process.
 */
const BUDGET = 8 * 1024 * 1024;
/** Texts from this length on are indexed once several searches went through them. */
const LONG = 1_024;
const SEARCHES_BEFORE_INDEX = 4;
/** Characters that a search costs beside those it reads. */
const SEARCH_COST = 64;

/** A glob made ready for many searches. */
export interface PreparedGlob {
  readonly glob: string;
  /** Whether its only wildcard is `*`; then what stands before the first, after the last, and between. */
  readonly isPlain: boolean;
  readonly isLiteral: boolean;
  readonly first: string;
  readonly last: string;
  readonly inner: readonly string[];
}

/** Takes a glob apart once; a decision may try sixty thousand of them. */
export function prepareGlob(glob: string): PreparedGlob {
  const pieces = glob.split('*');
  return { glob, isPlain: plain(glob), isLiteral: pieces.length === 1, first: pieces[0] ?? '', last: pieces.at(-1) ?? '', inner: pieces.slice(1, -1).filter((piece) => piece !== '') };
}

/**
 * Searches in texts for one decision, with a bound on all of them together: past it the answer is null (nobody knows). The
 * bound counts characters, not time, so that the same request under the same rules is always decided alike.
 */
export class TextSearch {
  #left = BUDGET;
  readonly #texts = new Map<string, { searches: number; fragments?: Fragments }>();

  startsWith(text: string, literal: string): boolean | null {
    return this.#begin() ? text.startsWith(literal) : null;
  }

  contains(text: string, literal: string): boolean | null {
    if (!this.#begin()) return null;
    if (this.#excludes(text, literal)) return false;
    return found(this.#indexOf(text, literal, 0));
  }

  /** As `globMatches`; case and form are the caller's affair. */
  glob(text: string, prepared: PreparedGlob): boolean | null {
    if (!this.#begin()) return null;
    const { glob, first, last, inner } = prepared;
    if (!prepared.isPlain) return this.#stepwise(text, glob);
    this.#left -= first.length + last.length;
    if (prepared.isLiteral) return text === glob;
    if (text.length < first.length + last.length || !text.startsWith(first) || !text.endsWith(last)) return false;
    if (inner.some((piece) => this.#excludes(text, piece))) return false;
    let at = first.length;
    // The leftmost place of each piece leaves the most room for those that follow.
    for (const piece of inner) {
      const next = this.#indexOf(text, piece, at);
      if (next === null) return null;
      if (next < 0) return false;
      at = next + piece.length;
    }
    return at <= text.length - last.length;
  }

  #begin(): boolean {
    this.#left -= SEARCH_COST;
    return this.#left > 0;
  }

  #indexOf(text: string, literal: string, from: number): number | null {
    if (this.#left <= 0) return null;
    const at = text.indexOf(literal, from);
    this.#left -= (at < 0 ? text.length : at + literal.length) - from;
    return at;
  }

  #stepwise(text: string, glob: string): boolean | null {
    const steps = { left: Math.ceil(this.#left / STEP_COST) };
    const matches = globMatches(glob, text, steps);
    this.#left = steps.left * STEP_COST;
    return steps.left <= 0 ? null : matches;
  }

  /** True where the index shows that the text cannot hold the literal. */
  #excludes(text: string, literal: string): boolean {
    if (text.length < LONG || literal.length < FRAGMENT) return false;
    let known = this.#texts.get(text);
    if (known === undefined) this.#texts.set(text, (known = { searches: 0 }));
    known.searches += 1;
    if (known.searches <= SEARCHES_BEFORE_INDEX) return false;
    if (known.fragments === undefined) {
      known.fragments = new Fragments(text);
      this.#left -= text.length;
    }
    this.#left -= literal.length;
    return !known.fragments.mayHold(literal);
  }
}

const found = (at: number | null): boolean | null => (at === null ? null : at >= 0);

/** A glob whose only wildcard is `*`, and no half of a surrogate pair, which must not be found inside one. */
function plain(glob: string): boolean {
  return !glob.includes('?') && glob.isWellFormed();
}

const FRAGMENT = 4;
const INDEX_BITS = 19;

/** Which runs of four characters a text holds, by hash: what lacks one of a literal's runs does not hold the literal. */
class Fragments {
  readonly #bits: Uint32Array;

  constructor(text: string) {
    this.#bits = runsOf(text);
  }

  mayHold(literal: string): boolean {
    let run = 0;
    for (let at = 0; at < literal.length; at += 1) {
      run = withNext(run, literal.charCodeAt(at));
      if (at < FRAGMENT - 1) continue;
      const place = placeOf(run);
      if (((this.#bits[place >>> 5] ?? 0) & (1 << place)) === 0) return false;
    }
    return true;
  }
}

/** A bit for each run; the first three, which reach back before the text, set bits that nobody asks for. */
function runsOf(text: string): Uint32Array {
  const bits = new Uint32Array(2 ** (INDEX_BITS - 5));
  let run = 0;
  for (let from = 0; from < text.length; from += CHUNK) {
    const count = loadUnits(text, from);
    for (let at = 0; at < count; at += 1) {
      run = withNext(run, units[at] as number);
      const place = placeOf(run);
      bits[place >>> 5] = (bits[place >>> 5] as number) | (1 << place);
    }
  }
  return bits;
}

/** The last four characters, a byte of each: the oldest is pushed out. */
const withNext = (run: number, unit: number): number => (run << 8) | ((unit ^ (unit >>> 8)) & 0xff);

/** All of the run bears on the upper bits of the product. */
const placeOf = (run: number): number => Math.imul(run ^ (run >>> 15), 0x9e37_79b1) >>> (32 - INDEX_BITS);
