import { getLedgerEntry } from '../../adapters/store/ledger.ts';
import { AdminError } from '../errors.ts';
import type { AdminCall } from '../ports.ts';

/** One ledger entry. Unknown, malformed and another tenant's ids answer alike. */
export async function getRequest({ caller, ports, params }: AdminCall): Promise<object> {
  const entry = await getLedgerEntry(ports.store, caller.tenantId, params['id'] ?? '');
  if (entry === undefined) throw new AdminError('not_found', 'There is no request with this id.');
  return entry;
}
