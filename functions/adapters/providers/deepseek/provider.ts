import type { ChatWire } from '../../../core/dialects/openai-chat/wire.ts';
import { openAiStyle, type ProviderTools } from '../openai-style.ts';
import type { Provider } from '../provider.ts';

/** Its own list of parameters (api-docs.deepseek.com/api/create-chat-completion); reasoning goes back inside a tool loop (guides/thinking_mode). */
const WIRE: ChatWire = {
  outputLimit: 'max_tokens',
  refuses: ['n', 'logit_bias', 'seed', 'store', 'metadata', 'service_tier', 'prediction', 'modalities', 'audio', 'verbosity', 'web_search_options', 'safety_identifier', 'parallel_tool_calls', 'prompt_cache_key', 'prompt_cache_retention'],
  messageOmits: ['refusal', 'annotations', 'audio'],
  developerRole: false,
  plainText: true,
  jsonSchema: false,
  wantsReasoning: true,
};

/** DeepSeek (api-docs.deepseek.com). */
export function deepseek(tools: ProviderTools): Provider {
  return openAiStyle(tools, { kind: 'deepseek', defaultBaseUrl: 'https://api.deepseek.com/v1', wire: WIRE });
}
