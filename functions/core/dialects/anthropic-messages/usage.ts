import { tierServed } from '../../money/tier.ts';
import type { TokenUsage } from '../../money/usage.ts';
import { countIn, fieldsIn, isFields } from '../fields.ts';

/**
 * Token classes of a messages `usage` object, undefined when there is none. `input_tokens` is the uncached part alone; the
 * cache-write split by lifetime, where given, replaces the plain count (types of `@anthropic-ai/sdk`).
 */
export function readUsage(value: unknown): TokenUsage | undefined {
  if (!isFields(value)) return undefined;
  const usage: { -readonly [K in keyof TokenUsage]: TokenUsage[K] } = {};
  const set = (name: keyof TokenUsage, count: number | undefined): void => {
    if (count !== undefined) usage[name] = count;
  };
  const split = fieldsIn(value, 'cache_creation');
  const [short, long] = [countIn(split, 'ephemeral_5m_input_tokens'), countIn(split, 'ephemeral_1h_input_tokens')];
  set('input', countIn(value, 'input_tokens'));
  set('cacheRead', countIn(value, 'cache_read_input_tokens'));
  set('cacheWrite5m', short ?? (long === undefined ? countIn(value, 'cache_creation_input_tokens') : undefined));
  set('cacheWrite1h', long);
  set('output', countIn(value, 'output_tokens'));
  set('reasoning', countIn(fieldsIn(value, 'output_tokens_details'), 'thinking_tokens'));
  return Object.keys(usage).length === 0 ? undefined : usage;
}

/** The tariff of an answer: its `speed` where that is not the usual one, else its `service_tier`. */
export function readTier(value: unknown): string | undefined {
  return isFields(value) ? tierServed(value['service_tier'], value['speed']) : undefined;
}

/** The classes as Anthropic counts them (D70). Counts are required on the wire, so an unknown one is the estimate or 0. */
export function writeUsage(usage: TokenUsage | undefined, inputEstimate = 0): Record<string, unknown> {
  return {
    input_tokens: usage?.input ?? inputEstimate,
    cache_creation_input_tokens: (usage?.cacheWrite5m ?? 0) + (usage?.cacheWrite1h ?? 0),
    cache_read_input_tokens: usage?.cacheRead ?? 0,
    output_tokens: usage?.output ?? 0,
  };
}

/**
 * Adds a later, cumulative report to an earlier one. A later plain cache-write count that only repeats an earlier split by
 * lifetime does not replace it (D83).
 */
export function mergeReports(earlier: TokenUsage, later: TokenUsage): TokenUsage {
  const merged = { ...earlier, ...later };
  const written = (earlier.cacheWrite5m ?? 0) + (earlier.cacheWrite1h ?? 0);
  if (later.cacheWrite1h === undefined && earlier.cacheWrite1h !== undefined && later.cacheWrite5m === written) {
    return { ...merged, cacheWrite5m: earlier.cacheWrite5m ?? 0, cacheWrite1h: earlier.cacheWrite1h };
  }
  return merged;
}
