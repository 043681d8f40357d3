/** Crockford's base 32; a ULID is 10 digits of epoch milliseconds and 16 random ones (github.com/ulid/spec). */
const DIGITS = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const ULID = /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/;
const MAX_TIME_MS = 2 ** 48 - 1;

export const isUlid = (text: string): boolean => ULID.test(text);

/** Epoch milliseconds of a text that starts like a ULID. */
export function ulidTimeMs(ulid: string): number {
  let ms = 0;
  for (let i = 0; i < 10; i += 1) ms = ms * 32 + DIGITS.indexOf(ulid.charAt(i));
  return ms;
}

/** The least ULID of the first moment and the greatest of the last, both inclusive. */
export function ulidBounds(fromMs: number, toMs: number): [low: string, high: string] {
  return [`${timeDigits(fromMs)}${'0'.repeat(16)}`, `${timeDigits(toMs)}${'Z'.repeat(16)}`];
}

function timeDigits(ms: number): string {
  let rest = Math.min(Math.max(Math.floor(ms), 0), MAX_TIME_MS);
  let text = '';
  for (let i = 0; i < 10; i += 1) {
    text = DIGITS.charAt(rest % 32) + text;
    rest = Math.floor(rest / 32);
  }
  return text;
}
