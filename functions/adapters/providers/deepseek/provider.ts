import { openAiStyle, type ProviderTools } from '../openai-style.ts';
import type { Provider } from '../provider.ts';

/** DeepSeek (api-docs.deepseek.com). */
export function deepseek(tools: ProviderTools): Provider {
  return openAiStyle(tools, { kind: 'deepseek', defaultBaseUrl: 'https://api.deepseek.com/v1' });
}
