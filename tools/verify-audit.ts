import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { openSqliteStore } from '../functions/adapters/store/sqlite.ts';
import { listTenants } from '../functions/adapters/store/tenants.ts';
import { verifyAudit } from '../functions/admin/verify-audit.ts';

/**
 * `npm run verify-audit -- [--data DIR] [--tenant ID]`: checks the audit chain of one machine's tenants, reading only, also
 * while the gateway runs. One line a tenant; exits 1 when a chain is broken, and names the first broken link.
 */
async function main(): Promise<number> {
  const { values } = parseArgs({ options: { data: { type: 'string', default: './data' }, tenant: { type: 'string' } } });
  const file = join(resolve(values.data), 'bsgateway.sqlite');
  if (!existsSync(file)) throw new Error(`There is no data folder at ${resolve(values.data)}; name it with --data.`);
  const store = openSqliteStore(file, { readOnly: true });
  try {
    const tenants = (await listTenants(store)).filter(({ tenantId }) => values.tenant === undefined || tenantId === values.tenant);
    if (tenants.length === 0) throw new Error('There is no such tenant.');
    let intact = true;
    for (const { tenantId } of tenants) {
      const { events, broken } = await verifyAudit(store, tenantId);
      if (broken !== undefined) intact = false;
      process.stdout.write(broken === undefined ? `${tenantId}: ${events} events, intact\n` : `${tenantId}: broken at event ${broken.seq} (${broken.fault}), after ${events} intact events\n`);
    }
    return intact ? 0 : 1;
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
