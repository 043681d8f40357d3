import type { Dialect } from '../../../core/conversation.ts';
import { fail } from '../../../core/errors.ts';
import type { RegisteredModel } from '../../../core/routing/policy.ts';
import { mapUpstreamError } from '../map-error.ts';
import { baseUrlOf, commonHeaders, credentialText, openAiPath, type ProviderTools } from '../openai-style.ts';
import type { Provider } from '../provider.ts';

const DIALECTS: readonly Dialect[] = ['openai-chat'];

/**
 * Azure OpenAI: the base URL is the resource's with `/openai`; the deployment is the upstream model name; the key goes in
 * `api-key` (learn.microsoft.com/azure/ai-services/openai/reference).
 */
export function azure(tools: ProviderTools): Provider {
  return {
    kind: 'azure',
    dialects: DIALECTS,
    needsCredential: true,
    call: (model, dialect, operation, credential) => {
      const path = openAiPath('azure', DIALECTS, dialect, operation);
      const url = `${baseUrlOf(model, undefined)}/deployments/${deploymentOf(model)}${path}?api-version=${apiVersionOf(model)}`;
      const headers = commonHeaders(tools);
      headers['api-key'] = credentialText(credential, true) ?? '';
      return { url, headers };
    },
    mapError: (status, body, headers) => mapUpstreamError(status, body, headers, tools.clock),
  };
}

/** One path segment. A wildcard model takes it from the caller, and `..` survives percent-encoding, so dots alone are refused. */
function deploymentOf(model: RegisteredModel): string {
  if (/^\.{0,2}$/.test(model.upstreamModel)) return fail('invalid_request', 'This model name cannot be a deployment.', { param: 'model' });
  return encodeURIComponent(model.upstreamModel);
}

function apiVersionOf(model: RegisteredModel): string {
  return encodeURIComponent(model.apiVersion
    ?? fail('upstream_error', 'This model is not completely configured.', { retryable: true, internal: 'azure model has no apiVersion' }));
}
