import { DatabaseSync } from 'node:sqlite';
import type { LedgerEntry } from '../../functions/contract/ledger.ts';
import { ledgerOp } from '../../functions/adapters/store/ledger.ts';
import { applyBatch, openStatements } from '../../functions/adapters/store/sqlite-apply.ts';
import { validateOps } from '../../functions/adapters/store/validate-ops.ts';

const ROWS_PER_TRANSACTION = 20_000;

/**
 * Writes many ledger rows into a SQLite store's file, checked and applied one by one exactly as the store does it, only
 * with larger transactions. Throws when a row is refused or was there before. Returns how many were written.
 */
export function bulkLedger(file: string, tenantId: string, entries: Iterable<LedgerEntry>): number {
  const db = new DatabaseSync(file, { timeout: 10_000 });
  let rows = 0;
  try {
    db.exec('PRAGMA synchronous = OFF; PRAGMA cache_size = -65536; BEGIN IMMEDIATE');
    const statements = openStatements(db);
    for (const entry of entries) {
      const ops = [ledgerOp(tenantId, entry)];
      validateOps(ops);
      if (!applyBatch(statements, ops).ok) throw new Error(`${entry.requestId} is there already`);
      rows += 1;
      if (rows % ROWS_PER_TRANSACTION === 0) db.exec('COMMIT; BEGIN IMMEDIATE');
    }
    db.exec('COMMIT');
  } finally {
    db.close();
  }
  return rows;
}
