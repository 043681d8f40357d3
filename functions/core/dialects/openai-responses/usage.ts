import type { TokenUsage } from '../../money/usage.ts';
import { countIn, fieldsIn, isFields } from '../fields.ts';

/** Token classes of a Responses `usage` object, undefined when there is none. `input_tokens` contains cached and cache-writing ones, `output_tokens` contains reasoning (types of the `openai` package). */
export function readUsage(value: unknown): TokenUsage | undefined {
  if (!isFields(value)) return undefined;
  const input = countIn(value, 'input_tokens');
  const output = countIn(value, 'output_tokens');
  if (input === undefined && output === undefined) return undefined;
  const details = fieldsIn(value, 'input_tokens_details');
  const cacheRead = countIn(details, 'cached_tokens');
  const cacheWrite5m = countIn(details, 'cache_write_tokens');
  const reasoning = countIn(fieldsIn(value, 'output_tokens_details'), 'reasoning_tokens');
  return {
    ...(input !== undefined && { input: Math.max(0, input - (cacheRead ?? 0) - (cacheWrite5m ?? 0)) }),
    ...(cacheRead !== undefined && { cacheRead }),
    ...(cacheWrite5m !== undefined && { cacheWrite5m }),
    ...(output !== undefined && { output }),
    ...(reasoning !== undefined && { reasoning }),
  };
}

/** The classes as the Responses API counts them; undefined while input or output is unknown, never 0 for unknown. */
export function writeUsage(usage: TokenUsage | undefined): Record<string, unknown> | undefined {
  if (usage?.input === undefined || usage.output === undefined) return undefined;
  const cacheRead = usage.cacheRead ?? 0;
  const cacheWrite = (usage.cacheWrite5m ?? 0) + (usage.cacheWrite1h ?? 0);
  const input = usage.input + cacheRead + cacheWrite;
  return {
    input_tokens: input,
    input_tokens_details: { cached_tokens: cacheRead, cache_write_tokens: cacheWrite },
    output_tokens: usage.output,
    output_tokens_details: { reasoning_tokens: usage.reasoning ?? 0 },
    total_tokens: input + usage.output,
  };
}
