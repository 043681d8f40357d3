/** Tokens of an image as OpenAI and Anthropic roughly count them: low detail, and anything else. */
export const SMALL_IMAGE_TOKENS = 85;
export const LARGE_IMAGE_TOKENS = 1_600;

/**
 * The one token estimate of routing, reservation and unmetered answers: a quarter token for an ASCII character, a whole
 * one for any other code point, rounded up. Tuned to err high on scripts that tokenisers split finely.
 */
export function estimateTokens(text: string): number {
  return Math.ceil(weight(text));
}

/** The same before rounding, so that many pieces add up without a rounding each. */
export function weight(text: string): number {
  let ascii = 0;
  let other = 0;
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    if (unit < 0x80) ascii += 1;
    else if (unit < 0xdc00 || unit > 0xdfff) other += 1;
  }
  return ascii / 4 + other;
}
