import type { Store } from '../../adapters/store/port.ts';
import type { TokenSubject } from '../../adapters/identity/verify-token.ts';
import { machineIdentity } from '../identify.ts';
import type { Identity } from '../ports.ts';
import { personIdentity } from './identity.ts';
import { machineClientIdentity, type MachineClient } from './machine-client.ts';

export interface Identifying {
  readonly store: Store;
  /** undefined = no valid token. */
  readonly verify: (token: string) => Promise<TokenSubject | undefined>;
  /** What to do for somebody who signed in and belongs to no tenant; undefined = nothing. */
  readonly welcome?: (subject: TokenSubject, token: string) => Promise<Identity | undefined>;
  /** The client whose tokens are a program's; undefined = every verified token is a person's. */
  readonly machines?: MachineClient;
}

/** Whose bearer this is: a machine's token, an access token that a program got as a client, or one of a person who signed in. */
export async function bearerIdentity({ store, verify, welcome, machines }: Identifying, bearer: string): Promise<Identity | undefined> {
  if (bearer.startsWith('bsga_')) return machineIdentity(store, bearer);
  const subject = await verify(bearer);
  if (subject === undefined) return undefined;
  if (machines !== undefined && subject.clientId === machines.clientId) return machineClientIdentity(store, machines);
  const person = await personIdentity(store, subject);
  return person.memberships.length > 0 ? person : (await welcome?.(subject, bearer)) ?? person;
}
