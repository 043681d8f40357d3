import type { ModelFacts } from '../../contract/index.ts';
import type { Conversation } from '../conversation.ts';
import type { Failure } from '../errors.ts';
import type { StreamPart } from '../stream-part.ts';
import type { SseEvent } from './sse.ts';

/** What a request is written for. */
export interface WriteTarget {
  readonly upstreamModel: string;
  readonly facts: ModelFacts;
  /** Cap on output tokens from the operator or the budget; written even when the caller named none. */
  readonly maxOutputTokens?: number;
  /** The upstream accepts `stream_options.include_usage`. */
  readonly streamUsage: boolean;
  /** The upstream wants reasoning back that led to the tool calls it is in the middle of (D48). */
  readonly wantsReasoning?: boolean;
}

export interface WrittenRequest {
  readonly body: Record<string, unknown>;
  /** Codes of everything lost or lowered on the way, header-safe and without repetition. */
  readonly disclosures: { readonly dropped: readonly string[]; readonly clamped: readonly string[] };
  /** The upstream has no JSON mode and was told in words to answer with one JSON object (D33). */
  readonly instructsJson?: true;
  /** Tool names that had to be changed for the upstream → the caller's own. */
  readonly toolNames?: ReadonlyMap<string, string>;
}

export interface AnswerEnvelope {
  readonly requestId: string;
  /** The id of the model that served. */
  readonly model: string;
  /** Epoch seconds. */
  readonly created: number;
  /** Estimate of the input, shown where a dialect must name a count before it is known. */
  readonly inputTokens?: number;
  /** The request, where a dialect repeats its settings in the answer. */
  readonly conversation?: Conversation;
}

export interface StreamReader {
  /** Parts of one event. Never throws; what cannot be read becomes an error part. After the terminal part always []. */
  push(event: SseEvent): StreamPart[];
  /** The upstream closed: the held-back finish, or an error part `upstream_truncated` when no real end was seen. */
  end(): StreamPart[];
}

export interface StreamWriter {
  /** SSE text of one part, '' when it shows nothing yet. Whole events only; nothing after the terminal part. */
  write(part: StreamPart): string;
  heartbeat(): string;
  /** '' after a terminal part; otherwise an in-band `upstream_truncated` error, so that no stream ends clean by accident. */
  end(): string;
}

/** How the bytes of a stream are cut into blocks. */
export interface BlockSplitter {
  /** The blocks that are complete with this chunk. May throw `upstream_invalid_response`. */
  push(chunk: Uint8Array): Uint8Array[];
  /** What came after the last complete block and may still be read, and forgets it. */
  rest(): Uint8Array;
}

export interface Framing {
  splitter(): BlockSplitter;
  /** The event of one block; undefined when it holds none. May throw `upstream_invalid_response`. */
  parse(block: Uint8Array): SseEvent | undefined;
}

/** The half of a wire format that an upstream needs. */
export interface UpstreamCodec {
  /** Throws a `GatewayError` where the request cannot be said in this dialect (translation cases D1, D2). */
  writeRequest(conversation: Conversation, target: WriteTarget): WrittenRequest;
  /** Ends in exactly one terminal part; an unreadable answer is one error part `upstream_invalid_response`. */
  readAnswer(body: unknown): StreamPart[];
  readStream(): StreamReader;
  /** Absent = server-sent events. */
  readonly framing?: Framing;
}

/** One wire format, in both directions. */
export interface DialectCodec extends UpstreamCodec {
  /** Throws `invalid_request` for malformed bodies; unknown members and parts are kept. */
  readRequest(body: unknown): Conversation;
  /** Throws `upstream_invalid_response` for parts that make no answer in this dialect (tool arguments that are no JSON). */
  writeAnswer(parts: readonly StreamPart[], envelope: AnswerEnvelope): unknown;
  writeStream(envelope: AnswerEnvelope & { readonly includeUsage: boolean }): StreamWriter;
  errorStatus(failure: Failure): number;
  errorBody(failure: Failure, requestId: string): unknown;
  /** The same error as one SSE event, for after the commit point. */
  errorEvent(failure: Failure, requestId: string): string;
}
