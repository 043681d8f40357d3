import type { ChatWire } from '../../../core/dialects/openai-chat/wire.ts';
import type { RegisteredModel } from '../../../core/routing/policy.ts';
import { openAiStyle, type ProviderTools } from '../openai-style.ts';
import type { Provider } from '../provider.ts';

/** Every name its schema does not have is a 400 "Cannot find field" (ai.google.dev/gemini-api/docs/openai). */
const WIRE: ChatWire = {
  refuses: [
    'store', 'metadata', 'user', 'safety_identifier', 'logit_bias', 'logprobs', 'top_logprobs', 'prediction', 'service_tier', 'verbosity', 'web_search_options',
    'frequency_penalty', 'presence_penalty', 'parallel_tool_calls', 'functions', 'function_call', 'prompt_cache_key', 'prompt_cache_retention',
  ],
  messageRefuses: ['name', 'audio'],
  messageOmits: ['refusal', 'annotations', 'reasoning_content'],
  developerRole: false,
  emptyTools: false,
};
/** The word with which a call made elsewhere is accepted without a signature (ai.google.dev/gemini-api/docs/thought-signatures). */
const UNSIGNED: ChatWire = { ...WIRE, thoughtSignature: 'skip_thought_signature_validator' };

/** Google Gemini through its OpenAI-compatible endpoint (ai.google.dev/gemini-api/docs/openai). */
export function google(tools: ProviderTools): Provider {
  const wire = ({ facts }: RegisteredModel): ChatWire => (facts.thoughtSignatures === false ? WIRE : UNSIGNED);
  return openAiStyle(tools, { kind: 'google', defaultBaseUrl: 'https://generativelanguage.googleapis.com/v1beta/openai', wire });
}
