import { openAiStyle, type ProviderTools } from '../openai-style.ts';
import type { Provider } from '../provider.ts';

/** OpenAI: chat completions and responses (platform.openai.com/docs/api-reference). */
export function openai(tools: ProviderTools): Provider {
  return openAiStyle(tools, { kind: 'openai', defaultBaseUrl: 'https://api.openai.com/v1', dialects: ['openai-chat', 'openai-responses'] });
}
