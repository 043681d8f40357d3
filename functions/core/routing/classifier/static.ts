import type { RequestFacts } from '../request-facts.ts';
import { counterOf, DEEP, DEMANDS, MAKE, SMALL_TALK } from './lexicon.ts';

/** Version of the dense vector below; stored with every ledger entry. */
export const FEATURES_VERSION = 1;
/** Characters of the latest turn that are read for words; beyond it only length counts. */
const SCANNED = 4_000;
const deep = counterOf(DEEP);
const make = counterOf(MAKE);
const demands = counterOf(DEMANDS);
const smallTalk = counterOf(SMALL_TALK);
const MATHS = /[∀∃∑∏∫√≤≥≠∈⊂∞≡→]|\\(?:frac|sum|int|sqrt|prove)|\b[a-z]\^[\dn]/g;
const LIST_ITEM = /^[ \t]{0,32}(?:[-*•]|\d{1,4}[.)])\s/gm;
const QUESTION = /[?？]/g;

export interface Scored {
  /** 0–100, rounded. */
  readonly score: number;
  readonly base: number;
  /** `base` + Σ points = the score before rounding. */
  readonly contributions: { feature: string; points: number }[];
  /** In the order of `FEATURES`. */
  readonly dense: number[];
}

/** The features in the order of the dense vector, each with what one unit is worth before the score is bounded. */
const FEATURES = [
  ['length', 6],            // log2 of the latest turn's estimated words above 8, at least 0
  ['context', 1.5],         // log2 of the whole input's thousands of tokens plus one
  ['deep', 17],             // different words of design, proof, analysis (at most 6)
  ['make', 12],             // different words of building something (at most 3)
  ['demands', 5],           // different demands named (at most 5)
  ['maths', 8],             // mathematical signs (at most 3)
  ['code', 8],              // the turn holds code
  ['error_trace', 8],       // the turn holds a stack trace
  ['list', 3],              // list items (at most 6)
  ['questions', 2],         // question marks after the first (at most 4)
  ['structured', 4],        // a schema must be met
  ['tools', 5],             // tools are offered
  ['small_talk', -14],      // words of small talk (at most 2)
] as const;
const BASE = 8;
/** A turn of this many words is never simple, whatever it says: someone must read it all. */
const LONG_WORDS = 2_000;
const LONG_FLOOR = 45;

/**
 * The heuristic score: how much a strong model is needed, 0–100. Looks only at the latest user turn plus the size of the
 * whole, so that an old demand does not pin a later "thanks". Additive: z = base + Σ weight × feature, score = z bounded
 * to 0…100, and every contribution is scaled by the same factor so that they add up to the score exactly.
 */
export function scoreStatic(facts: RequestFacts): Scored {
  const dense = denseOf(facts);
  const raw = dense.map((value, at) => value * (FEATURES[at]?.[1] ?? 0));
  const sum = raw.reduce((total, points) => total + points, 0);
  const floor = wordsIn(facts.text) >= LONG_WORDS ? LONG_FLOOR : 0;
  const bounded = Math.min(100, Math.max(floor, BASE + sum));
  return { score: Math.round(bounded), base: BASE, contributions: contributionsOf(raw, sum, bounded - BASE), dense };
}

/** Shares the bounded sum among the features in proportion; what no feature explains is the floor's own. */
function contributionsOf(raw: readonly number[], sum: number, bounded: number): { feature: string; points: number }[] {
  const scale = sum === 0 || Math.sign(sum) !== Math.sign(bounded) ? 0 : bounded / sum;
  const contributions = raw.flatMap((points, at) => (points === 0 || scale === 0 ? [] : [{ feature: FEATURES[at]?.[0] ?? '', points: points * scale }]));
  return scale === 0 && bounded !== 0 ? [{ feature: 'bounds', points: bounded }] : contributions;
}

function denseOf(facts: RequestFacts): number[] {
  const text = facts.text.slice(0, SCANNED).toLowerCase();
  const words = wordsIn(facts.text);
  const demanding = deep(text);
  const making = make(text);
  // Politeness around a real question says nothing about the question.
  const talk = demanding + making === 0 && words <= 12 ? smallTalk(text) : 0;
  return [
    Math.max(0, Math.log2(Math.max(words, 1) / 8)),
    Math.log2(1 + facts.inputTokens / 1_000),
    Math.min(6, demanding),
    Math.min(3, making),
    Math.min(5, demanding + making === 0 ? 0 : demands(text)),
    Math.min(3, text.match(MATHS)?.length ?? 0),
    facts.hasCode ? 1 : 0,
    facts.hasErrorTrace ? 1 : 0,
    Math.min(6, text.match(LIST_ITEM)?.length ?? 0),
    Math.min(4, Math.max(0, (text.match(QUESTION)?.length ?? 0) - 1)),
    facts.wantsStructuredOutput ? 1 : 0,
    facts.usesTools ? 1 : 0,
    Math.min(2, talk),
  ];
}

/** Words, estimated alike for scripts with and without spaces: 5.5 ASCII characters or 2 others make one. */
function wordsIn(text: string): number {
  let ascii = 0;
  for (let at = 0; at < text.length; at += 1) if (text.charCodeAt(at) < 0x250) ascii += 1;
  return ascii / 5.5 + (text.length - ascii) / 2;
}
