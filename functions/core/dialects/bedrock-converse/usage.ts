import type { TokenUsage } from '../../money/usage.ts';
import { countIn, isFields, listIn, textIn } from '../fields.ts';

/**
 * Token classes of a `TokenUsage`, undefined when there is none. `inputTokens` is the uncached part alone; `cacheDetails` splits what
 * was written to the cache by lifetime and then replaces the plain count. Reasoning is contained in the output and not
 * counted apart.
 */
export function readUsage(value: unknown): TokenUsage | undefined {
  if (!isFields(value)) return undefined;
  const usage: { -readonly [K in keyof TokenUsage]: TokenUsage[K] } = {};
  const set = (name: keyof TokenUsage, count: number | undefined): void => {
    if (count !== undefined) usage[name] = count;
  };
  set('input', countIn(value, 'inputTokens'));
  set('cacheRead', countIn(value, 'cacheReadInputTokens'));
  const written = writtenByLifetime(listIn(value, 'cacheDetails'));
  set('cacheWrite5m', written.short ?? (written.long === undefined ? countIn(value, 'cacheWriteInputTokens') : undefined));
  set('cacheWrite1h', written.long);
  set('output', countIn(value, 'outputTokens'));
  return Object.keys(usage).length === 0 ? undefined : usage;
}

function writtenByLifetime(details: readonly unknown[]): { short?: number; long?: number } {
  const sums: { short?: number; long?: number } = {};
  for (const detail of details) {
    if (!isFields(detail)) continue;
    const name = textIn(detail, 'ttl') === '1h' ? 'long' : 'short';
    const count = countIn(detail, 'inputTokens');
    if (count !== undefined) sums[name] = (sums[name] ?? 0) + count;
  }
  return sums;
}
