import { existsSync, readFileSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { LedgerEntry } from '../../functions/contract/ledger.ts';
import { reconcile } from '../../functions/admin/reconcile.ts';
import { verifyAudit } from '../../functions/admin/verify-audit.ts';
import { queryLedger } from '../../functions/adapters/store/ledger.ts';
import { openSqliteStore } from '../../functions/adapters/store/sqlite.ts';
import { listTenants } from '../../functions/adapters/store/tenants.ts';
import { SECRET_FILES } from './canaries.ts';

/** What a data folder holds once its gateway has ended. */
export interface Books {
  readonly rows: readonly LedgerEntry[];
  /** Reservations without an end. */
  readonly open: number;
  /** Counters that are not the sum of rows and open reservations, in words. */
  readonly differences: readonly string[];
  readonly brokenChains: readonly string[];
  /** Settlements that wait for the next start. */
  readonly spooled: number;
}

const PAGE = 1_000;

export async function readBooks(dataDir: string, fromMs: number): Promise<Books> {
  const store = openSqliteStore(join(dataDir, 'bsgateway.sqlite'), { readOnly: true });
  try {
    const rows: LedgerEntry[] = [];
    const [differences, brokenChains]: [string[], string[]] = [[], []];
    let open = 0;
    for (const tenant of await listTenants(store)) {
      const range = { from: new Date(fromMs - 60_000).toISOString(), to: new Date(Date.now() + 60_000).toISOString(), limit: PAGE };
      for (let cursor: string | undefined; ;) {
        const page = await queryLedger(store, tenant.tenantId, { ...range, ...(cursor !== undefined && { cursor }) });
        rows.push(...page.items);
        cursor = page.cursor;
        if (cursor === undefined) break;
      }
      const reconciled = await reconcile(store, tenant, Date.now());
      open += reconciled.open;
      differences.push(...reconciled.differences.map(({ keyId, what, counted, expected }) => `key ${keyId}: ${what} is ${counted}, should be ${expected}`));
      const { broken } = await verifyAudit(store, tenant.tenantId, Date.now());
      if (broken !== undefined) brokenChains.push(`${tenant.tenantId}: event ${broken.seq} (${broken.fault})`);
    }
    return { rows, open, differences, brokenChains, spooled: linesIn(join(dataDir, 'spool.jsonl')) + linesIn(join(dataDir, 'spool.jsonl.taken')) };
  } finally {
    await store.close();
  }
}

const linesIn = (file: string): number => (existsSync(file) ? readFileSync(file, 'utf8').split('\n').filter((line) => line !== '').length : 0);

/** Every file of a data folder in which no secret may stand. */
export async function storedBytes(dataDir: string): Promise<(readonly [string, Buffer])[]> {
  const files = (await readdir(dataDir, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile() && !SECRET_FILES.has(entry.name));
  return Promise.all(files.map(async ({ name, parentPath }) => [`file ${name}`, await readFile(join(parentPath, name))] as const));
}
