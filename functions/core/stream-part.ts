import type { Failure } from './errors.ts';
import type { TokenUsage } from './money/usage.ts';

/** Why an answer ended. `upstream_truncated` = the stream stopped without a finish; `cancelled` = the client left. */
export type FinishReason =
  | 'stop' | 'length' | 'tool_calls' | 'content_filter' | 'error' | 'upstream_truncated' | 'cancelled';

/**
 * The neutral stream: every dialect is read into these parts and written from them. A non-streaming answer is the
 * same list. Exactly one terminal part (`finish` or `error`) ends every stream and nothing follows it; `usage` comes
 * before the terminal part (readers hold the finish back until usage or the end arrives).
 */
export type StreamPart =
  | { readonly type: 'start'; readonly id?: string; readonly upstreamModel?: string; readonly created?: number }
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'reasoning'; readonly text: string }
  | { readonly type: 'reasoning-signature'; readonly signature: string }
  | { readonly type: 'reasoning-redacted'; readonly data: string }
  | { readonly type: 'refusal'; readonly text: string }
  /** `index` counts tool calls of this answer from 0. `id` may be missing upstream; writers make a deterministic one. */
  | { readonly type: 'tool-start'; readonly index: number; readonly id?: string; readonly name: string }
  /** A verbatim fragment of the arguments' JSON text. */
  | { readonly type: 'tool-delta'; readonly index: number; readonly json: string }
  | { readonly type: 'tool-end'; readonly index: number }
  | { readonly type: 'citation'; readonly raw: unknown }
  /** The provider runs a tool of its own, or tells what came of it: work that is done and paid for. Other dialects show nothing of it. */
  | { readonly type: 'hosted'; readonly kind: string }
  /** `tier` = the tariff that the answer says it was served at. */
  | { readonly type: 'usage'; readonly usage: TokenUsage; readonly tier?: string }
  | { readonly type: 'finish'; readonly reason: FinishReason; readonly raw?: string; readonly stopSequence?: string }
  | { readonly type: 'error'; readonly failure: Failure };

/** A part that the caller would see as content: the first one is the commit point. */
export function isOutput(part: StreamPart): boolean {
  return part.type === 'text' || part.type === 'reasoning' || part.type === 'refusal' || part.type === 'tool-start'
    || part.type === 'reasoning-redacted' || part.type === 'citation' || part.type === 'tool-delta' || part.type === 'hosted';
}

export function isTerminal(part: StreamPart): boolean {
  return part.type === 'finish' || part.type === 'error';
}
