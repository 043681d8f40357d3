import type { RequestFacts } from '../request-facts.ts';
import { DENSE_FEATURES, type DenseFeature } from './dense-features.ts';
import { LexiconScan } from './lexicon-scan.ts';
import { isSmallTalk } from './small-talk.ts';
import { ANALYSE, ASK_FACT, ASK_WHY, CREATE, DESIGN, EDIT, ENGLISH, EVERYDAY, PROGRAM, PROVE } from './tasks-lexicon.ts';

const TASKS = new LexiconScan([DESIGN, PROVE, ANALYSE, PROGRAM, ASK_WHY, CREATE, EDIT, ASK_FACT, ENGLISH]);
const NEGATION = /\b(?:not|except|false|incorrect|least|never|cannot|without)\b/g;
const MATHS = /[∀∃∑∏∫√≤≥≠∈⊂∞≡→±×÷∂∇πθ]|\b[a-z] ?\^ ?[\dn({]/g;
const LATEX = /\\[a-z]{2,20}|\$/g;
const OPTION = /^[ \t]{0,8}\(?[a-j1-9][.):] /gm;
const LIST_ITEM = /^[ \t]{0,32}(?:[-*•]|\d{1,4}[.)])\s/gm;
const BLANK = /_{2,64}/g;
const LONG_WORD = /[a-zà-ÿ]{9,64}/g;
/** Counts of anything, as powers of two: beyond some sixty, more says no more. */
const log = (count: number): number => Math.min(6, Math.log2(1 + count));

/**
 * The dense vector of a request: finite numbers rounded to three decimals, so that the ledger's copy is the vector itself.
 * `text` is what is asked (`taskTextOf`), `scanned` the lower-cased part of it that is read (`scannedOf`), `unknown` the share of words never seen in training.
 */
export function denseOf(facts: RequestFacts, text: string, scanned: string, unknown: number): number[] {
  const signs = countSigns(text);
  const words = signs.ascii / 5.5 + signs.other / 2;
  const letters = Math.max(1, signs.letters);
  const [design = 0, prove = 0, analyse = 0, program = 0, explain = 0, create = 0, edit = 0, askFact = 0, english = 0] = TASKS.counts(scanned);
  const matches = (pattern: RegExp): number => scanned.match(pattern)?.length ?? 0;
  const attachments = facts.hasImages || facts.hasDocuments || facts.hasAudio;
  // Politeness around a real question says nothing about the question.
  const isTalk = !attachments && isSmallTalk(scanned);
  const isEveryday = !attachments && !isTalk && text.length <= 90 && words <= 14 && !text.trim().includes('\n') && EVERYDAY.some((pattern) => pattern.test(scanned)) && isOneQuestion(scanned);
  const values: Record<DenseFeature, number> = {
    code: facts.hasCode ? 1 : 0,
    error_trace: facts.hasErrorTrace ? 1 : 0,
    structured: facts.wantsStructuredOutput ? 1 : 0,
    tools: facts.usesTools ? 1 : 0,
    tool_count: log(facts.toolNames.length),
    length: Math.max(0, Math.log2(Math.max(words, 1) / 4)),
    short: Math.max(0, 1 - words / 12),
    long: Math.max(0, Math.log2(Math.max(words, 1) / 400)) + Math.max(0, Math.log2(facts.inputTokens / 8_000)) * (text.length > 8_000 ? 1 : 0),
    lines: log(signs.lines),
    sentences: log(signs.ends),
    word_length: signs.asciiLetters === 0 ? 0 : Math.min(2, Math.max(0, signs.asciiLetters / Math.max(1, signs.asciiWords) - 4)),
    long_words: Math.min(1, (4 * matches(LONG_WORD)) / Math.max(4, words)),
    digits: Math.min(1, (4 * signs.digits) / Math.max(20, text.length)),
    numbers: log(signs.numbers),
    options: Math.min(10, matches(OPTION)) / 4,
    list: Math.min(8, matches(LIST_ITEM)) / 4,
    questions: Math.min(4, signs.questions),
    blanks: Math.min(3, matches(BLANK)),
    maths_signs: log(matches(MATHS)),
    latex: log(matches(LATEX)),
    operators: log(signs.operators),
    quotes: log(signs.quotes),
    capitals: Math.min(1, (2 * signs.capitals) / letters),
    names: log(signs.names),
    design: Math.min(6, design),
    prove: Math.min(3, prove),
    analyse: Math.min(5, analyse),
    program: Math.min(3, program),
    explain: Math.min(3, explain),
    create: Math.min(2, create),
    edit: Math.min(2, edit),
    ask_fact: Math.min(2, askFact),
    negation: Math.min(3, matches(NEGATION)),
    small_talk: isTalk ? 1 : 0,
    everyday_question: isEveryday ? 1 : 0,
    hangul: signs.hangul / letters,
    kana: signs.kana / letters,
    han: signs.han / letters,
    accents: Math.min(1, (10 * signs.accents) / letters),
    other_script: signs.otherScript / letters,
    not_english: english > 0 || signs.letters < 8 ? 0 : 1,
    unknown_words: unknown,
    attachments: attachments ? 1 : 0,
  };
  return DENSE_FEATURES.map((name) => Math.round(values[name] * 1_000) / 1_000);
}

/** One sentence that asks or commands one thing, without a second clause to work on. */
function isOneQuestion(scanned: string): boolean {
  return scanned.trim().replace(/[\s?？!.。]+$/, '').search(/[?？!;:；：。]|[.] /) < 0;
}

interface Signs {
  ascii: number; other: number; letters: number; asciiLetters: number; asciiWords: number; digits: number; numbers: number; lines: number; ends: number; questions: number;
  operators: number; quotes: number; capitals: number; names: number; hangul: number; kana: number; han: number; accents: number; otherScript: number;
}

/** One pass over all that routing keeps of the turn (at most 16 K characters). */
function countSigns(text: string): Signs {
  const signs: Signs = {
    ascii: 0, other: 0, letters: 0, asciiLetters: 0, asciiWords: 0, digits: 0, numbers: 0, lines: 0, ends: 0, questions: 0,
    operators: 0, quotes: 0, capitals: 0, names: 0, hangul: 0, kana: 0, han: 0, accents: 0, otherScript: 0,
  };
  let before = 0x20;
  let beforeThat = 0x2e;
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    if (unit < 0x80) {
      signs.ascii += 1;
      countAscii(signs, unit, before, beforeThat);
    } else if (unit < 0x250) {
      signs.ascii += 1;
      if (unit >= 0xc0) {
        signs.letters += 1;
        signs.accents += 1;
      } else if (unit === 0xab || unit === 0xbb) signs.quotes += 1;
    } else countOther(signs, unit);
    beforeThat = before;
    before = unit;
  }
  return signs;
}

