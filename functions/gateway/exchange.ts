import type { Dialect } from '../core/conversation.ts';
import type { KeyRecord } from '../adapters/store/keys.ts';
import type { GatewayRequest, Ports } from './ports.ts';

export const EMBEDDINGS = '/v1/embeddings';

/** What one request carries from verb to verb: identity, dialect and its own stopwatch. Never shared between requests. */
export interface Exchange {
  readonly request: GatewayRequest;
  readonly requestId: string;
  /** In which its errors are written. */
  readonly dialect: Dialect;
  /** In which its body and its answer are. */
  readonly format: Dialect | 'openai-embeddings';
  /** Wall clock at arrival, epoch ms; `startedAt` is the monotonic twin for durations. */
  readonly atMs: number;
  readonly startedAt: number;
  /** Durations in ms, for `server-timing`. */
  readonly timing: { auth?: number; route?: number; judge?: number; upstream?: number };
  /** What was learned on the way, for whoever counts a request that gets no further: the key it named and the model it asked for. */
  readonly seen: { key?: KeyRecord; model?: string };
}

export function openExchange(request: GatewayRequest, dialect: Dialect, ports: Ports): Exchange {
  const format = request.path === EMBEDDINGS ? 'openai-embeddings' : dialect;
  return { request, requestId: ports.newRequestId(), dialect, format, atMs: ports.clock.now(), startedAt: ports.clock.elapsed(), timing: {}, seen: {} };
}

/** The dialect in which a path's errors are written: Anthropic's for its own endpoints or when its version header is sent. */
export function dialectOf(path: string, headers: GatewayRequest['headers']): Dialect {
  if (path.startsWith('/v1/messages')) return 'anthropic-messages';
  if (path.startsWith('/v1/responses')) return 'openai-responses';
  if (path.startsWith('/v1/chat/') || path === EMBEDDINGS) return 'openai-chat';
  return headers['anthropic-version'] === undefined ? 'openai-chat' : 'anthropic-messages';
}
