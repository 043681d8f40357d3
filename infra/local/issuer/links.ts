import { createHash, randomBytes } from 'node:crypto';

const LINK_MS = 15 * 60_000;
const SESSION_MS = 12 * 3_600_000;
/** More are only made by somebody who holds the admin token. */
const MAX_OPEN = 1_000;

const digest = (text: string): string => createHash('sha256').update(text).digest('hex');

/** Things that open something for whoever has them, for a while: only their hashes are kept, so looking one up tells nothing by its time. */
class Passes {
  readonly #lifeMs: number;
  readonly #now: () => number;
  readonly #open = new Map<string, number>();

  constructor(lifeMs: number, now: () => number) {
    this.#lifeMs = lifeMs;
    this.#now = now;
  }

  make(): string {
    const secret = randomBytes(32).toString('hex');
    const [oldest] = this.#open.keys();
    if (this.#open.size >= MAX_OPEN && oldest !== undefined) this.#open.delete(oldest);
    this.#open.set(digest(secret), this.#now() + this.#lifeMs);
    return secret;
  }

  has(secret: string): boolean {
    const until = this.#open.get(digest(secret));
    return until !== undefined && until > this.#now();
  }

  /** True once. */
  take(secret: string): boolean {
    const isOpen = this.has(secret);
    this.#open.delete(digest(secret));
    return isOpen;
  }
}

/** One-time links that this machine's operator signs in with, and the browser sessions that they begin. Both end with the process. */
export interface SignIn { readonly links: Passes; readonly sessions: Passes }

export function openSignIn(now: () => number): SignIn {
  return { links: new Passes(LINK_MS, now), sessions: new Passes(SESSION_MS, now) };
}
