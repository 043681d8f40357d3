import { openAiStyle, type ProviderTools } from '../openai-style.ts';
import type { Provider } from '../provider.ts';

/** Mistral (docs.mistral.ai/api). */
export function mistral(tools: ProviderTools): Provider {
  return openAiStyle(tools, { kind: 'mistral', defaultBaseUrl: 'https://api.mistral.ai/v1' });
}
