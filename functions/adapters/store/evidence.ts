import { fromItem, partition, toItem } from './entity.ts';
import type { Key, Op, Store } from './port.ts';

/**
 * What is known of one model against the baseline on requests of one template: sums over judged pairs, each weighted by
 * w = 1/propensity, with d in [−1, 1] the judged difference to the baseline (DECISIONS §6, "Evidence statistics").
 */
export interface EvidenceCell {
  readonly templateKey: string;
  readonly model: string;
  /** Judged pairs. */
  readonly labels: number;
  readonly sumW: number;
  readonly sumW2: number;
  readonly sumWd: number;
  readonly sumWd2: number;
  /** RFC 3339. */
  readonly updatedAt: string;
}

/** Stands with the ledger: the data plane writes it, and must not write what operators decide. */
const partitionOf = (tenantId: string): string => partition('T', tenantId, 'EVIDENCE');
const keyOf = (tenantId: string, { templateKey, model }: Pick<EvidenceCell, 'templateKey' | 'model'>): Key => ({ table: 'usage', pk: partitionOf(tenantId), sk: `${templateKey}#${model}` });

export const putEvidenceOp = (tenantId: string, cell: EvidenceCell): Op => ({ put: keyOf(tenantId, cell), item: toItem(cell) });

/** Cells by template and model. Throws `StoreError('invalid')` for a cursor of another list. */
export async function listEvidence(store: Store, tenantId: string, page: { readonly limit: number; readonly cursor?: string | undefined }): Promise<{ items: EvidenceCell[]; cursor?: string }> {
  const { rows, cursor } = await store.query({ table: 'usage', pk: partitionOf(tenantId), limit: page.limit, ...(page.cursor !== undefined && { cursor: page.cursor }) });
  return { items: rows.map(({ item }) => fromItem<EvidenceCell>(item)), ...(cursor !== undefined && { cursor }) };
}
