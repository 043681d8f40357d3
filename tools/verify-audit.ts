import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { openSqliteStore } from '../functions/adapters/store/sqlite.ts';
import { listTenants } from '../functions/adapters/store/tenants.ts';
import { verifyAudit, type Verdict } from '../functions/admin/verify-audit.ts';
import { archivedTenants, verifyArchive } from '../functions/jobs/archive-audit/verify-archive.ts';

/**
 * `npm run verify-audit -- [--data DIR | --archive DIR] [--tenant ID]`: checks the audit chain of one machine's tenants,
 * reading only, also while the gateway runs, or that of a copy of the archive of a deployment. One line a tenant; exits 1
 * when a chain is broken, and names the first broken link.
 */
async function main(): Promise<number> {
  const { values } = parseArgs({ options: { data: { type: 'string', default: './data' }, archive: { type: 'string' }, tenant: { type: 'string' } } });
  if (values.archive !== undefined) return verifyFolder(resolve(values.archive), values.tenant);
  const file = join(resolve(values.data), 'bsgateway.sqlite');
  if (!existsSync(file)) throw new Error(`There is no data folder at ${resolve(values.data)}; name it with --data.`);
  const store = openSqliteStore(file, { readOnly: true });
  try {
    const tenants = (await listTenants(store)).filter(({ tenantId }) => values.tenant === undefined || tenantId === values.tenant);
    if (tenants.length === 0) throw new Error('There is no such tenant.');
    const verdicts: boolean[] = [];
    for (const { tenantId } of tenants) verdicts.push(told(tenantId, await verifyAudit(store, tenantId, Date.now())));
    return verdicts.every(Boolean) ? 0 : 1;
  } finally {
    await store.close();
  }
}

/** Writes the line of a tenant; true = intact. */
function told(tenantId: string, { events, broken, from }: Verdict): boolean {
  const since = from === undefined ? '' : `, verified from event ${from} on: those before are past their retention`;
  process.stdout.write(broken === undefined ? `${tenantId}: ${events} events, intact${since}\n` : `${tenantId}: broken at event ${broken.seq} (${broken.fault}), after ${events} intact events\n`);
  return broken === undefined;
}

function verifyFolder(folder: string, only: string | undefined): number {
  const tenants = archivedTenants(folder).filter((tenantId) => only === undefined || tenantId === only);
  if (tenants.length === 0) throw new Error(`There is no archived tenant in ${folder}; copy the bucket's objects there and name the folder with --archive.`);
  return tenants.map((tenantId) => told(tenantId, verifyArchive(folder, tenantId))).every(Boolean) ? 0 : 1;
}

try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
