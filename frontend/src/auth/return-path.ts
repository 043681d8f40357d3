const STORED = 'bsg.return';

/** Where a sign-in leads back to: the deep link that was opened without a session, else the first page. */
export function returnPath(): string {
  const path = sessionStorage.getItem(STORED) ?? '/';
  // Only a path of our own: `//elsewhere` is another site's address.
  return /^\/(?![/\\])/.test(path) ? path : '/';
}

export const rememberReturn = (): void => sessionStorage.setItem(STORED, location.pathname + location.search + location.hash);
export const forgetReturn = (): void => sessionStorage.removeItem(STORED);
