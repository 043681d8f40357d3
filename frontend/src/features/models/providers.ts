import type { ProviderKind } from '../../../../functions/contract/words.ts';

/** Names are the providers' own and the same in every language; `prefix` = how their keys usually begin. */
export interface ProviderInfo { readonly id: ProviderKind; readonly name: string; readonly prefix?: string; readonly needs?: readonly ('baseUrl' | 'apiVersion' | 'region')[]; readonly isKeyOptional?: true }

export const PROVIDER_INFO: readonly ProviderInfo[] = [
  { id: 'openai', name: 'OpenAI', prefix: 'sk-' },
  { id: 'anthropic', name: 'Anthropic', prefix: 'sk-ant-' },
  { id: 'google', name: 'Google', prefix: 'AIza' },
  { id: 'bedrock', name: 'Amazon Bedrock', needs: ['region'], isKeyOptional: true },
  { id: 'azure', name: 'Azure OpenAI', needs: ['baseUrl', 'apiVersion'] },
  { id: 'mistral', name: 'Mistral' },
  { id: 'groq', name: 'Groq', prefix: 'gsk_' },
  { id: 'deepseek', name: 'DeepSeek', prefix: 'sk-' },
  { id: 'openrouter', name: 'OpenRouter', prefix: 'sk-or-' },
  { id: 'ollama', name: 'Ollama', isKeyOptional: true },
  { id: 'openai-compatible', name: 'OpenAI-compatible', needs: ['baseUrl'], isKeyOptional: true },
];

export const providerInfo = (id: string): ProviderInfo => PROVIDER_INFO.find((info) => info.id === id) ?? { id: 'openai-compatible', name: id };
