import { hash, randomBytes } from 'node:crypto';
import { secretMatches } from '../../core/keys/virtual-key.ts';
import { templateSaltOf } from '../../core/routing/template.ts';
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

/** Secrets verified lately: SHA-256 of the secret → the stored hash it matched. A tenth of the cost of the peppered hash. */
const MAX_VERIFIED = 10_000;
/** Whose secret nobody knows: what stands in for the record of an unknown id. */
const NOBODY = { hash: randomBytes(32).toString('base64') };

/**
 * Checks a presented secret against a key's record; `undefined` (unknown id) costs the same as a wrong secret. Rejects
 * only when the pepper cannot be had. A secret that matched once is recognised by its digest while the stored hash is
 * the same. It is looked up by what was presented, never by the record, and only right secrets are remembered: a wrong
 * secret misses whosever it is tried on, so the shortcut cannot tell a key in use from one that nobody has.
 */
export function secretVerifier(keys: PepperKeys): (record: { readonly hash: string } | undefined, secret: string) => Promise<boolean> {
  const once = pepperOnce(keys);
  const verified = new Map<string, string>();
  return async (record, secret) => {
    const digest = hash('sha256', secret, 'base64');
    const { hash: stored } = record ?? NOBODY;
    if (verified.get(digest) === stored) return true;
    const matches = secretMatches(await once.pepper(), secret, stored);
    if (!matches || record === undefined) return false;
    if (verified.size >= MAX_VERIFIED) verified.clear();
    verified.set(digest, stored);
    return true;
  };
}

/** Tenants whose salt is kept; one more costs an HMAC. */
const MAX_SALTS = 1_000;

/** The salt of a tenant's template keys (`templateSaltOf`), by tenant. The same in every process. */
export function templateSalts(keys: PepperKeys): (tenantId: string) => Promise<string> {
  const once = pepperOnce(keys);
  const salts = new Map<string, string>();
  return async (tenantId) => {
    const known = salts.get(tenantId);
    if (known !== undefined) return known;
    const salt = templateSaltOf(await once.pepper(), tenantId);
    if (salts.size >= MAX_SALTS) salts.clear();
    salts.set(tenantId, salt);
    return salt;
  };
}
