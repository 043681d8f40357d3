import * as z from 'zod/mini';
import { listEvidence, sumsOfCell } from '../../adapters/store/evidence.ts';
import { getPlan } from '../../adapters/store/evidence-plan.ts';
import { StoreError } from '../../adapters/store/port.ts';
import { evidenceAnswer, type EvidenceAnswer } from '../../contract/admin/evidence.ts';
import type { Cell } from '../../core/routing/evidence/cell.ts';
import { evidenceFor, templateEvidence, type EvidencePlan } from '../../core/routing/evidence/plan.ts';
import { summaryOf } from '../../core/routing/evidence/summary.ts';
import { AdminError } from '../errors.ts';
import { operation } from '../operation.ts';
import { wholeNumber } from '../query.ts';

const pages = z.strictObject({ cursor: z.optional(z.string().check(z.maxLength(1024))), limit: z._default(wholeNumber(1, 200), 50) });

export const getEvidence = operation({ summary: 'What judged pairs of this tenant\'s own traffic say of each model on each template, against the baseline, and what was decided on them.', query: pages, answer: evidenceAnswer }, async ({ caller, ports, nowMs, query: { cursor, limit } }) => {
  try {
    const [page, plan] = await Promise.all([listEvidence(ports.store, caller.tenantId, nowMs, { limit, cursor }), getPlan(ports.store, caller.tenantId)]);
    return { body: { items: page.items.map((cell) => cellView(cell, plan)), nextCursor: page.cursor ?? null, plan: plan === undefined ? null : planView(plan) } };
  } catch (error) {
    if (error instanceof StoreError && error.kind === 'invalid' && cursor !== undefined) throw new AdminError('invalid_request', 'This cursor belongs to another list.', { field: 'cursor' });
    throw error;
  }
});

function cellView(cell: Cell, plan: EvidencePlan | undefined): EvidenceAnswer['items'][number] {
  const { templateKey, model, baseline, labels, updatedAt } = cell;
  const served = plan?.baseline === baseline ? evidenceFor(plan, templateKey) : undefined;
  const isBad = plan?.baseline === baseline && templateEvidence(plan, templateKey)?.models.some((entry) => entry.model === model && entry.isBad === true) === true;
  return {
    template: templateKey, model, baseline, labels, ...summaryOf(sumsOfCell(cell)), updatedAt,
    verdict: served?.model === model ? 'serves' : isBad ? 'too_bad' : 'open',
    served: served === undefined ? null : { model: served.model, why: served.why, since: served.since },
  };
}

function planView({ version, decidedAt, baseline, labels, eps, templates, assignments, certified }: EvidencePlan): EvidenceAnswer['plan'] {
  const decided = Object.values(assignments);
  return {
    version, decidedAt, baseline, labels, judgeError: eps, templates: Object.keys(templates).length,
    downgraded: decided.filter(({ why }) => why === 'certified').length, withdrawn: decided.filter(({ why }) => why === 'withdrawn').length, certified,
  };
}
