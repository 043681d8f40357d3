import type { Dialect } from '../../../core/conversation.ts';
import { mapUpstreamError } from '../map-error.ts';
import { baseUrlOf, commonHeaders, credentialText, notOffered, type ProviderTools } from '../openai-style.ts';
import type { Provider } from '../provider.ts';
import { allowedBetas } from './betas.ts';

const DIALECTS: readonly Dialect[] = ['anthropic-messages'];
const BASE_URL = 'https://api.anthropic.com/v1';
/** The version whose shapes our translation is written for. */
const PINNED_VERSION = '2023-06-01';

/** Anthropic: messages and token counting (docs.anthropic.com/en/api). */
export function anthropic(tools: ProviderTools): Provider {
  return {
    kind: 'anthropic',
    dialects: DIALECTS,
    defaultBaseUrl: BASE_URL,
    needsCredential: true,
    countsTokens: true,
    call: (model, dialect, operation, credential, options) => {
      if (dialect !== 'anthropic-messages' || operation === 'embed') return notOffered('anthropic', operation);
      const headers = commonHeaders(tools);
      headers['x-api-key'] = credentialText(credential, true) ?? '';
      headers['anthropic-version'] = versionOf(options.anthropicVersion);
      const betas = allowedBetas(options.betas);
      if (betas !== undefined) headers['anthropic-beta'] = betas;
      return { url: `${baseUrlOf(model, BASE_URL)}${operation === 'count-tokens' ? '/messages/count_tokens' : '/messages'}`, headers };
    },
    mapError: (status, body, headers) => mapUpstreamError(status, body, headers, tools.clock),
  };
}

function versionOf(asked: string | undefined): string {
  return asked !== undefined && /^\d{4}-\d{2}-\d{2}$/.test(asked) ? asked : PINNED_VERSION;
}
