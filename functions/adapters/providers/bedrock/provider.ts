import type { WireFormat } from '../../../core/conversation.ts';
import { fail } from '../../../core/errors.ts';
import type { RegisteredModel } from '../../../core/routing/policy.ts';
import { baseUrlOf, commonHeaders, notOffered, type ProviderTools } from '../openai-style.ts';
import type { Provider } from '../provider.ts';
import { awsCredentials } from './credentials.ts';
import { mapBedrockError } from './map-error.ts';
import { signedHeaders, uriEncode } from './sign.ts';

const DIALECTS: readonly WireFormat[] = ['bedrock-converse'];
const SERVICE = 'bedrock';
const REGION = /^[a-z0-9][a-z0-9-]{0,62}$/;

/**
 * Amazon Bedrock: Converse and ConverseStream of one region, signed for each request (API reference, "Converse"). The model id is one
 * path segment: colons and the slashes of an ARN are encoded.
 */
export function bedrock(tools: ProviderTools): Provider {
  const role = tools.roleCredentials ?? (() => undefined);
  return {
    kind: 'bedrock',
    dialects: DIALECTS,
    needsCredential: false,
    call: (model, dialect, operation, _credential, options) => {
      if (dialect !== 'bedrock-converse' || operation !== 'generate') return notOffered('bedrock', operation);
      const base = baseUrlOf(model, `https://${hostOf(regionOf(model))}`);
      const headers = commonHeaders(tools);
      if (options.stream === true) headers['accept'] = 'application/vnd.amazon.eventstream';
      return { url: `${base}/model/${segmentOf(model.upstreamModel)}/${options.stream === true ? 'converse-stream' : 'converse'}`, headers };
    },
    sign: ({ call, body, model, credential, atMs }) => {
      const request = { method: 'POST', url: new URL(call.url), headers: { 'content-type': call.headers['content-type'] ?? '' }, body };
      return signedHeaders(request, awsCredentials(credential, role), { region: regionOf(model), service: SERVICE }, atMs);
    },
    mapError: (status, body, headers) => mapBedrockError(status, body, headers, tools.clock),
  };
}

/** Regions of AWS China live under their own suffix. */
function hostOf(region: string): string {
  return `bedrock-runtime.${region}.amazonaws.com${region.startsWith('cn-') ? '.cn' : ''}`;
}

function regionOf({ region }: RegisteredModel): string {
  if (region !== undefined && REGION.test(region)) return region;
  return fail('upstream_error', 'This model is not completely configured.', { retryable: true, internal: 'bedrock model has no usable region' });
}

/** A wildcard model takes its name from the caller, and `..` survives percent-encoding, so dots alone are refused. */
function segmentOf(upstreamModel: string): string {
  if (/^\.{0,2}$/.test(upstreamModel)) return fail('invalid_request', 'This model name cannot be a Bedrock model.', { param: 'model' });
  return uriEncode(upstreamModel);
}
