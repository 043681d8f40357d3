import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { recordLabel } from '../../../functions/adapters/store/evidence.ts';
import { getPlan } from '../../../functions/adapters/store/evidence-plan.ts';
import { ledgerOp } from '../../../functions/adapters/store/ledger.ts';
import { getWatermark } from '../../../functions/adapters/store/rollups.ts';
import { openSqliteStore } from '../../../functions/adapters/store/sqlite.ts';
import { putTenant } from '../../../functions/adapters/store/tenants.ts';
import { openRollUps, type RollUps } from '../../../infra/local/roll-up-timer.ts';
import { ask, entryAt } from '../../admin/support.ts';
import { measuresOf, usageOf } from '../../support/roll-up.ts';
import { tempStore, type TempStore } from '../../support/store.ts';

const HOUR_MS = 3_600_000;
const log = { info: () => {}, warn: () => {}, error: () => {} };
const entries = Array.from({ length: 120 }, (_, i) => entryAt(Date.now() - i * 30 * 60_000));

let temp: TempStore;
let rollUps: RollUps;
beforeEach(async () => {
  temp = await tempStore();
  await putTenant(temp.store, { tenantId: 'default', name: 'd', timezone: 'UTC', unknownNames: 'reject', paused: false, alwaysStrongest: false, corsOrigins: [], createdAt: '2026-01-01T00:00:00Z', version: 1 }, undefined);
  for (let at = 0; at < entries.length; at += 100) await temp.store.write(entries.slice(at, at + 100).map((entry) => ledgerOp('default', entry)));
  rollUps = openRollUps({ file: temp.file, log, firstAfterMs: 1, everyMs: 5 });
});
afterEach(async () => {
  await rollUps.stop();
  await temp.cleanup();
});

describe('roll-ups on one machine', () => {
  test('run by the clock in another thread, and analytics answers the same with and without them', async () => {
    const now = Date.now();
    const request = usageOf(now - 100 * HOUR_MS, now, now);
    expect((await rollUps.analytics.usage('default', request)).totals).toEqual(measuresOf(entries));
    rollUps.start();
    const until = Date.now() + 20_000;
    while (((await getWatermark(temp.store, 'default'))?.untilMs ?? 0) < now - 3 * 60_000 && Date.now() < until) await rollUps.analytics.requests('default', { from: now, to: now }, { limit: 1 });
    expect((await getWatermark(temp.store, 'default'))?.untilMs).toBeGreaterThan(now - 3 * 60_000);
    expect((await rollUps.analytics.usage('default', request)).totals).toEqual(measuresOf(entries));
  });

  test('the admin API answers from the worker, page by page, and names a cursor that is not ours', async () => {
    const ports = { analytics: rollUps.analytics, now: () => Date.now() };
    const first = await ask(temp.store, '/admin/requests?limit=2', { ports });
    const next = await ask(temp.store, `/admin/requests?limit=2&cursor=${String(first.json['nextCursor'])}`, { ports });
    expect([...first.json['items'] as object[], ...next.json['items'] as object[]]).toEqual(entries.slice(0, 4));
    expect(await ask(temp.store, '/admin/requests?cursor=nonsense', { ports })).toMatchObject({ status: 400, json: { error: { field: 'cursor' } } });
  });

  test('evidence is planned by the clock too, after the roll-up, and at once when asked', async () => {
    const at = new Date().toISOString();
    await recordLabel(temp.store, 'default', { requestId: 'R1', templateKey: 'tk_a', model: 'cheap', baseline: 'strong', d: 0, propensity: 0.05, costMicros: 1, at }, Date.now());
    rollUps.start();
    const until = Date.now() + 20_000;
    while ((await getPlan(temp.store, 'default')) === undefined && Date.now() < until) await rollUps.runNow();
    expect(await getPlan(temp.store, 'default')).toMatchObject({ version: 1, baseline: 'strong', decidedAt: null });
    // Nothing is new: the same plan is not written again.
    expect(await rollUps.planNow()).toEqual({ tenants: 1, written: 0, failed: 0, complete: true });
  });

  test('one run at a time: a second one joins the first', async () => {
    const [one, two] = await Promise.all([rollUps.runNow(), rollUps.runNow()]);
    expect(one).toEqual(two);
    expect(one.written).toBeGreaterThan(0);
  });

  test('a stopped worker refuses further questions and leaves the file whole', async () => {
    const running = rollUps.runNow().catch(() => undefined);
    await rollUps.stop();
    await running;
    await expect(rollUps.runNow()).rejects.toMatchObject({ name: 'StoreError', kind: 'unavailable' });
    const again = openRollUps({ file: temp.file, log });
    expect(await again.runNow()).toMatchObject({ failed: 0, complete: true });
    await again.stop();
  });

  test('analytics reads over a connection that cannot write', async () => {
    const reader = openSqliteStore(temp.file, { readOnly: true });
    await expect(reader.write([ledgerOp('default', entryAt(Date.now()))])).rejects.toMatchObject({ kind: 'unavailable' });
    await reader.close();
  });
});
