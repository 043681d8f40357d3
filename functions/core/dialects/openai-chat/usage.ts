import type { TokenUsage } from '../../money/usage.ts';
import { countIn, fieldsIn, isFields } from '../fields.ts';

/**
 * Token classes of a chat-completions `usage` object, undefined when there is none. `prompt_tokens` contains cached and
 * cache-writing tokens, `completion_tokens` contains reasoning (types of the `openai` package); some compatible servers
 * count reasoning beside it, which shows in `total_tokens`. DeepSeek names cache hits at the top level.
 */
export function readUsage(value: unknown): TokenUsage | undefined {
  if (!isFields(value)) return undefined;
  const prompt = countIn(value, 'prompt_tokens');
  const completion = countIn(value, 'completion_tokens');
  if (prompt === undefined && completion === undefined) return undefined;
  const details = fieldsIn(value, 'prompt_tokens_details');
  const cacheRead = countIn(details, 'cached_tokens') ?? countIn(value, 'prompt_cache_hit_tokens');
  const cacheWrite5m = countIn(details, 'cache_write_tokens') ?? countIn(details, 'cache_creation_tokens');
  const reasoning = countIn(fieldsIn(value, 'completion_tokens_details'), 'reasoning_tokens');
  const beside = reasoning !== undefined && reasoning > 0 && prompt !== undefined && completion !== undefined
    && countIn(value, 'total_tokens') === prompt + completion + reasoning;
  const usage: { -readonly [K in keyof TokenUsage]: TokenUsage[K] } = {};
  if (prompt !== undefined) usage.input = Math.max(0, prompt - (cacheRead ?? 0) - (cacheWrite5m ?? 0));
  if (cacheRead !== undefined) usage.cacheRead = cacheRead;
  if (cacheWrite5m !== undefined) usage.cacheWrite5m = cacheWrite5m;
  if (completion !== undefined) usage.output = beside ? completion + reasoning : completion;
  if (reasoning !== undefined) usage.reasoning = reasoning;
  return usage;
}

/** The classes as OpenAI counts them (D67); undefined while input or output is unknown, never 0 for unknown. */
export function writeUsage(usage: TokenUsage | undefined): Record<string, unknown> | undefined {
  if (usage?.input === undefined || usage.output === undefined) return undefined;
  const cacheRead = usage.cacheRead ?? 0;
  const cacheWrite = (usage.cacheWrite5m ?? 0) + (usage.cacheWrite1h ?? 0);
  const prompt = usage.input + cacheRead + cacheWrite;
  return {
    prompt_tokens: prompt,
    completion_tokens: usage.output,
    total_tokens: prompt + usage.output,
    prompt_tokens_details: { cached_tokens: cacheRead, ...(cacheWrite > 0 && { cache_write_tokens: cacheWrite }) },
    ...(usage.reasoning !== undefined && { completion_tokens_details: { reasoning_tokens: usage.reasoning } }),
  };
}
