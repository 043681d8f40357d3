import { openAiStyle, type ProviderTools } from '../openai-style.ts';
import type { Provider } from '../provider.ts';

/** Any server with OpenAI's chat completions; the model brings the base URL. Many such servers on a LAN take no key. */
export function openaiCompatible(tools: ProviderTools): Provider {
  return openAiStyle(tools, { kind: 'openai-compatible', needsCredential: false });
}
