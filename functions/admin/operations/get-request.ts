import { getComment } from '../../adapters/store/feedback.ts';
import { getLedgerEntry } from '../../adapters/store/ledger.ts';
import { ledgerEntry } from '../../contract/admin/ledger-schema.ts';
import { change } from '../change.ts';
import { AdminError } from '../errors.ts';
import { operation } from '../operation.ts';
import { may } from '../ports.ts';

export const getRequest = operation(
  { summary: 'One ledger entry. Unknown, malformed and another tenant\'s ids answer alike. A comment on the answer is shown to administrators, and each showing is audited.', answer: ledgerEntry },
  async (call) => {
    const { caller, ports, params, nowMs } = call;
    const entry = await getLedgerEntry(ports.store, caller.tenantId, params['id'] ?? '', nowMs);
    if (entry === undefined) throw new AdminError('not_found', 'There is no request with this id.');
    if (entry.feedback?.hasComment !== true || !may(caller.role, 'admin')) return { body: entry };
    const comment = await getComment(ports.store, caller.tenantId, entry.requestId, nowMs);
    if (comment === undefined) return { body: { ...entry, feedback: { ...entry.feedback, hasComment: false } } };
    // What a caller wrote is content: whoever reads it leaves a trace.
    await change(call, { action: 'content.read', target: { type: 'request', id: entry.requestId }, before: null, after: null }, []);
    return { body: { ...entry, feedback: { ...entry.feedback, comment } } };
  },
);
