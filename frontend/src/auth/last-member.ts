import { ownClaims } from './id-token.ts';

/**
 * Who was last seen in this browser as a member, and of which gateway they had asked: over a new session this is a guess and
 * nothing more, so it decides when something is asked and never what is shown. It is kept beyond the tab because it is of
 * use in the next one; it names the person by the issuer's own id, and goes when they sign out.
 */
const STORED = 'bsg.last-member';

/** Whether the person of this tab's session was a member when they last asked for this gateway (`null` = for none by name). */
export function wasMember(tenant: string | null): boolean {
  const mine = markOf(tenant);
  return mine !== undefined && localStorage.getItem(STORED) === mine;
}

/** The person of this tab's session is a member of what they asked for. */
export function rememberMember(tenant: string | null): void {
  const mine = markOf(tenant);
  if (mine !== undefined) localStorage.setItem(STORED, mine);
}

/** They are not, or have signed out. */
export const forgetMember = (): void => localStorage.removeItem(STORED);

function markOf(tenant: string | null): string | undefined {
  const { sub } = ownClaims();
  return typeof sub === 'string' ? JSON.stringify([sub, tenant]) : undefined;
}
