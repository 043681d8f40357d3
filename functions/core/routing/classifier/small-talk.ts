import type { RequestFacts } from '../request-facts.ts';
import type { Lexicon } from './lexicon.ts';
import { ASSENT, TALK } from './tasks-lexicon.ts';

/** Longer turns are no small talk, whatever they are made of. */
const MOST_CHARS = 80;
/** User turns that are looked at for what an assent agrees to. */
const MOST_BACK = 8;
/** Whatever may stand beside the words. */
const FILLER = /[\s!.,?¡¿！。、，？~^♥:)(-]|\p{Extended_Pictographic}|\ufe0f/gu;
const TALK_WORDS = patternOf(TALK);
const ASSENT_WORDS = patternOf(ASSENT);

/** Nothing but a greeting, thanks or a farewell, perhaps with a "yes" or "ok" beside it. Takes the lower-cased turn. */
export function isSmallTalk(lower: string): boolean {
  if (lower.length > MOST_CHARS) return false;
  const rest = lower.replace(TALK_WORDS, '');
  return rest !== lower && isEmpty(rest.replace(ASSENT_WORDS, ''));
}

/** Nothing but "yes", "go on", "ok". */
function isAssent(lower: string): boolean {
  return lower.length <= MOST_CHARS && !isEmpty(lower) && isEmpty(lower.replace(ASSENT_WORDS, ''));
}

const isEmpty = (text: string): boolean => text.replace(FILLER, '') === '';

/**
 * The turn that says what is asked for: the latest of the user, but where that only agrees, the last one before it that
 * says more. An old demand does not pin a later "thanks", and "go on" does not turn a hard task into an easy one.
 */
export function taskTextOf({ text, conversation }: RequestFacts): string {
  if (!isAssent(text.toLowerCase())) return text;
  let looked = 0;
  for (let at = conversation.turns.length - 1; at >= 0 && looked < MOST_BACK; at -= 1) {
    const turn = conversation.turns[at];
    if (turn?.role !== 'user') continue;
    const said = turn.parts.flatMap((part) => (part.type === 'text' ? [part.text] : [])).join('\n');
    if (said.trim() === '') continue;
    looked += 1;
    if (!isAssent(said.slice(0, MOST_CHARS + 1).toLowerCase())) return said.slice(0, MOST_TASK_CHARS);
  }
  return text;
}
const MOST_TASK_CHARS = 16_384;

/** The alternation of a lexicon as one pattern that can be taken out of a text; the longest word first. */
function patternOf({ words, anywhere }: Lexicon): RegExp {
  const longestFirst = (list: readonly string[]): string => list.toSorted((a, b) => b.length - a.length).join('|');
  return new RegExp(`(?<![\\p{L}\\p{N}])(?:${longestFirst(words)})(?![\\p{L}\\p{N}])|(?:${longestFirst(anywhere)})`, 'gu');
}
