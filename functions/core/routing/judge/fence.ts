/** What a call of the judge is marked with: unforeseeable for whoever wrote the text that is judged. */
export interface Mark {
  /** 32 hex digits, new for each call. Stands on the lines around the text. */
  readonly fence: string;
  /** 8 hex digits, new for each call. The answer must begin with it; a text cannot dictate an answer that it cannot spell. */
  readonly seal: string;
}

/** The mark made of 40 random hex digits. */
export const markOf = (digits: string): Mark => ({ fence: digits.slice(0, 32), seal: digits.slice(32, 40) });

/**
 * A text as data between two lines that it cannot imitate. Should it hold the mark all the same (nobody could have told
 * it), the mark is taken out of it, so that there is never more than one end.
 */
export function fenced(label: string, text: string, { fence, seal }: Mark): string {
  return `<<${label} ${fence}>>\n${text.replaceAll(fence, '*').replaceAll(seal, '*')}\n<<end of ${label} ${fence}>>`;
}

/** The beginning and the end of a text that is longer than `maxChars`: what is asked for stands in one of the two. */
export function bounded(text: string, maxChars: number): string {
  if (text.length <= maxChars) return text;
  const head = Math.ceil((maxChars * 2) / 3);
  return `${text.slice(0, head).toWellFormed()}\n[…]\n${text.slice(text.length - (maxChars - head)).toWellFormed()}`;
}

/**
 * The number of an answer in the closed form `<seal> <number>`: one line, nothing before, between or behind. Undefined
 * for anything else, and for a number outside `least`…`most`.
 */
export function sealedNumber(answer: string, { seal }: Mark, [least, most]: readonly [number, number]): number | undefined {
  const [, digits] = /^\s*[0-9a-f]{8} (-?\d{1,3})\s*$/.exec(answer) ?? [];
  if (digits === undefined || answer.trimStart().slice(0, seal.length) !== seal) return undefined;
  const number = Number(digits);
  return number >= least && number <= most ? number : undefined;
}
