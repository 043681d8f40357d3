import { openAccounts, type ReserveRequest } from '../../functions/adapters/store/accounts.ts';
import type { KeyRecord } from '../../functions/adapters/store/keys.ts';
import { openSqliteStore } from '../../functions/adapters/store/sqlite.ts';
import { wishOf } from './accounts.ts';

/** A process of its own that asks N times at once for one key and prints how many it got: `node limit-process.ts FILE N KEY`. */
const [file = '', count = '0', keyJson = '', more = '{}'] = process.argv.slice(2);
/** Members of the wish beside the usual ones. */
const { micros = 0, ...shared } = JSON.parse(more) as { micros?: number } & Pick<ReserveRequest, 'tenantBudget'>;
const key = JSON.parse(keyJson) as KeyRecord;
const store = openSqliteStore(file);
const accounts = openAccounts({ store, clock: { now: Date.now, elapsed: () => performance.now() }, owner: String(process.pid), random: Math.random });
// All processes start on the parent's word, so that they really contend.
process.stdout.write('ready\n');
await new Promise((resolve) => { process.stdin.once('data', resolve); });
const results = await Promise.allSettled(Array.from({ length: Number(count) }, () => accounts.reserve({ ...wishOf(key, { micros, nowMs: Date.now() }), ...shared })));
const allowed = results.filter((result) => result.status === 'fulfilled' && result.value.ok).length;
const failures = results.flatMap((result) => (result.status === 'rejected' ? [String(result.reason)] : []));
process.stdout.write(`${JSON.stringify({ allowed, failed: failures.length, reasons: [...new Set(failures)] })}\n`);
await store.close();
process.exit(0);
