import type { ProviderKind } from '../../contract/index.ts';
import type { Clock } from '../../core/clock.ts';
import type { WireFormat } from '../../core/conversation.ts';
import type { ChatWire } from '../../core/dialects/openai-chat/wire.ts';
import { fail } from '../../core/errors.ts';
import type { RegisteredModel } from '../../core/routing/policy.ts';
import type { Secret } from '../../core/secret.ts';
import type { AwsCredentials } from './bedrock/sign.ts';
import { mapUpstreamError } from './map-error.ts';
import type { Operation, Provider } from './provider.ts';

/** What every provider is made from. */
export interface ProviderTools {
  readonly clock: Clock;
  /** `bsgateway/<version>`. */
  readonly userAgent: string;
  /** The AWS role of this process, read anew at each call; undefined = it has none. */
  readonly roleCredentials?: () => AwsCredentials | undefined;
}

export interface OpenAiStyle {
  readonly kind: ProviderKind;
  readonly defaultBaseUrl?: string;
  readonly dialects?: readonly WireFormat[];
  readonly needsCredential?: boolean;
  readonly wire?: ChatWire | ((model: RegisteredModel) => ChatWire | undefined);
}

const CHAT_ONLY: readonly WireFormat[] = ['openai-chat'];

/**
 * A provider that speaks OpenAI's HTTP API under its own base URL: bearer token, and `/chat/completions`, `/embeddings`
 * or `/responses` appended to the base.
 */
export function openAiStyle(tools: ProviderTools, style: OpenAiStyle): Provider {
  const { kind, defaultBaseUrl, dialects = CHAT_ONLY, needsCredential = true, wire } = style;
  return {
    kind,
    dialects,
    needsCredential,
    ...(defaultBaseUrl !== undefined && { defaultBaseUrl }),
    ...(wire !== undefined && { wire: typeof wire === 'function' ? wire : () => wire }),
    call: (model, dialect, operation, credential) => {
      const url = baseUrlOf(model, defaultBaseUrl) + openAiPath(kind, dialects, dialect, operation);
      const headers: Record<string, string> = commonHeaders(tools);
      const key = credentialText(credential, needsCredential);
      if (key !== undefined) headers['authorization'] = `Bearer ${key}`;
      return { url, headers };
    },
    mapError: (status, body, headers) => mapUpstreamError(status, body, headers, tools.clock),
  };
}

/** The headers that every upstream gets. */
export function commonHeaders(tools: ProviderTools): Record<string, string> {
  return { 'content-type': 'application/json', accept: 'application/json', 'user-agent': tools.userAgent };
}

/** The model's base URL or the provider's own, without a trailing slash. Throws when there is neither. */
export function baseUrlOf(model: RegisteredModel, defaultBaseUrl: string | undefined): string {
  const base = model.baseUrl ?? defaultBaseUrl
    ?? fail('upstream_error', 'This model is not completely configured.', { retryable: true, internal: 'model has no base URL' });
  return base.endsWith('/') ? base.slice(0, -1) : base;
}

/**
 * The credential as it goes into a header; undefined where none is needed and none was given. Throws
 * `upstream_credentials_rejected` when it is missing or could not stand in a header line.
 */
export function credentialText(credential: Secret | undefined, needed: boolean): string | undefined {
  const text = credential?.reveal();
  if (text === undefined ? needed : !/^[\x21-\x7e]+$/.test(text)) {
    return fail('upstream_credentials_rejected', 'This model has no usable credential.', { retryable: true, internal: 'credential missing or not a header value' });
  }
  return text;
}

/** The path below the base URL. Throws for what this provider does not do. */
export function openAiPath(kind: ProviderKind, dialects: readonly WireFormat[], dialect: WireFormat, operation: Operation): string {
  if (operation === 'embed') return '/embeddings';
  if (operation === 'generate' && dialects.includes(dialect)) return dialect === 'openai-responses' ? '/responses' : '/chat/completions';
  return notOffered(kind, operation);
}

export function notOffered(kind: ProviderKind, operation: Operation): never {
  const what = operation === 'embed' ? 'embeddings' : operation === 'count-tokens' ? 'token counting' : 'this wire format';
  return fail('not_implemented', `The provider of this model (${kind}) does not offer ${what}.`);
}
