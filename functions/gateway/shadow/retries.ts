import { hash } from 'node:crypto';
import type { Clock } from '../../core/clock.ts';
import type { RequestFacts } from '../../core/routing/request-facts.ts';

/** The same turn again within this time after its answer was not content with it. */
const WITHIN_MS = 5 * 60_000;
const MAX_SESSIONS = 10_000;

/** An answer that a client might not be content with. */
export interface Answered { readonly requestId: string; readonly templateKey: string; readonly parentKey: string; readonly model: string }

/**
 * The last answer of each session of this process, to see when a client asks the very same again. Hashes only, in memory,
 * bounded: what is too old to count is forgotten, and so is, past 10,000 sessions, the one heard from longest ago.
 */
export class Retries {
  readonly #clock: Clock;
  readonly #last = new Map<string, { readonly turn: string; readonly atMs: number; readonly answer: Answered }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The answer that this request asks for once more, told once. */
  repeated(sessionId: string, facts: RequestFacts): Answered | undefined {
    const last = this.#last.get(sessionId);
    if (last === undefined || last.turn !== turnOf(facts)) return undefined;
    this.#last.delete(sessionId);
    const ageMs = this.#clock.now() - last.atMs;
    return ageMs >= 0 && ageMs <= WITHIN_MS ? last.answer : undefined;
  }

  /** Notes an answer that has just ended. */
  answered(sessionId: string, facts: RequestFacts, answer: Answered): void {
    const nowMs = this.#clock.now();
    this.#last.delete(sessionId);
    for (const [oldest, { atMs }] of this.#last) {
      if (this.#last.size < MAX_SESSIONS && nowMs - atMs <= WITHIN_MS) break;
      this.#last.delete(oldest);
    }
    this.#last.set(sessionId, { turn: turnOf(facts), atMs: nowMs, answer });
  }

  /** Sessions whose last answer is remembered. */
  get size(): number {
    return this.#last.size;
  }
}

/** The same place of the same conversation, with the same words. A tool loop repeats the words, not the place. */
const turnOf = (facts: RequestFacts): string => hash('sha256', `${facts.turns}\n${facts.text}`, 'base64url');

/**
 * Whether a repetition says anything. Where the client names no session and there was no turn before, two programs that
 * ask the same are not told from one that asks again.
 */
export function isTellingSession({ context, conversation, turns }: RequestFacts): boolean {
  return context.sessionHeader !== undefined || context.claudeSessionHeader !== undefined || turns > 1 || conversation.user?.includes('_session_') === true;
}
