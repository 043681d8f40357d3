import type { Lexicon } from './lexicon.ts';

interface Entry { readonly text: string; readonly lexicon: number; readonly id: number; readonly anywhere: boolean; readonly whole: boolean }

/**
 * Counts for several lexicons at once how many different entries of each occur in a lower-cased text, reading it once:
 * ten alternations of a hundred words each, one after the other, cost four times as much. Linear in the text.
 */
export class LexiconScan {
  /** Entries by their first two UTF-16 units, those of one unit by it alone. */
  readonly #byStart = new Map<number, Entry[]>();
  readonly #lexicons: number;
  #entries = 0;

  constructor(lexicons: readonly Lexicon[]) {
    this.#lexicons = lexicons.length;
    for (const [lexicon, { words, anywhere, whole = false }] of lexicons.entries()) {
      for (const text of new Set(words)) this.#add({ text, lexicon, id: this.#entries, anywhere: false, whole });
      for (const text of new Set(anywhere)) this.#add({ text, lexicon, id: this.#entries, anywhere: true, whole: false });
    }
  }

  #add(entry: Entry): void {
    const key = entry.text.length === 1 ? entry.text.charCodeAt(0) : keyAt(entry.text, 0);
    this.#byStart.set(key, [...(this.#byStart.get(key) ?? []), entry]);
    this.#entries += 1;
  }

  /** How many different entries occur, per lexicon in the order given. */
  counts(lower: string): number[] {
    const counts = Array.from({ length: this.#lexicons }, () => 0);
    const seen = new Uint8Array(this.#entries);
    let isInside = false;
    for (let at = 0; at < lower.length; at += 1) {
      const unit = lower.charCodeAt(at);
      const isStart = !isInside;
      isInside = isWordUnit(unit);
      // Inside a Latin word nothing can begin but the few that count anywhere.
      for (const entry of this.#byStart.get(keyAt(lower, at)) ?? NO_ENTRIES) this.#match(entry, lower, at, isStart, seen, counts);
      if (unit >= 0x2e80) for (const entry of this.#byStart.get(unit) ?? NO_ENTRIES) this.#match(entry, lower, at, isStart, seen, counts);
    }
    return counts;
  }

  #match(entry: Entry, lower: string, at: number, isStart: boolean, seen: Uint8Array, counts: number[]): void {
    if ((!isStart && !entry.anywhere) || seen[entry.id] === 1 || !lower.startsWith(entry.text, at)) return;
    if (entry.whole && isWordUnit(lower.charCodeAt(at + entry.text.length))) return;
    seen[entry.id] = 1;
    counts[entry.lexicon] = (counts[entry.lexicon] ?? 0) + 1;
  }
}

const NO_ENTRIES: readonly Entry[] = [];
const keyAt = (text: string, at: number): number => text.charCodeAt(at) * 0x1_0000 + (at + 1 < text.length ? text.charCodeAt(at + 1) : 0);

/** Letters and digits by blocks of Unicode; NaN (past the end) is none. */
function isWordUnit(unit: number): boolean {
  if (unit < 0x80) return (unit >= 0x61 && unit <= 0x7a) || (unit >= 0x30 && unit <= 0x39) || (unit >= 0x41 && unit <= 0x5a);
  return (unit >= 0xc0 && unit < 0x2000 && unit !== 0xd7 && unit !== 0xf7) || (unit >= 0x3040 && unit < 0xd800);
}
