import { partition } from '../../functions/adapters/store/entity.ts';
import { listModels } from '../../functions/adapters/store/models.ts';
import type { Key, Store } from '../../functions/adapters/store/port.ts';
import { listTenants } from '../../functions/adapters/store/tenants.ts';
import { credentialContext } from '../../functions/adapters/vault/context.ts';
import type { LocalKeys } from '../../functions/adapters/vault/local-key.ts';
import { openCredential } from '../../functions/adapters/vault/open.ts';

/** Which master key a database belongs to: the key's fingerprint, of the closed list that names no tenant. */
const PLACE: Key = { table: 'tenants', pk: partition('X', 'masterkey'), sk: 'fingerprint' };

/**
 * Whether a database belongs to this master key. Where it does not say so itself (`claimDatabase`) its first credential is
 * tried; true where there is none.
 */
export async function masterKeyFits(store: Store, keys: LocalKeys): Promise<boolean> {
  const noted = await store.get(PLACE);
  if (noted !== undefined) return noted['fingerprint'] === keys.fingerprint;
  for (const { tenantId } of await listTenants(store)) {
    for (const { credentials } of await listModels(store, tenantId)) {
      const [first] = credentials;
      if (first === undefined) continue;
      return openCredential(keys, credentialContext(tenantId, first.credentialId), first.sealed).then(() => true, () => false);
    }
  }
  return true;
}

/** Notes in the database that it belongs to this master key, once it is known to: virtual keys alone cannot tell. Writes nothing where that stands already. */
export async function claimDatabase(store: Store, keys: LocalKeys): Promise<void> {
  if (await store.get(PLACE) === undefined) await store.write([{ put: PLACE, item: { fingerprint: keys.fingerprint }, guards: [{ absent: true }] }]);
}
