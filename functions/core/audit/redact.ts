import { equalJson } from '../equal-json.ts';
import type { SecretPath } from '../../contract/admin/secret.ts';
import { byIdentity, identityOf } from './named.ts';

export const SECRET = '[secret]';
export const CHANGED = '[changed]';

/**
 * Members that are secret wherever they stand, whatever a schema says: names in lower case, letters only. Credentials
 * and keys in clear, and what is stored of them: sealed records, hashes, fingerprints.
 */
const DENIED: ReadonlySet<string> = new Set([
  'apikey', 'key', 'secret', 'secrets', 'password', 'token', 'accesstoken', 'refreshtoken', 'sessiontoken', 'secretaccesskey', 'privatekey', 'authorization', 'inviteurl',
  'sealed', 'ciphertext', 'encryptedkey', 'datakey', 'pepper', 'hash', 'secrethash', 'tokenhash', 'keyhash', 'fingerprint',
]);

/** Whether a member of this name is secret wherever it stands. */
export const isDenied = (name: string): boolean => DENIED.has(name.toLowerCase().replaceAll(/[^a-z]/g, ''));

export interface Views { readonly before: object | null; readonly after: object | null }

/**
 * Both views without the values at `paths` and without those of members that are always secret: `[secret]` stands in
 * their place, in `after` `[changed]` where both views have the member and its value is another one. Does not change
 * what it is given.
 */
export function redact({ before, after }: Views, paths: readonly SecretPath[] = []): Views {
  return { before: redacted(before, undefined, paths, SECRET) as object | null, after: redacted(after, before ?? undefined, paths, CHANGED) as object | null };
}

/** `other` = the value at the same place of the other view, undefined when there is none; `changed` = the word for a secret that differs from it. */
function redacted(value: unknown, other: unknown, paths: readonly SecretPath[], changed: string): unknown {
  if (typeof value !== 'object' || value === null) return value;
  // What has a ciphertext is a sealed record: none of its parts is anybody's business.
  if (!Array.isArray(value) && 'ciphertext' in value) return wordFor(value, other, changed);
  const counterpartOf = counterparts(value, other);
  const result = Object.entries(value).map(([name, member]): [string, unknown] => {
    const counterpart = counterpartOf(name, member);
    const below = paths.filter(([step]) => step === name || step === '*').map((path) => path.slice(1));
    const isSecret = below.some((path) => path.length === 0) || (!Array.isArray(value) && isDenied(name));
    return [name, isSecret ? wordFor(member, counterpart, changed) : redacted(member, counterpart, below, changed)];
  });
  return Array.isArray(value) ? result.map(([, entry]) => entry) : Object.fromEntries(result);
}

/** No value is no secret: `null` says that there is none, which is worth knowing. */
function wordFor(value: unknown, other: unknown, changed: string): unknown {
  if (value === null || value === undefined) return value;
  return other === undefined || equalJson(value, other) ? SECRET : changed;
}

/** Where the other view has the same member: of named entries of a list the one of that name (of an entry without a name, none), else the one at that index. */
function counterparts(value: object, other: unknown): (name: string, member: unknown) => unknown {
  if (typeof other !== 'object' || other === null) return () => undefined;
  const named = Array.isArray(value) && Array.isArray(other) ? byIdentity(other) : undefined;
  if (named !== undefined) {
    return (_index, entry) => {
      const name = identityOf(entry);
      return name === undefined ? undefined : named.get(name);
    };
  }
  return (name) => (Object.hasOwn(other, name) ? (other as Record<string, unknown>)[name] : undefined);
}
