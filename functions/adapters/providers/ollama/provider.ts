import type { ChatWire } from '../../../core/dialects/openai-chat/wire.ts';
import { openAiStyle, type ProviderTools } from '../openai-style.ts';
import type { Provider } from '../provider.ts';

/** What it does not heed must not look as if it did (docs.ollama.com/api/openai-compatibility, "Supported request fields"). */
const WIRE: ChatWire = {
  outputLimit: 'max_tokens',
  refuses: ['n', 'logit_bias', 'logprobs', 'top_logprobs', 'tool_choice', 'parallel_tool_calls', 'user', 'safety_identifier', 'store', 'metadata', 'service_tier', 'prediction', 'modalities', 'audio', 'verbosity', 'web_search_options', 'prompt_cache_key', 'prompt_cache_retention'],
  developerRole: false,
  inlineImagesOnly: true,
};

/** Ollama on this machine, or elsewhere with a base URL; it takes no credential (docs.ollama.com/openai). */
export function ollama(tools: ProviderTools): Provider {
  return openAiStyle(tools, { kind: 'ollama', defaultBaseUrl: 'http://127.0.0.1:11434/v1', needsCredential: false, wire: WIRE });
}
