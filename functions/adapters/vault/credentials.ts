import type { Clock } from '../../core/clock.ts';
import type { Secret } from '../../core/secret.ts';
import { credentialContext, OpenError } from './context.ts';
import { openCredential } from './open.ts';
import type { OpeningKeys, SealedRecord } from './vault.ts';

const MAX_AGE_MS = 5 * 60_000;
const MAX_ENTRIES = 100;

export interface CredentialsOptions {
  readonly keys: OpeningKeys;
  /** The record as stored now; undefined = there is none. */
  readonly load: (tenantId: string, credentialId: string) => Promise<SealedRecord | undefined>;
  readonly clock: Clock;
}

export interface Credentials {
  /** The credential in clear. Rejects with `OpenError`, or with the store's own error when loading failed. */
  open(tenantId: string, credentialId: string, version: number): Promise<Secret>;
}

interface Entry { readonly at: number; readonly secret: Promise<Secret> }

/**
 * Opened credentials of this process: none is used longer than 5 minutes after its opening began, at most 100 are
 * held (least recently used goes first), concurrent openings of one share a single call, and failures are not held.
 * The wall clock counts, because a frozen process must not wake with an old one; when it goes back, entries are opened anew.
 */
export function openCredentials({ keys, load, clock }: CredentialsOptions): Credentials {
  const entries = new Map<string, Entry>();

  const openNow = async (tenantId: string, credentialId: string): Promise<Secret> => {
    const record = await load(tenantId, credentialId);
    if (record === undefined) throw new OpenError();
    return openCredential(keys, credentialContext(tenantId, credentialId), record);
  };

  const remember = (key: string, entry: Entry): void => {
    for (const [other, held] of entries) if (!isFresh(held, entry.at)) entries.delete(other);
    entries.set(key, entry);
    for (const oldest of entries.keys()) {
      if (entries.size <= MAX_ENTRIES) break;
      entries.delete(oldest);
    }
    entry.secret.catch(() => {
      if (entries.get(key) === entry) entries.delete(key);
    });
  };

  return {
    open: (tenantId, credentialId, version) => {
      const key = `${tenantId}\u0000${credentialId}\u0000${version}`;
      const now = clock.now();
      const held = entries.get(key);
      if (held !== undefined && isFresh(held, now)) {
        entries.delete(key);
        entries.set(key, held);
        return held.secret;
      }
      const entry = { at: now, secret: openNow(tenantId, credentialId) };
      remember(key, entry);
      return entry.secret;
    },
  };
}

function isFresh(entry: Entry, now: number): boolean {
  return now >= entry.at && now - entry.at < MAX_AGE_MS;
}
