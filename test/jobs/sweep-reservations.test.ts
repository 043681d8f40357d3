import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { jsonLog } from '../../functions/adapters/observe/log.ts';
import { putKey, type KeyRecord } from '../../functions/adapters/store/keys.ts';
import { putTenant } from '../../functions/adapters/store/tenants.ts';
import { sweepReservations } from '../../functions/jobs/sweep-reservations/sweep.ts';
import { testKey } from '../support/accounts.ts';
import { tempStore, type TempStore } from '../support/store.ts';

describe('the sweep', () => {
  let temp: TempStore;
  const keys: KeyRecord[] = [];
  beforeAll(async () => {
    temp = await tempStore();
    for (const tenantId of ['one', 'two']) {
      await putTenant(temp.store, { tenantId, name: tenantId, timezone: 'UTC', unknownNames: 'reject', paused: false, alwaysStrongest: false, corsOrigins: [], createdAt: '2026-01-01T00:00:00.000Z', version: 1 }, undefined);
      for (let at = 0; at < 20; at += 1) {
        const key = testKey({ tenantId, revokedAt: at % 2 === 0 ? '2026-02-01T00:00:00.000Z' : null });
        await putKey(temp.store, key, undefined);
        keys.push(key);
      }
    }
  });
  afterAll(async () => { await temp.cleanup(); });
  const run = (sweep: (key: KeyRecord, options: { foreignOwners: boolean }) => Promise<number>, remainingMs: () => number = () => 60_000) => {
    const lines: string[] = [];
    const log = jsonLog((line) => lines.push(line), () => 0);
    return sweepReservations({ store: temp.store, accounts: { sweep }, log, remainingMs }).then((result) => ({ ...result, lines }));
  };

  test('looks at every key of every tenant once, revoked ones too, and never takes a living process\'s lease', async () => {
    const seen: string[] = [];
    const result = await run(async (key, { foreignOwners }) => {
      expect(foreignOwners).toBe(false);
      seen.push(key.keyId);
      return 2;
    });
    expect(seen.toSorted()).toEqual(keys.map(({ keyId }) => keyId).toSorted());
    expect(result).toMatchObject({ keys: 40, swept: 80, failed: 0, complete: true });
  });

  test('a key that fails keeps no other waiting, and is counted and logged by id', async () => {
    const broken = keys[7]?.keyId ?? '';
    const result = await run(async (key) => {
      if (key.keyId === broken) throw new Error('the store is away');
      return 1;
    });
    expect(result).toMatchObject({ keys: 40, swept: 39, failed: 1, complete: true });
    expect(result.lines.join()).toContain(broken);
    expect(result.lines.join()).not.toContain('the store is away');
  });

  test('stops between two keys when its time runs out, and says so', async () => {
    let left = 6_000;
    const result = await run(async () => {
      left -= 100;
      return 0;
    }, () => left);
    expect(result.complete).toBe(false);
    expect(result.keys).toBeLessThan(40);
    expect(result.keys).toBeGreaterThan(0);
  });
});
