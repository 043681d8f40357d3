import { describe, expect, test } from '@jest/globals';
import { mean, randomOf } from '../../../../tools/bench-routing/metrics.ts';
import { learningInMemory } from '../../../../tools/simulate-week/in-memory.ts';
import { learningInStore } from '../../../../tools/simulate-week/in-store.ts';
import { readTable } from '../../../../tools/simulate-week/table.ts';
import { liveWeek, QUALITY_TARGET } from '../../../../tools/simulate-week/week.ts';
import { full } from '../../../support/full.ts';

const table = readTable();
const BOUND = QUALITY_TARGET - 1 - 0.01;
const seeds = Array.from({ length: full(20, 3) }, (_, at) => full(1, 6) + at);

// `npm run simulate:week` has the whole of it.
describe('a simulated week of a tenant', () => {
  test('cautious mode is on no day below the quality target by more than a point, and saves by the end', async () => {
    const saved: number[] = [];
    for (const seed of seeds) {
      const { days } = await liveWeek({ table: { ...table, change: { ...table.change, day: Infinity } }, seed, mode: 'cautious', before: 1, learning: learningInMemory(table, 20_000 / 7) });
      expect(Math.min(...days.map(({ difference }) => difference))).toBeGreaterThanOrEqual(BOUND);
      saved.push(days.at(-1)?.net ?? 0);
    }
    expect(mean(saved)).toBeGreaterThan(0.05);
  });

  test('a model that gets worse on a template is withdrawn there within two days', async () => {
    let served = 0;
    for (const seed of seeds) {
      const { exposedDays } = await liveWeek({ table, seed, mode: 'cautious', before: 1, learning: learningInMemory(table, 20_000 / 7) });
      if (exposedDays > 0) served += 1;
      expect(exposedDays).toBeLessThanOrEqual(2);
    }
    expect(served).toBeGreaterThan(0);
  });

  test('the store and the job, run every hour, do the same', async () => {
    const learning = await learningInStore(table, randomOf(7));
    try {
      const { days } = await liveWeek({ table, seed: 6, mode: 'cautious', requests: full(20_000, 12_000), learning });
      expect(Math.min(...days.map(({ difference }) => difference))).toBeGreaterThanOrEqual(BOUND);
      expect(days.reduce((sum, day) => sum + day.labels, 0)).toBeGreaterThan(400);
      expect(learning.written()).toBeGreaterThan(24);
    } finally {
      await learning.close();
    }
  });
});
