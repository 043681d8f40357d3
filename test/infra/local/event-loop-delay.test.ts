import { expect, test } from '@jest/globals';
import { openEventLoopDelay } from '../../../infra/local/event-loop-delay.ts';
import { openMetrics } from '../../../functions/adapters/observe/metrics.ts';

const pause = (ms: number): Promise<void> => new Promise((resolve) => { setTimeout(resolve, ms); });

test('a loop that stood still for 300 ms shows as one late turn, and the buckets are cumulative', async () => {
  const delay = openEventLoopDelay();
  expect(delay().counts.every(([, count]) => count === 0)).toBe(true);
  await pause(200);
  const until = performance.now() + 300;
  while (performance.now() < until) { /* nothing else gets a turn */ }
  await pause(50);
  const { counts, total, sum } = delay();
  const upTo = new Map(counts);
  expect(total).toBeGreaterThan(5);
  expect(total - (upTo.get(0.2) ?? 0)).toBeGreaterThanOrEqual(1);
  expect(upTo.get(5)).toBe(total);
  expect(counts.map(([, count]) => count)).toEqual(counts.map(([, count]) => count).toSorted((a, b) => a - b));
  expect(sum).toBeGreaterThan(0.2);
  const text = openMetrics().text('t', [], [delay()]);
  expect(text).toContain('# TYPE nodejs_eventloop_delay_seconds histogram\n');
  expect(text).toMatch(/nodejs_eventloop_delay_seconds_bucket\{le="0\.2"\} \d+\n/);
  expect(text).toContain(`nodejs_eventloop_delay_seconds_bucket{le="+Inf"} `);
});
