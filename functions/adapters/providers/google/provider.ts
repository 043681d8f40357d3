import { openAiStyle, type ProviderTools } from '../openai-style.ts';
import type { Provider } from '../provider.ts';

/** Google Gemini through its OpenAI-compatible endpoint (ai.google.dev/gemini-api/docs/openai). */
export function google(tools: ProviderTools): Provider {
  return openAiStyle(tools, { kind: 'google', defaultBaseUrl: 'https://generativelanguage.googleapis.com/v1beta/openai' });
}
