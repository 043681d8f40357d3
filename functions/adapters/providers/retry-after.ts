import type { Clock } from '../../core/clock.ts';

/** Told to callers when the upstream gives no hint: 429 and 503 always carry a number. Too long for a retry on the spot. */
const DEFAULT_SECONDS = 5;
const MAX_SECONDS = 7 * 86_400;

/** Whole seconds to wait, 1 … 7 days: what the upstream said, or 5. */
export function retryAfterSeconds(headers: Readonly<Record<string, string>>, clock: Clock): number {
  return saidRetryAfterSeconds(headers, clock) ?? DEFAULT_SECONDS;
}

/**
 * Whole seconds to wait, 1 … 7 days, from `retry-after-ms` (OpenAI, Azure) or `retry-after` as delta-seconds or one of the
 * HTTP dates (RFC 9110 §10.2.3); undefined when neither can be read.
 */
export function saidRetryAfterSeconds(headers: Readonly<Record<string, string>>, clock: Clock): number | undefined {
  const ms = decimal(headers['retry-after-ms']);
  if (ms !== undefined) return bounded(ms / 1_000);
  const text = headers['retry-after']?.trim();
  const seconds = decimal(text);
  if (seconds !== undefined) return bounded(seconds);
  // Every form of HTTP date begins with a weekday; Date.parse alone takes "-5" for a year.
  const at = text !== undefined && /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)/.test(text) ? Date.parse(withZone(text)) : Number.NaN;
  return Number.isNaN(at) ? undefined : bounded((at - clock.now()) / 1_000);
}

/** The asctime form carries no zone and means GMT; `Date.parse` would take it for local time. */
function withZone(text: string): string {
  return text.endsWith('GMT') ? text : `${text} GMT`;
}

function decimal(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,15}(?:\.\d{1,9})?$/.test(text.trim()) ? Number(text) : undefined;
}

function bounded(seconds: number): number {
  return Math.min(MAX_SECONDS, Math.max(1, Math.ceil(seconds)));
}
