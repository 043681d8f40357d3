import { costMicros } from '../money/cost.ts';
import type { ModelPrice } from '../money/price.ts';
import type { RegisteredModel } from './policy.ts';

/** What the last answer of a session left behind. */
export interface SessionState {
  /** The model that served it, by its id. */
  readonly model: string;
  /** Requests served so far. */
  readonly requests: number;
  /** Tokens of the last request and its answer: what the model's prompt cache may still hold. */
  readonly contextTokens: number;
  /** Epoch ms of that answer. */
  readonly at: number;
}

/** A session without a request for this long is over (DECISIONS §3.16). */
export const SESSION_TTL_MS = 3_600_000;
/** So long providers keep a prompt's prefix by default. */
const PROMPT_CACHE_MS = 300_000;
/** No more requests than this are expected of a session, however long it was. */
const MOST_REQUESTS_AHEAD = 50;

/** For an agent a move must at least halve what the rest costs: a weaker model fails more often, and a failed task costs all that was spent on it. */
const AGENT_SHARE = 0.5;

export interface Continuation {
  readonly state: SessionState;
  /** Estimated tokens of this request. */
  readonly inputTokens: number;
  /** Tokens that an answer is expected to have. */
  readonly outputTokens: number;
  readonly isAgent: boolean;
  readonly nowMs: number;
}

/**
 * Whether moving a session from `held` to `wanted` at a user turn is worth the prompt cache that is lost by it: the rest of
 * the session, priced with either model, is cheaper with `wanted`. A session is expected to go on for as many requests as
 * it has had (Lindy's rule), each as much longer as they were so far. A model without a price is never moved to or from.
 */
export function paysToMove(held: RegisteredModel, wanted: RegisteredModel, rest: Continuation): boolean {
  const stay = costOfRest(held.price, rest, cachedTokens(rest));
  const move = costOfRest(wanted.price, rest, 0);
  return stay !== null && move !== null && move < stay * (rest.isAgent ? AGENT_SHARE : 1);
}

const cachedTokens = ({ state, inputTokens, nowMs }: Continuation): number =>
  (nowMs - state.at < PROMPT_CACHE_MS ? Math.min(state.contextTokens, inputTokens) : 0);

/** Micro-USD for this request, of which `cached` tokens are read from the cache, and for those expected after it. */
function costOfRest(price: ModelPrice | null, { state, inputTokens, outputTokens }: Continuation, cached: number): number | null {
  if (price === null) return null;
  const growth = inputTokens / (state.requests + 1);
  let sum = 0;
  let [read, written] = [cached, inputTokens - cached];
  for (let ahead = Math.min(Math.max(1, state.requests), MOST_REQUESTS_AHEAD); ahead > 0; ahead -= 1) {
    const cost = costMicros({ cacheRead: Math.round(read), cacheWrite5m: Math.round(written), output: outputTokens }, price);
    if (cost === null) return null;
    sum += cost;
    [read, written] = [read + written, growth];
  }
  return sum;
}
