import { getMachineToken } from '../adapters/store/machine-tokens.ts';
import type { Store } from '../adapters/store/port.ts';
import type { Identity } from './ports.ts';

const MACHINE = /^bsga_[0-9a-f]{64}$/;

/** The identity behind a machine token, with its one role in its one tenant; undefined for anything else. A text of another form reads nothing. */
export async function machineIdentity(store: Store, bearer: string): Promise<Identity | undefined> {
  if (!MACHINE.test(bearer)) return undefined;
  const token = await getMachineToken(store, bearer);
  return token && { userId: token.tokenId, name: token.name, via: 'token', isMachine: true, memberships: [{ tenantId: token.tenantId, role: token.role }] };
}
