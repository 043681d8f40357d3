import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { Distribution } from '../../functions/adapters/observe/metrics.ts';

/** A timer of Node's own asks for a turn every so often; what is recorded is the time between two, this among it. */
const RESOLUTION_MS = 10;
/** Upper bounds in seconds: from a turn that nobody notices to a loop that stands still. */
const SECONDS = [0.001, 0.002, 0.005, 0.01, 0.02, 0.03, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.5, 1, 2, 5] as const;
const NS_PER_SECOND = 1e9;

/**
 * Starts to watch by how much turns of this process's event loop come late; each call tells of all of them so far. A histogram that is
 * never reset: whoever collects it takes differences, as often as they like.
 */
export function openEventLoopDelay(): () => Distribution {
  const histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  histogram.enable();
  return () => {
    const total = Number(histogram.count);
    return {
      name: 'nodejs_eventloop_delay_seconds', help: 'By how much turns of the event loop come late.',
      counts: SECONDS.map((bound) => [bound, countUpTo(histogram, bound + RESOLUTION_MS / 1000, total)]),
      sum: total === 0 ? 0 : Math.max(0, total * (histogram.mean / NS_PER_SECOND - RESOLUTION_MS / 1000)), total,
    };
  };
}

/** Node's histogram tells the value of a percentile; the count up to a value is searched for in it. */
function countUpTo(histogram: ReturnType<typeof monitorEventLoopDelay>, seconds: number, total: number): number {
  let [known, above] = [0, total + 1];
  while (above - known > 1) {
    const middle = Math.floor((known + above) / 2);
    if (histogram.percentile((middle / total) * 100) <= seconds * NS_PER_SECOND) known = middle;
    else above = middle;
  }
  return known;
}
