import type { ChatWire } from '../../../core/dialects/openai-chat/wire.ts';
import { openAiStyle, type ProviderTools } from '../openai-style.ts';
import type { Provider } from '../provider.ts';

/** Fields that are a 400 there (console.groq.com/docs/openai, "Currently Unsupported OpenAI Features", and the API reference). */
const WIRE: ChatWire = {
  refuses: ['logprobs', 'top_logprobs', 'logit_bias', 'n', 'store', 'metadata', 'prediction', 'modalities', 'audio', 'verbosity', 'safety_identifier', 'prompt_cache_key', 'prompt_cache_retention', 'web_search_options'],
  messageRefuses: ['name', 'audio'],
  messageOmits: ['reasoning_content', 'refusal', 'annotations'],
};

/** Groq (console.groq.com/docs/openai). */
export function groq(tools: ProviderTools): Provider {
  return openAiStyle(tools, { kind: 'groq', defaultBaseUrl: 'https://api.groq.com/openai/v1', wire: WIRE });
}
