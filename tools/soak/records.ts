/** What the clients, the upstream and the chaos wrote down, for the verdict to compare. All times are epoch ms. */

export type Wire = 'chat' | 'messages' | 'responses';

/** One request as its client saw it. */
export interface Asked {
  /** Travels in the prompt, so that the upstream knows whom it serves. */
  readonly id: string;
  /** `plain`: must be served or refused for a limit. `leaving`: its client goes before the end. `hostile`: must be refused. `light`: spends nothing. `admin`: the admin API. */
  readonly kind: 'plain' | 'leaving' | 'hostile' | 'light' | 'admin';
  readonly what: string;
  readonly keyId: string;
  /** Under which its ledger row stands; null for a request that must have none. */
  readonly sessionId: string | null;
  readonly stream: boolean;
  /** Statuses that fit a hostile request; 0 = the connection was closed on it. */
  readonly expected: readonly number[];
  readonly sentAt: number;
  readonly endedAt: number;
  /** 0: no answer came. */
  readonly status: number;
  readonly code: string | undefined;
  readonly requestId: string | undefined;
  /** Of the answer's body. */
  readonly bytes: number;
  readonly ending: 'whole' | 'broken' | 'left' | 'unreached';
  /** How the answer says that it ends, in its own dialect. */
  readonly last: 'finish' | 'error' | 'none';
  /** Words of the answer, which the upstream numbers; -1 when they are not this request's own from the first on. */
  readonly words: number;
}

export type Fault = '429' | '500' | '503' | 'reset' | 'reset-after-headers' | 'cut' | 'early-end' | 'slow' | 'garbage' | 'error-event';

/** One call as the upstream served it. Tokens are those it reported, or would have. */
export interface UpstreamCall {
  readonly id: string;
  readonly at: number;
  readonly model: string;
  readonly fault: Fault | undefined;
  readonly input: number;
  readonly cacheRead: number;
  readonly output: number;
  readonly words: number;
  /** `whole`: everything was handed over, the usage with it. `left`: the gateway hung up before. */
  end: 'open' | 'whole' | 'broken' | 'left';
}

/** One process of the gateway, from when it was ready. */
export interface Life { readonly from: number; to: number; how: 'running' | 'kill' | 'stop' | 'died' }
/** A time in which nothing could be written to the store. */
export interface Stall { readonly from: number; to: number }
