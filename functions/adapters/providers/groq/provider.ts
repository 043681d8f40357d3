import { openAiStyle, type ProviderTools } from '../openai-style.ts';
import type { Provider } from '../provider.ts';

/** Groq (console.groq.com/docs/openai). */
export function groq(tools: ProviderTools): Provider {
  return openAiStyle(tools, { kind: 'groq', defaultBaseUrl: 'https://api.groq.com/openai/v1' });
}
