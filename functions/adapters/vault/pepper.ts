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

/**
 * Checks a presented secret against a key's record; `undefined` (unknown id) costs the same as a wrong secret. Rejects
 * only when the pepper cannot be had.
 */
export function secretVerifier(keys: PepperKeys): (record: { readonly hash: string } | undefined, secret: string) => Promise<boolean> {
  const once = pepperOnce(keys);
  return async (record, secret) => secretMatches(await once.pepper(), secret, record?.hash);
}
