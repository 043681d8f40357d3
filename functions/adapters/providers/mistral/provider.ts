import type { ChatWire } from '../../../core/dialects/openai-chat/wire.ts';
import { openAiStyle, type ProviderTools } from '../openai-style.ts';
import type { Provider } from '../provider.ts';

/** Every member that its schema does not have is a 422 "Extra inputs are not permitted" (docs.mistral.ai/api, ChatCompletionRequest). */
const WIRE: ChatWire = {
  outputLimit: 'max_tokens',
  renames: { seed: 'random_seed' },
  refuses: [
    'store', 'metadata', 'user', 'safety_identifier', 'logprobs', 'top_logprobs', 'logit_bias', 'service_tier', 'verbosity', 'modalities', 'audio',
    'web_search_options', 'functions', 'function_call', 'prompt_cache_key', 'prompt_cache_retention',
  ],
  // Usage always comes with the last chunk.
  omits: ['stream_options'],
  messageRefuses: ['name', 'audio'],
  messageOmits: ['reasoning_content', 'refusal', 'annotations', 'function_call'],
  developerRole: false,
  callIdLength: 9,
  emptyTools: false,
};

/** Mistral (docs.mistral.ai/api). */
export function mistral(tools: ProviderTools): Provider {
  return openAiStyle(tools, { kind: 'mistral', defaultBaseUrl: 'https://api.mistral.ai/v1', wire: WIRE });
}
