import { expect, test } from '@jest/globals';
import { fullJitterMs } from '../../functions/core/limits/jitter.ts';
import { commitChange } from '../../functions/adapters/store/changes.ts';
import { withRetries } from '../../functions/adapters/store/dynamo-retry.ts';
import type { Store, WriteResult } from '../../functions/adapters/store/port.ts';
import { seededRandom } from '../support/faulty-store.ts';
import { figure } from '../support/figure.ts';

const SAMPLES = 10_000;

/** The largest distance between the sample's distribution and the uniform one on [0, cap] (Kolmogorov, Smirnov). */
function distanceFromUniform(sample: readonly number[], cap: number): number {
  return sample.toSorted((a, b) => a - b).reduce((largest, value, at) => Math.max(largest, (at + 1) / sample.length - value / cap, value / cap - at / sample.length), 0);
}

/** How likely a uniform sample of `n` is at least so far away: Kolmogorov's limit with Stephens' correction for finite n. */
function pOf(distance: number, n: number): number {
  const lambda = (Math.sqrt(n) + 0.12 + 0.11 / Math.sqrt(n)) * distance;
  let sum = 0;
  for (let k = 1; k <= 100; k += 1) sum += (k % 2 === 1 ? 2 : -2) * Math.exp(-2 * k * k * lambda * lambda);
  return Math.min(1, Math.max(0, sum));
}
const pUniform = (sample: readonly number[], cap: number): number => pOf(distanceFromUniform(sample, cap), sample.length);

test('the test can tell: half of the range, a rounded wait, equal jitter and a slight slope are not uniform', () => {
  const random = seededRandom(3);
  const sample = (of: (x: number) => number): number[] => Array.from({ length: SAMPLES }, () => of(random()) * 100);
  expect(pUniform(sample((x) => x), 100)).toBeGreaterThan(0.01);
  for (const bent of [(x: number) => x / 2, (x: number) => 0.5 + x / 2, (x: number) => Math.floor(x * 20) / 20, (x: number) => x ** 1.1, () => 0.5]) expect(pUniform(sample(bent), 100)).toBeLessThan(0.01);
});

/** The waits of the store's client before its repetitions, by their number. */
async function dynamoWaits(random: () => number): Promise<number[][]> {
  const waits: number[][] = [];
  for (let call = 0; call < SAMPLES; call += 1) {
    let retry = 0;
    const refused = Object.assign(new Error('slow down'), { name: 'ThrottlingException' });
    await withRetries(async () => { throw refused; }, { random, isRepeatable: true, sleep: async (ms) => { (waits[retry] ??= []).push(ms); retry += 1; } }).catch(() => undefined);
  }
  return waits;
}

/** The waits of a change that loses the race for the audit chain's head eight times. */
async function changeWaits(random: () => number, count: number): Promise<number[][]> {
  const waits: number[][] = [];
  for (let call = 0; call < count; call += 1) {
    let attempt = 0;
    const done: WriteResult = { ok: true, after: [], before: [] };
    const store: Store = { get: async () => undefined, query: async () => ({ rows: [] }), close: async () => {}, write: async (ops) => (attempt < 8 ? { ok: false, index: ops.length - 1, current: undefined } : done) };
    const pause = async (ms: number): Promise<void> => { (waits[attempt] ??= []).push(ms); attempt += 1; };
    await commitChange({ store, tenantId: 't', actor: { userId: 'u', name: 'U', via: 'person' }, requestId: 'r', now: () => 0, random, newId: () => 'e', pause }, { action: 'a', target: { type: 't', id: 'i' }, before: null, after: {} }, []);
  }
  return waits;
}

test('guarantee I-2: waits before another try are uniform over [0, cap), for every cap of every kind of wait', async () => {
  const kinds: [name: string, waits: number[][], caps: number[]][] = [
    ['the function', [1, 64, 250, 1_000].map((capMs) => { const random = seededRandom(capMs); return Array.from({ length: SAMPLES }, () => fullJitterMs(random, { baseMs: capMs, capMs })); }), [1, 64, 250, 1_000]],
    ['the store', await dynamoWaits(seededRandom(11)), [10, 20, 40, 80, 160, 320, 640, 1_000]],
    ['the audit chain', await changeWaits(seededRandom(12), SAMPLES), [2, 4, 8, 16, 32, 64, 128, 250]],
  ];
  let least = 1;
  for (const [name, waits, caps] of kinds) {
    expect([name, waits.map((sample) => sample.length)]).toEqual([name, caps.map(() => SAMPLES)]);
    for (const [at, cap] of caps.entries()) {
      const sample = waits[at] ?? [];
      expect([name, cap, sample.every((ms) => ms >= 0 && ms < cap)]).toEqual([name, cap, true]);
      const p = pUniform(sample, cap);
      expect({ name, cap, uniform: p > 0.01 }).toEqual({ name, cap, uniform: true });
      least = Math.min(least, p);
    }
  }
  figure('I-2', `${SAMPLES.toLocaleString('en')} samples for each of 20 caps (upstream, store, audit chain): least p = ${least.toFixed(3)}`);
});
