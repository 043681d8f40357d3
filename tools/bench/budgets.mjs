// What the measured figures must stay within. Ratios and differences are taken within a round, then the median of rounds.

/** Median; NaN of nothing. */
export function median(values) {
  const sorted = values.filter(Number.isFinite).sort((a, b) => a - b);
  return sorted.length === 0 ? NaN : (sorted[(sorted.length - 1) >> 1] + sorted[sorted.length >> 1]) / 2;
}

const samples = (data, scenario, field, target = 'mine') => (data[target]?.[scenario] ?? []).map((sample) => sample[field]);
const against = (data, other, scenario, field, combine) => {
  const base = samples(data, scenario, field, other);
  return median(samples(data, scenario, field).map((value, round) => combine(value, base[round])));
};
/** Chunks that `mine` translates against those that raw only passes. */
const translated = (data, scenario) => {
  const base = samples(data, 'burst', 'cpuUsPerChunk', 'raw');
  return median(samples(data, scenario, 'cpuUsPerChunk').map((value, round) => times(value, base[round])));
};
const times = (value, base) => value / base;
const above = (value, base) => value - base;

const BUDGETS = [
  { what: 'CPU per JSON request at 50 connections, times raw', most: 3, of: (data) => against(data, 'raw', 'c50', 'cpuPerReq', times) },
  { what: 'added time to first token p50, ms', most: 2, of: (data) => against(data, 'direct', 'ttft', 'ttft50', above) },
  { what: 'CPU per passed-through chunk in bursts, times raw', most: 1.5, of: (data) => against(data, 'raw', 'burst', 'cpuUsPerChunk', times) },
  { what: 'CPU per passed-through chunk at 200 streams × 50 parts/s, times raw', most: 1.5, of: (data) => against(data, 'raw', 'sse200x50', 'cpuUsPerChunk', times) },
  { what: 'CPU per chunk translated from Anthropic to OpenAI in bursts, times raw', most: 1.9, of: (data) => translated(data, 'xburst') },
  { what: 'CPU per chunk translated from OpenAI to Anthropic in bursts, times raw', most: 1.9, of: (data) => translated(data, 'mburst') },
  { what: 'memory at rest, MB', most: 90, of: (data) => median(samples(data, 'startup', 'restMb')) },
  { what: 'memory with 200 streams, MB', most: 160, of: (data) => median(samples(data, 'sse200', 'peakMb')) },
];

/**
 * One line per budget that the run has figures for, plus one for errors.
 * @param data bench.mjs's `data`: target → scenario → one sample per round
 * @param {number[]} startMs `npm start` to the first answer, ms, one per start
 * @returns {{ok: boolean, text: string}[]}
 */
export function budgetLines(data, startMs) {
  const measured = [...BUDGETS.map(({ what, most, of }) => ({ what, most, value: of(data) })), { what: 'npm start to first answer, ms', most: 1000, value: median(startMs) }];
  const lines = measured.filter(({ value }) => !Number.isNaN(value))
    .map(({ what, most, value }) => ({ ok: value <= most, text: `${what}: ${value.toFixed(2)} (at most ${most})` }));
  const errors = Object.values(data.mine ?? {}).flat().reduce((sum, sample) => sum + Math.abs(sample.errors ?? 0), 0);
  return [...lines, { ok: errors === 0, text: `failed requests: ${errors} (at most 0)` }];
}

/** Characters up to which a decision is to take less than 1 ms; above, less than 2. */
const SMALL = 1_000;
/** Of p50 to that: what a shared machine may take more (DECISIONS §4; p99 is printed, and means something on a quiet one). */
const MOST_RATIO = 1.5;

/**
 * One line per measured size.
 * @param {{size: number, script: string, p50: number, p99: number, undisturbedP99: number}[]} decisions of `decision-time.ts`, ms
 * @returns {{ok: boolean, text: string}[]}
 */
export function decisionLines(decisions) {
  return decisions.map(({ size, script, p50, p99, undisturbedP99 }) => {
    const asked = size <= SMALL ? 1 : 2;
    return {
      ok: p50 <= MOST_RATIO * asked,
      text: `routing decision, 100 rules × 10 conditions, ${size.toLocaleString('en')} characters of ${script === 'korean' ? 'Korean' : 'English'}, ms: p50 ${p50.toFixed(2)} (at most ${MOST_RATIO} × ${asked}), p99 ${p99.toFixed(2)}, undisturbed ${undisturbedP99.toFixed(2)} (asked for: below ${asked})`,
    };
  });
}
