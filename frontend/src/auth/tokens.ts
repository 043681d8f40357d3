/** In sessionStorage: gone with the tab, and no other tab can use up this one's refresh token. */
export interface Tokens { readonly access: string; readonly refresh: string | null; readonly id: string | null; readonly expiresAt: number }

const STORED = 'bsg.tokens';
const CHANNEL = 'bsg.signed-in';
let inMemory: Tokens | undefined;

export function readTokens(): Tokens | undefined {
  if (inMemory !== undefined) return inMemory;
  try {
    inMemory = JSON.parse(sessionStorage.getItem(STORED) ?? 'null') as Tokens | null ?? undefined;
  } catch { /* none */ }
  return inMemory;
}

export function keepTokens(tokens: Tokens): void {
  inMemory = tokens;
  sessionStorage.setItem(STORED, JSON.stringify(tokens));
}

export function dropTokens(): void {
  inMemory = undefined;
  sessionStorage.removeItem(STORED);
}

/** Hands a sign-in over to the tab whose session has ended; that tab alone keeps it. */
export function handOver(tokens: Tokens): void {
  const channel = new BroadcastChannel(CHANNEL);
  // A BroadcastChannel reaches this origin only and has no parameter for one.
  // oxlint-disable-next-line unicorn/require-post-message-target-origin
  channel.postMessage(tokens);
  channel.close();
}

/** Calls `taken` when another tab signs in for this one. Returns what ends the waiting. */
export function waitForHandOver(taken: (tokens: Tokens) => void): () => void {
  const channel = new BroadcastChannel(CHANNEL);
  channel.addEventListener('message', ({ data }: MessageEvent<Tokens>) => taken(data));
  return () => channel.close();
}
