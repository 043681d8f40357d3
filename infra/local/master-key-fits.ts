import { listModels } from '../../functions/adapters/store/models.ts';
import type { Store } from '../../functions/adapters/store/port.ts';
import { listTenants } from '../../functions/adapters/store/tenants.ts';
import { credentialContext } from '../../functions/adapters/vault/context.ts';
import { openCredential } from '../../functions/adapters/vault/open.ts';
import type { OpeningKeys } from '../../functions/adapters/vault/vault.ts';

/** Whether these keys open the stored credentials, by trying the first there is; true where there is none to try. */
export async function masterKeyFits(store: Store, keys: OpeningKeys): Promise<boolean> {
  for (const { tenantId } of await listTenants(store)) {
    for (const { credentials } of await listModels(store, tenantId)) {
      const [first] = credentials;
      if (first === undefined) continue;
      return openCredential(keys, credentialContext(tenantId, first.credentialId), first.sealed).then(() => true, () => false);
    }
  }
  return true;
}
