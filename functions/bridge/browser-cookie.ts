import { hash, timingSafeEqual } from 'node:crypto';
import { SIGN_IN_SECONDS } from './ports.ts';

/**
 * One cookie per sign-in under way, so that two tabs do not disturb each other. `__Host-` keeps other hosts from setting
 * it, `Strict` keeps other sites from having it sent: it comes with what our own page posts and with nothing else.
 */
const nameOf = (state: string): string => `__Host-bsg-${hash('sha256', state, 'hex').slice(0, 16)}`;

export const setCookie = (state: string, value: string): string => `${nameOf(state)}=${value}; Path=/; Max-Age=${SIGN_IN_SECONDS}; Secure; HttpOnly; SameSite=Strict`;
export const clearCookie = (state: string): string => `${nameOf(state)}=; Path=/; Max-Age=0; Secure; HttpOnly; SameSite=Strict`;

/** What is stored of a cookie's value. */
export const browserOf = (value: string): string => hash('sha256', value, 'hex');

/** Whether the browser that sent these cookies is the one that began. */
export function isSameBrowser(cookies: string | undefined, state: string, browser: string): boolean {
  const name = `${nameOf(state)}=`;
  // The door joins repeated headers by a comma; our own values have neither.
  const values = (cookies ?? '').split(/[;,]\s*/).filter((each) => each.startsWith(name));
  const [value] = values;
  if (value === undefined || values.length > 1) return false;
  return timingSafeEqual(Buffer.from(browserOf(value.slice(name.length))), Buffer.from(browser));
}
