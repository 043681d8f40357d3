import { hash, randomBytes, timingSafeEqual } from 'node:crypto';
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

/** Keys whose secret was verified lately: stored hash → SHA-256 of the secret. A tenth of the cost of the peppered hash. */
const MAX_VERIFIED = 10_000;
/** Whose secret nobody knows: what stands in for the record of an unknown id. */
const NOBODY = { hash: randomBytes(32).toString('base64') };
const NO_DIGEST = Buffer.alloc(32);

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
    const { hash: stored } = record ?? NOBODY;
    const known = verified.get(stored);
    // Compared even with nothing: a wrong secret of a key in use must not take longer than that of a key nobody has.
    const recognised = timingSafeEqual(known ?? NO_DIGEST, digest);
    if (recognised && known !== undefined) return true;
    const matches = secretMatches(await once.pepper(), secret, stored);
    if (!matches || record === undefined) return false;
    if (verified.size >= MAX_VERIFIED) verified.clear();
    verified.set(stored, digest);
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
