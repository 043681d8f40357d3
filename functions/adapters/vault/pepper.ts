import { hash, timingSafeEqual } from 'node:crypto';
import { secretMatches } from '../../core/keys/virtual-key.ts';
import type { PepperKeys } from './vault.ts';

/** Asks the key service once per process; concurrent first callers share the call, and a failure is not remembered. */
export function pepperOnce(keys: PepperKeys): PepperKeys {
  let fetched: Promise<Uint8Array> | undefined;
  return {
    pepper: () => {
      fetched ??= keys.pepper().catch((error: unknown) => {
        fetched = undefined;
        throw error;
      });
      return fetched;
    },
  };
}

/** Keys whose secret was verified lately: stored hash → SHA-256 of the secret. A tenth of the cost of the peppered hash. */
const MAX_VERIFIED = 10_000;

/**
 * Checks a presented secret against a key's record; `undefined` (unknown id) costs the same as a wrong secret. Rejects
 * only when the pepper cannot be had. A secret that matched once is recognised by its digest while the stored hash is
 * the same; only right secrets are ever remembered, so the shortcut tells an attacker nothing.
 */
export function secretVerifier(keys: PepperKeys): (record: { readonly hash: string } | undefined, secret: string) => Promise<boolean> {
  const once = pepperOnce(keys);
  const verified = new Map<string, Buffer>();
  return async (record, secret) => {
    const digest = hash('sha256', secret, 'buffer');
    const known = record && verified.get(record.hash);
    if (known !== undefined && timingSafeEqual(known, digest)) return true;
    const matches = secretMatches(await once.pepper(), secret, record?.hash);
    if (matches && record !== undefined) {
      if (verified.size >= MAX_VERIFIED) verified.clear();
      verified.set(record.hash, digest);
    }
    return matches;
  };
}
