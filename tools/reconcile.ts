import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { openSqliteStore } from '../functions/adapters/store/sqlite.ts';
import { listTenants } from '../functions/adapters/store/tenants.ts';
import { reconcile } from '../functions/admin/reconcile.ts';

/**
 * `npm run reconcile -- [--data DIR] [--tenant ID]`: proves that the counters of every key are the ledger's rows and the open
 * reservations, reading only, also while the gateway runs. One line a tenant and one a difference; exits 1 when there is one.
 */
async function main(): Promise<number> {
  const { values } = parseArgs({ options: { data: { type: 'string', default: './data' }, tenant: { type: 'string' } } });
  const file = join(resolve(values.data), 'bsgateway.sqlite');
  if (!existsSync(file)) throw new Error(`There is no data folder at ${resolve(values.data)}; name it with --data.`);
  const store = openSqliteStore(file, { readOnly: true });
  try {
    const tenants = (await listTenants(store)).filter(({ tenantId }) => values.tenant === undefined || tenantId === values.tenant);
    if (tenants.length === 0) throw new Error('There is no such tenant.');
    let agrees = true;
    for (const tenant of tenants) {
      const { keys, requests, open, differences } = await reconcile(store, tenant, Date.now());
      agrees &&= differences.length === 0;
      process.stdout.write(`${tenant.tenantId}: ${keys} keys, ${requests} requests this month, ${open} open: ${differences.length === 0 ? 'everything agrees' : `${differences.length} differences`}\n`);
      for (const { keyId, what, counted, expected } of differences) process.stdout.write(`  ${keyId === null ? '' : `key ${keyId}: `}${what} is ${counted}, should be ${expected}\n`);
    }
    return agrees ? 0 : 1;
  } finally {
    await store.close();
  }
}

try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
