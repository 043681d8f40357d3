import * as z from 'zod/mini';
import { listEvidence, sumsOfCell } from '../../adapters/store/evidence.ts';
import { StoreError } from '../../adapters/store/port.ts';
import { evidenceView } from '../../contract/admin/evidence.ts';
import { listOf } from '../../contract/admin/shared.ts';
import { summaryOf } from '../../core/routing/evidence/summary.ts';
import { AdminError } from '../errors.ts';
import { operation } from '../operation.ts';
import { wholeNumber } from '../query.ts';

const pages = z.strictObject({ cursor: z.optional(z.string().check(z.maxLength(1024))), limit: z._default(wholeNumber(1, 200), 50) });

export const getEvidence = operation({ summary: 'What judged pairs of this tenant\'s own traffic say of each model on each template, against the baseline.', query: pages, answer: listOf(evidenceView) }, async ({ caller, ports, nowMs, query: { cursor, limit } }) => {
  try {
    const page = await listEvidence(ports.store, caller.tenantId, nowMs, { limit, cursor });
    const items = page.items.map((cell) => ({ template: cell.templateKey, model: cell.model, labels: cell.labels, ...summaryOf(sumsOfCell(cell)), updatedAt: cell.updatedAt }));
    return { body: { items, nextCursor: page.cursor ?? null } };
  } catch (error) {
    if (error instanceof StoreError && error.kind === 'invalid' && cursor !== undefined) throw new AdminError('invalid_request', 'This cursor belongs to another list.', { field: 'cursor' });
    throw error;
  }
});
