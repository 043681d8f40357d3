import type { Dialect } from '../../../core/conversation.ts';
import type { ChatWire } from '../../../core/dialects/openai-chat/wire.ts';
import { fail } from '../../../core/errors.ts';
import type { RegisteredModel } from '../../../core/routing/policy.ts';
import { mapUpstreamError } from '../map-error.ts';
import { baseUrlOf, commonHeaders, credentialText, openAiPath, type ProviderTools } from '../openai-style.ts';
import type { Provider } from '../provider.ts';

const DIALECTS: readonly Dialect[] = ['openai-chat'];

/** Dated versions know a fixed set of members and answer others with 400 "Unrecognized request argument supplied". */
const DATED: ChatWire = { refuses: ['safety_identifier', 'prompt_cache_key', 'prompt_cache_retention', 'verbosity', 'web_search_options', 'service_tier'] };
/** Before `2024-09-01` also these (learn.microsoft.com/azure/ai-foundry/openai/api-version-lifecycle). */
const EARLY: ChatWire = { refuses: [...DATED.refuses ?? [], 'store', 'metadata', 'reasoning_effort', 'parallel_tool_calls', 'prediction'], omits: ['stream_options'], outputLimit: 'max_tokens', developerRole: false };

/**
 * Azure OpenAI: the base URL is the resource's with `/openai`; the deployment is the upstream model name; the key goes in
 * `api-key` (learn.microsoft.com/azure/ai-services/openai/reference). A base URL that ends in `/openai/v1` is the undated
 * API, which is OpenAI's but for the key's header: it takes the deployment as `model` and needs no version.
 */
export function azure(tools: ProviderTools): Provider {
  return {
    kind: 'azure',
    dialects: DIALECTS,
    needsCredential: true,
    call: (model, dialect, operation, credential) => {
      const path = openAiPath('azure', DIALECTS, dialect, operation);
      const url = isUndated(model) ? `${baseUrlOf(model, undefined)}${path}` : `${baseUrlOf(model, undefined)}/deployments/${deploymentOf(model)}${path}?api-version=${apiVersionOf(model)}`;
      const headers = commonHeaders(tools);
      headers['api-key'] = credentialText(credential, true) ?? '';
      return { url, headers };
    },
    wire: (model) => (isUndated(model) ? undefined : (model.apiVersion ?? '') < '2024-09-01' ? EARLY : DATED),
    mapError: (status, body, headers) => mapUpstreamError(status, body, headers, tools.clock),
  };
}

const isUndated = ({ baseUrl }: RegisteredModel): boolean => /\/openai\/v1\/?$/.test(baseUrl ?? '');

/** One path segment. A wildcard model takes it from the caller, and `..` survives percent-encoding, so dots alone are refused. */
function deploymentOf(model: RegisteredModel): string {
  if (/^\.{0,2}$/.test(model.upstreamModel)) return fail('invalid_request', 'This model name cannot be a deployment.', { param: 'model' });
  return encodeURIComponent(model.upstreamModel);
}

function apiVersionOf(model: RegisteredModel): string {
  return encodeURIComponent(model.apiVersion
    ?? fail('upstream_error', 'This model is not completely configured.', { retryable: true, internal: 'azure model has no apiVersion' }));
}