const isAsciiLetter = (unit: number): boolean => (unit | 0x20) >= 0x61 && (unit | 0x20) <= 0x7a;
const isDigit = (unit: number): boolean => unit >= 0x30 && unit <= 0x39;

function countAscii(signs: Signs, unit: number, before: number, beforeThat: number): void {
  if (isAsciiLetter(unit)) {
    signs.letters += 1;
    signs.asciiLetters += 1;
    if (!isAsciiLetter(before)) signs.asciiWords += 1;
    if (unit <= 0x5a) {
      signs.capitals += 1;
      // A capital inside a sentence: mostly the name of somebody or something.
      if (before === 0x20 && isAsciiLetter(beforeThat)) signs.names += 1;
    }
  } else if (isDigit(unit)) {
    signs.digits += 1;
    if (!isDigit(before)) signs.numbers += 1;
  } else {
    switch (unit) {
      case 0x0a: signs.lines += 1; break;
      case 0x2e: case 0x21: case 0x3f:
        // "!!!" ends one sentence.
        if (before !== unit) signs.ends += 1;
        if (before !== unit && unit === 0x3f) signs.questions += 1;
        break;
      case 0x22: signs.quotes += 1; break;
      case 0x2b: case 0x3d: case 0x2a: case 0x5e: case 0x3c: case 0x3e: case 0x7c: signs.operators += 1; break;
    }
  }
}

function countOther(signs: Signs, unit: number): void {
  signs.other += 1;
  if (unit === 0x3002) signs.ends += 1;
  else if (unit === 0xff1f) {
    signs.ends += 1;
    signs.questions += 1;
  } else if (unit >= 0xac00 && unit <= 0xd7af) {
    signs.hangul += 1;
    signs.letters += 1;
  } else if (unit >= 0x3040 && unit <= 0x30ff) {
    signs.kana += 1;
    signs.letters += 1;
  } else if (unit >= 0x4e00 && unit <= 0x9fff) {
    signs.han += 1;
    signs.letters += 1;
  } else if ((unit >= 0x370 && unit < 0x2000) || (unit >= 0xa000 && unit < 0xac00)) {
    signs.otherScript += 1;
    signs.letters += 1;
  }
}
