import { openAiStyle, type ProviderTools } from '../openai-style.ts';
import type { Provider } from '../provider.ts';

/** OpenRouter (openrouter.ai/docs/api-reference). */
export function openrouter(tools: ProviderTools): Provider {
  return openAiStyle(tools, { kind: 'openrouter', defaultBaseUrl: 'https://openrouter.ai/api/v1' });
}
