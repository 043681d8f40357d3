import type { RefusalSample } from '../../contract/admin/refusals.ts';
import type { FailureCode } from '../../core/errors.ts';

const WAIT = 'The limits of its key or organisation are reached; look at them under the keys and in the settings.';
const HINTS: { readonly [code in FailureCode]?: string } = {
  invalid_api_key: 'A request came without a valid key of this gateway. Send one that is neither revoked nor expired as "Authorization: Bearer bsg_…" or "x-api-key"; a key of a provider is not one.',
  model_not_found: 'A request came for a model that nobody knows here. Register it, give it an alias, or ask for "auto".',
  model_not_allowed: 'A request came with a key whose list of models does not have the one that was asked for.',
  not_found: 'A request came for a path that is not served. The base URL of OpenAI clients ends in /v1; that of Anthropic clients does not.',
  method_not_allowed: 'A request came with the wrong method for its path.',
  not_implemented: 'A request came for an endpoint that is not served.',
  unsupported_media_type: 'A request came without "content-type: application/json", or compressed.',
  request_too_large: 'A request came whose body is larger than this gateway takes.',
  context_length_exceeded: 'A request came that is longer than what any of its models takes.',
  rate_limit_exceeded: WAIT,
  tokens_exceeded: WAIT,
  concurrency_exceeded: WAIT,
  budget_exceeded: WAIT,
  gateway_paused: 'Requests come while the gateway is paused; the settings end that.',
  store_unavailable: 'Requests came while the store could not be reached.',
  no_healthy_model: 'A request came while none of its models could be used: registered, with a credential, enabled and well.',
  loop_detected: 'A model points back at this gateway; change its base URL.',
};

/** What to do about a refused request, in one or two sentences. */
export function hintFor({ code, keyId }: RefusalSample): string {
  if (code === 'invalid_api_key' && keyId !== null) return 'A request came with a key of this organisation that is revoked or expired, or whose secret part is wrong. Copy it again, or make a new one.';
  return HINTS[code as FailureCode] ?? 'A request came that this gateway could not read as what its endpoint expects; the error that the client got names the field.';
}
