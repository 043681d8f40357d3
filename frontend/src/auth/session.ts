import { useSyncExternalStore } from 'react';
import { forgetMember } from './last-member.ts';
import { endSession, renew, SignInError } from './oidc.ts';
import { dropTokens, keepTokens, readTokens, waitForHandOver, type Tokens } from './tokens.ts';

/** `ended` = the page stays as it is, with a dialog over it, until somebody signs in again. */
type State = 'in' | 'ended';

let state: State = 'in';
let renewing: Promise<boolean> | undefined;
let stopWaiting: (() => void) | undefined;
const listeners = new Set<() => void>();
const ended = new Set<() => void>();

function set(next: State): void {
  state = next;
  for (const listener of listeners) listener();
}

const subscribe = (listener: () => void): (() => void) => {
  listeners.add(listener);
  return () => { listeners.delete(listener); };
};
export const useSessionState = (): State => useSyncExternalStore(subscribe, () => state);

/** Called once the session goes on after it had ended: what failed meanwhile is asked again. */
export function onResume(listener: () => void): () => void {
  ended.add(listener);
  return () => { ended.delete(listener); };
}

/** An access token that is not over, renewed before it ends; undefined when there is no session any more. */
export async function accessToken(): Promise<string | undefined> {
  const tokens = readTokens();
  if (tokens === undefined) return undefined;
  if (tokens.expiresAt > Date.now()) return tokens.access;
  return (await renewOnce()) ? readTokens()?.access : undefined;
}

/** One renewal at a time, however many requests ask. False = the session is over; throws where the issuer cannot be reached. */
export function renewOnce(): Promise<boolean> {
  renewing ??= tryRenew().finally(() => { renewing = undefined; });
  return renewing;
}

async function tryRenew(): Promise<boolean> {
  const tokens = readTokens();
  try {
    if (tokens !== undefined) {
      keepTokens(await renew(tokens));
      return true;
    }
  } catch (error) {
    if (!(error instanceof SignInError) || error.failure === 'unreachable') throw error;
  }
  end();
  return false;
}

/** The session is over: says so, and waits for a sign-in in another tab. */
function end(): void {
  if (state === 'ended') return;
  dropTokens();
  stopWaiting = waitForHandOver((tokens: Tokens) => {
    stopWaiting?.();
    keepTokens(tokens);
    set('in');
    for (const listener of ended) listener();
  });
  set('ended');
}

/** Forgets this tab's session and ends it at the issuer. */
export async function signOut(): Promise<void> {
  const tokens = readTokens();
  sessionStorage.clear();
  dropTokens();
  forgetMember();
  // The tab does not sign in again by itself.
  sessionStorage.setItem('bsg.signed-out', '1');
  try {
    if (tokens !== undefined) return await endSession(tokens);
  } catch { /* the issuer is away; this tab is signed out all the same */ }
  location.replace('/login?signed_out=1');
}
