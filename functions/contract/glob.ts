/** About how many characters of a plain search one step of a glob is worth. */
export const STEP_COST = 16;

/**
 * Matches a glob (`*` = any run, `?` = one character, all else literal, case-sensitive) in constant memory: only
 * the latest `*` is ever tried again, so adversarial patterns cost at most |glob| × |text| steps. Where `steps` are given they
 * are taken off; false, with nothing left of them, when they do not suffice.
 */
export function globMatches(glob: string, text: string, steps?: { left: number }): boolean {
  let g = 0;
  let t = 0;
  let star = -1;
  let mark = 0;
  while (t < text.length) {
    if (steps !== undefined && (steps.left -= 1) <= 0) return false;
    const wanted = glob.charCodeAt(g);
    if (wanted === STAR) {
      star = g;
      mark = t;
      g += 1;
    } else if (g < glob.length && (wanted === ANY || wanted === text.charCodeAt(t))) {
      t += wanted === ANY ? widthAt(text, t) : 1;
      g += 1;
    } else if (star >= 0) {
      g = star + 1;
      mark += widthAt(text, mark);
      t = mark;
    } else return false;
  }
  while (glob.charCodeAt(g) === STAR) g += 1;
  return g === glob.length;
}
const STAR = 42;
const ANY = 63;

/** Code units of the character at `at`: 2 for a surrogate pair, which `?` takes whole and `*` never splits. */
function widthAt(text: string, at: number): 1 | 2 {
  const unit = text.charCodeAt(at);
  if (unit < 0xd800 || unit > 0xdbff) return 1;
  const low = text.charCodeAt(at + 1);
  return low >= 0xdc00 && low <= 0xdfff ? 2 : 1;
}

/** More wildcards than this say nothing a shorter pattern could not. */
export const MAX_STARS = 8;
export function starsIn(glob: string): number {
  let stars = 0;
  for (let at = 0; at < glob.length; at += 1) if (glob.charCodeAt(at) === STAR) stars += 1;
  return stars;
}
