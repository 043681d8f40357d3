const STORED = 'bsg.redirects';
const MOST = 2;

/** True while this tab may still leave for the issuer by itself; a page that keeps coming back stops after two times. */
export function mayRedirect(): boolean {
  const times = Number(sessionStorage.getItem(STORED) ?? '0');
  if (times >= MOST || sessionStorage.getItem('bsg.signed-out') === '1') return false;
  sessionStorage.setItem(STORED, String(times + 1));
  return true;
}

/**
 * The API accepted a token: whatever comes later is no loop. That somebody signed out stays: the answer may have been asked for before,
 * and only who signs in again takes it back.
 */
export const forgetRedirects = (): void => sessionStorage.removeItem(STORED);
