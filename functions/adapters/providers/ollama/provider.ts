import { openAiStyle, type ProviderTools } from '../openai-style.ts';
import type { Provider } from '../provider.ts';

/** Ollama on this machine, or elsewhere with a base URL; it takes no credential (docs.ollama.com/openai). */
export function ollama(tools: ProviderTools): Provider {
  return openAiStyle(tools, { kind: 'ollama', defaultBaseUrl: 'http://127.0.0.1:11434/v1', needsCredential: false });
}
