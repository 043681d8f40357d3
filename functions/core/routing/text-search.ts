import { globMatches, STEP_COST } from './pattern.ts';

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
const { imul } = Math;
const INDEX_BITS = 19;

/** Which runs of four characters a text holds, by hash: what lacks one of a literal's runs does not hold the literal. */
class Fragments {
  readonly #bits = new Uint8Array(2 ** (INDEX_BITS - 3));

  constructor(text: string) {
    for (let at = FRAGMENT; at <= text.length; at += 1) {
      const hash = hashBefore(text, at);
      this.#bits[hash >> 3] = (this.#bits[hash >> 3] ?? 0) | (1 << (hash & 7));
    }
  }

  mayHold(literal: string): boolean {
    for (let at = FRAGMENT; at <= literal.length; at += 1) {
      const hash = hashBefore(literal, at);
      if (((this.#bits[hash >> 3] ?? 0) & (1 << (hash & 7))) === 0) return false;
    }
    return true;
  }
}

function hashBefore(text: string, end: number): number {
  const left = imul(text.charCodeAt(end - 4), 0x9e3779b1) ^ imul(text.charCodeAt(end - 3), 0x85ebca6b);
  const right = imul(text.charCodeAt(end - 2), 0xc2b2ae35) ^ imul(text.charCodeAt(end - 1), 0x27d4eb2f);
  const mixed = imul(left ^ (right >>> 15) ^ right, 0x2c1b3c6d);
  return (mixed ^ (mixed >>> 13)) >>> (32 - INDEX_BITS);
}
