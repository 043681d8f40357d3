import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { ulid } from 'ulidx';
import { ledgerOp } from '../../functions/adapters/store/ledger.ts';
import { holdOverhead, spendOverhead, type OverheadRow } from '../../functions/adapters/store/overhead.ts';
import { putTenant } from '../../functions/adapters/store/tenants.ts';
import { readUsage } from '../../functions/admin/usage/read-usage.ts';
import { dimsOf } from '../../functions/core/usage/groups.ts';
import { rollUpTenant } from '../../functions/jobs/roll-up/roll-up.ts';
import { entryAt } from '../admin/support.ts';
import { full } from '../support/full.ts';
import { rollUpPorts, usageOf } from '../support/roll-up.ts';
import { tempStore } from '../support/store.ts';

const START = Date.UTC(2026, 10, 19, 21, 20, 0);
const HOUR_MS = 3_600_000;
const CAP = 1e9;

type Step = { readonly kind: 'request' | 'compare' | 'end' | 'rollUp'; readonly micros: number; readonly jumpMs: number };
const step: fc.Arbitrary<Step> = fc.record({
  kind: fc.constantFrom('request', 'request', 'compare', 'compare', 'end', 'end', 'rollUp'),
  micros: fc.integer({ min: 1, max: 5_000 }),
  jumpMs: fc.oneof(fc.integer({ min: 0, max: 70_000 }), fc.integer({ min: 0, max: 20 * 60_000 }), fc.integer({ min: 0, max: 30 * HOUR_MS })),
});

test('whatever is rolled up when, usage reports take off every comparison exactly once, at what is known of its cost', async () => {
  const { store, cleanup } = await tempStore();
  try {
    let tenants = 0;
    await fc.assert(fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 25 }), async (steps) => {
      tenants += 1;
      const tenantId = `t${tenants}`;
      await putTenant(store, { tenantId, name: tenantId, timezone: 'Europe/Berlin', unknownNames: 'reject', paused: false, alwaysStrongest: false, corsOrigins: [], createdAt: '2026-01-01T00:00:00.000Z', version: 1 }, undefined);
      let nowMs = START;
      let [saved, requests] = [0, 0];
      const open: Omit<OverheadRow, 'state'>[] = [];
      const costs = new Map<string, number>();
      for (const { kind, micros, jumpMs } of steps) {
        if (kind === 'request') {
          const entry = entryAt(nowMs);
          await store.write([ledgerOp(tenantId, entry)]);
          saved += entry.savedMicros ?? 0;
          requests += 1;
        } else if (kind === 'compare') {
          const row = { id: ulid(nowMs), requestId: ulid(nowMs), dims: dimsOf(entryAt(nowMs)), day: '2026-11-19', micros };
          expect(await holdOverhead(store, tenantId, row, CAP)).toBe(true);
          open.push(row);
          costs.set(row.id, micros);
        } else if (kind === 'end') {
          const row = open.shift();
          if (row !== undefined) await spendOverhead(store, tenantId, row, micros);
          if (row !== undefined) costs.set(row.id, micros);
        } else await rollUpTenant(rollUpPorts(store, () => nowMs), tenantId, 'Europe/Berlin');
        nowMs += jumpMs;
        const spent = [...costs.values()].reduce((sum, cost) => sum + cost, 0);
        const report = await readUsage(store, tenantId, usageOf(START - HOUR_MS, nowMs, nowMs, { tenantZone: 'Europe/Berlin' }));
        expect(report.totals).toMatchObject({ requests, overheadMicros: spent, savedMicros: saved - spent });
        expect(report.series.reduce((sum, point) => sum + point.overheadMicros, 0)).toBe(spent);
        expect(report.breakdown.reduce((sum, group) => sum + group.savedMicros, 0)).toBe(saved - spent);
      }
    }), { numRuns: full(200, 25) });
  } finally {
    await cleanup();
  }
}, 300_000);
