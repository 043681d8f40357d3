import { getMachineToken } from '../adapters/store/machine-tokens.ts';
import type { Store } from '../adapters/store/port.ts';
import { tokenAuthority } from './people/authority.ts';
import type { Identity } from './ports.ts';

const MACHINE = /^bsga_[0-9a-f]{64}$/;

/**
 * The identity behind a machine token, in its one tenant with its role, at most that of whoever made it as it is now;
 * undefined once that person has left, and for anything else. A text of another form reads nothing.
 */
export async function machineIdentity(store: Store, bearer: string): Promise<Identity | undefined> {
  if (!MACHINE.test(bearer)) return undefined;
  const token = await getMachineToken(store, bearer);
  const authority = token && await tokenAuthority(store, token);
  if (token === undefined || authority === undefined) return undefined;
  return { userId: token.tokenId, name: token.name, via: 'token', isMachine: true, tokenDigest: token.digest, memberships: [{ tenantId: token.tenantId, role: authority.role }] };
}
