/**
 * Takes out of an upstream's words whatever could be a credential, an address or an account, before they reach a
 * caller. Wrong in the safe direction: a long random-looking name goes too. Every expression is bounded or runs over
 * one character class, so the time grows linearly with the text.
 */

const GONE = '[redacted]';
const MAX_BYTES = 2_048;
const ELLIPSIS_BYTES = 3;

/** What has a beginning of its own, wherever it ends. */
const FIRST: readonly RegExp[] = [
  // Addresses: with a scheme; a host under a common top-level domain, with its path; IPv4; bracketed IPv6.
  /[a-z][a-z0-9+.-]{0,20}:\/\/[^\s"'<>]*/gi,
  /(?<![\w.-])(?:[a-z0-9](?:[a-z0-9-]{0,62})\.){1,8}(?:com|net|org|io|ai|dev|app|cloud|internal|intranet|local|localhost|lan|corp)(?![\w-])(?:\.[a-z]{2,3}(?!\w))?(?::\d{1,5})?(?:\/[^\s"'<>]*)?/gi,
  /(?<![\w.])\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}(?!\w)(?::\d{1,5})?/g,
  /\[[0-9a-f:]{2,45}\](?::\d{1,5})?/gi,
  // Credentials by their introduction.
  /(?<!\w)(?:bearer|basic)[\s:=\p{Cf}]+[^\s"'<>,;]+/giu,
  /(?<!\w)(?:x-)?(?:api|access|secret|private|auth|account)[-_ ]?(?:key|token)(?:[-_ ]?id)?["']?\s{0,4}[:=]\s{0,4}["']?[^\s"'<>,;]+/gi,
  /(?<!\w)(?:authorization|password|passwd|secret)["']?\s{0,4}[:=]\s{0,4}["']?[^\s"'<>,;]+/gi,
  // Web tokens, and resource names of a cloud.
  /(?<![\w.])eyJ[\w.-]{8,}/g,
  /(?<!\w)arn:aws[\w-]{0,12}:[^\s"'<>,;]+/gi,
];

/** Keys, hashes and UUIDs. Before `LAST`, whose matches in the middle of such a run would leave its ends standing. */
const LONG_RUN = /[A-Za-z0-9+/_=-]{32,}/g;
/** Words joined by separators, as in `get_weather_for_the_current_location`: the one kind of long run that stays. */
const WORDS = /^[a-z]{1,20}(?:[-_/][a-z]{1,20})+$/;

const LAST: readonly RegExp[] = [
  // Credentials by the prefixes that their issuers use; stars stand in keys that an upstream masked itself.
  /(?<![A-Za-z0-9])(?:sk|pk|rk|ak|gsk|xai|bsga?|hf|ghp|gho|ghs|glpat|pplx|nvapi|r8|fw|csk|tgp|xoxb|xoxp)[-_][A-Za-z0-9*._[\]-]{3,}/g,
  /(?<![A-Za-z0-9])(?:AKIA|ASIA|AROA|AIDA|ABIA|ACCA)[A-Z0-9]{8,}/g,
  /(?<![A-Za-z0-9])(?:AIza|ya29\.)[\w.-]{8,}/g,
  // Accounts and organisations. Words such as `user_defined` have no digit and stay.
  /(?<![A-Za-z0-9])(?:org|organization|proj|acct|wrkspc)[-_][A-Za-z0-9]{3,}/gi,
  /(?<![A-Za-z0-9])(?:project|account|user|team|workspace|tenant|subscription|customer)[-_](?=[A-Za-z]{0,24}\d)[A-Za-z0-9]{6,}/gi,
  /(?<!\d)\d{12}(?!\d)/g,
];

const CONTROL = /(?![\t\n])\p{Cc}/gu;
/** Zero-width marks and marks that reorder text. */
const INVISIBLE = /\p{Cf}/u;

/**
 * The text without secrets, URLs and account ids, at most `maxBytes` bytes of UTF-8, cut between characters. Scrubbing
 * comes before cutting, so no half of a secret is left at the end.
 */
export function scrub(text: string, maxBytes = MAX_BYTES): string {
  let clean = text.replace(CONTROL, ' ');
  for (const rule of FIRST) clean = clean.replace(rule, GONE);
  clean = clean.replace(LONG_RUN, (run) => (WORDS.test(run) ? run : GONE));
  for (const rule of LAST) clean = clean.replace(rule, GONE);
  return cut(withoutInvisible(clean).toWellFormed(), maxBytes);
}

/** A word with an invisible mark inside goes whole: it could be a secret in two halves, or one that hides where it begins. */
function withoutInvisible(text: string): string {
  if (!INVISIBLE.test(text)) return text;
  return text.split(/(\s+)/).map((word) => (INVISIBLE.test(word) ? GONE : word)).join('');
}

function cut(text: string, maxBytes: number): string {
  // A UTF-16 unit is at most 3 bytes of UTF-8.
  if (text.length * 3 <= maxBytes) return text;
  const bytes = Buffer.from(text);
  if (bytes.length <= maxBytes) return text;
  let end = maxBytes - ELLIPSIS_BYTES;
  // Continuation bytes are 10xxxxxx: step back to where a character begins.
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end--;
  return `${bytes.subarray(0, end).toString()}…`;
}
