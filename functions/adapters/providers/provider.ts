import type { ProviderKind } from '../../contract/index.ts';
import type { WireFormat } from '../../core/conversation.ts';
import type { ChatWire } from '../../core/dialects/openai-chat/wire.ts';
import type { Failure } from '../../core/errors.ts';
import type { RegisteredModel } from '../../core/routing/policy.ts';
import type { Secret } from '../../core/secret.ts';

export type Operation = 'generate' | 'count-tokens' | 'embed';

/** Where and with which headers one call goes. The body is written by the dialect, the bytes are sent by `outbound.ts`. */
export interface UpstreamCall {
  readonly url: string;
  /** From an allow-list; nothing of the caller's headers but what `betas` names. */
  readonly headers: Readonly<Record<string, string>>;
}

/** One kind of upstream. A new provider is one folder that exports one of these. */
export interface Provider {
  readonly kind: ProviderKind;
  /** The wire formats this provider speaks natively, best first. The caller's own wins when listed. */
  readonly dialects: readonly WireFormat[];
  /** The fixed base URL, version segment included; undefined = the model must bring one. */
  readonly defaultBaseUrl?: string;
  /** False for local servers that need no credential. */
  readonly needsCredential: boolean;
  /** What its chat completions do otherwise than OpenAI's. */
  wire?(model: RegisteredModel): ChatWire | undefined;
  /** Counts the tokens of a messages request without answering it. */
  readonly countsTokens?: true;
  call(model: RegisteredModel, dialect: WireFormat, operation: Operation, credential: Secret | undefined, options: CallOptions): UpstreamCall;
  /** Headers that depend on the finished request, such as a signature; they are added to those of `call`, just before each send. */
  sign?(request: UnsignedRequest): Readonly<Record<string, string>>;
  /** Upstream status and error body (already bounded to 64 KiB) → our failure, scrubbed. */
  mapError(status: number, body: unknown, headers: Readonly<Record<string, string>>): Failure;
}

export interface UnsignedRequest {
  readonly call: UpstreamCall;
  /** The very bytes that will be sent. */
  readonly body: Uint8Array;
  readonly model: RegisteredModel;
  readonly credential: Secret | undefined;
  /** Epoch milliseconds. */
  readonly atMs: number;
}

export interface CallOptions {
  /** The answer is wanted as a stream, for providers that say so in the URL. */
  readonly stream?: boolean;
  /** Allow-listed `anthropic-beta` values of the caller, joined with commas. */
  readonly betas?: string;
  /** The caller's `anthropic-version`, for same-dialect traffic. */
  readonly anthropicVersion?: string;
}
