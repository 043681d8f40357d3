import type { KeyView } from '../../api/types.ts';

export const KEY_STATES = ['active', 'expiring', 'retiring', 'expired', 'revoked'] as const;
export type KeyState = (typeof KEY_STATES)[number];

const DAY_MS = 86_400_000;
export const EXPIRING_MS = 30 * DAY_MS;
export const UNUSED_MS = 30 * DAY_MS;

/** What the gateway's clock may be ahead of the browser's: a key that was ended just now is over. */
const CLOCKS_MS = 5_000;

/** Where a key stands: `retiring` = it was rotated and works until its overlap is over; `expiring` = within 30 days. */
export function keyState({ revokedAt, expiresAt }: Pick<KeyView, 'revokedAt' | 'expiresAt'>, nowMs: number): KeyState {
  if (revokedAt !== null && Date.parse(revokedAt) <= nowMs + CLOCKS_MS) return 'revoked';
  if (expiresAt !== null && Date.parse(expiresAt) <= nowMs) return 'expired';
  if (revokedAt !== null) return 'retiring';
  return expiresAt !== null && Date.parse(expiresAt) <= nowMs + EXPIRING_MS ? 'expiring' : 'active';
}

export const worksNow = (state: KeyState): boolean => state === 'active' || state === 'expiring' || state === 'retiring';

/** Works, is at least 30 days old and was not used for as long. */
export function isUnused({ createdAt, lastUsedAt }: Pick<KeyView, 'createdAt' | 'lastUsedAt'>, nowMs: number): boolean {
  return Date.parse(lastUsedAt ?? createdAt) <= nowMs - UNUSED_MS;
}
