import { getLedgerEntry } from '../../adapters/store/ledger.ts';
import { ledgerEntry } from '../../contract/admin/ledger-schema.ts';
import { AdminError } from '../errors.ts';
import { operation } from '../operation.ts';

export const getRequest = operation(
  { summary: 'One ledger entry. Unknown, malformed and another tenant\'s ids answer alike.', answer: ledgerEntry },
  async ({ caller, ports, params }) => {
    const entry = await getLedgerEntry(ports.store, caller.tenantId, params['id'] ?? '');
    if (entry === undefined) throw new AdminError('not_found', 'There is no request with this id.');
    return { body: entry };
  },
);
