import { randomBytes } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { hashSecret, KEY_SCANNER_REGEX, newKey, parseKey, secretMatches } from '../../functions/core/keys/virtual-key.ts';
import { full } from '../support/full.ts';

const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** mulberry32: a seeded source, so that a failing run can be repeated. */
function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
const below = (random: () => number, limit: number): number => Math.floor(random() * limit);

test('guarantee A1: every generated key parses to what it was made of, none comes twice, all match the published regex', () => {
  const count = full(100_000);
  const keys = new Set<string>();
  const ids = new Set<string>();
  let wrong = 0;
  for (let i = 0; i < count; i++) {
    const made = newKey(i % 2 === 0 ? 'live' : 'test', randomBytes);
    const parsed = parseKey(made.key);
    if (parsed?.env !== made.env || parsed.keyId !== made.keyId || parsed.secret !== made.secret || parsed.display !== made.display) wrong++;
    if (KEY_SCANNER_REGEX.exec(` ${made.key} `)?.[0] !== made.key) wrong++;
    keys.add(made.key);
    ids.add(made.keyId);
  }
  expect(wrong).toBe(0);
  expect([keys.size, ids.size]).toEqual([count, count]);
});

test('guarantee A2: every single-character edit of a valid key is rejected before any lookup could happen', () => {
  const count = full(100_000);
  const seed = randomBytes(4).readUInt32LE();
  const random = seeded(seed);
  const accepted: string[] = [];
  for (let i = 0; i < count; i++) {
    const { key } = newKey('live', randomBytes);
    const at = below(random, key.length);
    const other = DIGITS[below(random, 62)] ?? '0';
    const edits = [
      key.slice(0, at) + (other === key[at] ? '_' : other) + key.slice(at + 1),
      key.slice(0, at) + key.slice(at + 1),
      key.slice(0, at) + other + key.slice(at),
    ];
    const edited = edits[i % 3] ?? key;
    if (edited !== key && parseKey(edited) !== undefined) accepted.push(`${edited} (seed ${seed})`);
  }
  // Replacements are a burst shorter than the CRC, hence always found; insertions and deletions change the length.
  expect(accepted).toEqual([]);
});

test('guarantee A3: random and hostile authorization values are no key, never throw, and cost no more for being long', () => {
  const { key } = newKey('live', randomBytes);
  const random = seeded(7);
  const hostile: unknown[] = [
    undefined, null, 0, {}, [key], [[key]], new String(key), '', ' ', '\0', '"', `"${key}"`, `'${key}'`, `${key}\0`, `\0${key}`, `${key}\r\nx-admin: 1`,
    `${key},${key}`, `${key} ${key}`, 'Bearer '.repeat(100), `Bearer ${key}`, 'bsg_live_', 'bsg_live_'.repeat(8).slice(0, 71),
    'x'.repeat(65_536), `bsg_live_${'A'.repeat(65_536)}`, `${key}${'A'.repeat(65_536)}`, key.toUpperCase(), key.split('').toReversed().join(''),
    '\u{1f511}'.repeat(35), '\ud800'.repeat(71), 'é'.repeat(71), '__proto__', 'constructor', '${jndi:ldap://x}', "' OR 1=1 --",
  ];
  const started = performance.now();
  const readable: string[] = [];
  for (let i = 0; i < full(10_000); i++) {
    const value = i < hostile.length ? hostile[i]
      : i % 3 === 0 ? randomBytes(71).toString('latin1')
      : i % 3 === 1 ? `bsg_live_${Array.from({ length: 62 }, () => DIGITS[below(random, 62)]).join('')}`
      : key.slice(0, below(random, 71)) + randomBytes(below(random, 40)).toString('utf8');
    if (parseKey(value) !== undefined) readable.push(String(value));
  }
  expect(readable).toEqual([]);
  expect(performance.now() - started).toBeLessThan(5_000);
});

/** Welch's t of two samples, each without its lowest and highest 5 %. */
function welch(left: Float64Array, right: Float64Array): number {
  const describe = (sample: Float64Array) => {
    const kept = sample.toSorted().subarray(Math.floor(sample.length * 0.05), Math.ceil(sample.length * 0.95));
    const mean = kept.reduce((sum, x) => sum + x, 0) / kept.length;
    const variance = kept.reduce((sum, x) => sum + (x - mean) ** 2, 0) / (kept.length - 1);
    return { mean, squaredError: variance / kept.length };
  };
  const [a, b] = [describe(left), describe(right)];
  return (a.mean - b.mean) / Math.sqrt(a.squaredError + b.squaredError);
}

test('guarantee A4: checking an unknown id takes as long as checking a wrong secret', () => {
  const count = full(20_000);
  const pepper = randomBytes(32);
  const { secret } = newKey('live', randomBytes);
  const record: { hash: string } = { hash: hashSecret(pepper, secret) };
  const wrongs = Array.from({ length: 64 }, () => newKey('live', randomBytes).secret);

  const measure = (seed: number): number => {
    const random = seeded(seed);
    const samples = { unknown: new Float64Array(count), wrong: new Float64Array(count), right: new Float64Array(count), again: new Float64Array(count) };
    // As many ids without a record as with one: the processor guesses the rarer way through a branch wrong, which takes nanoseconds.
    const kinds = ['unknown', 'wrong', 'again', 'right'] as const;
    const verify = (kind: (typeof kinds)[number], presented: string): number => {
      const hash = kind === 'unknown' || kind === 'again' ? undefined : record.hash;
      const started = process.hrtime.bigint();
      const answer = secretMatches(pepper, presented, hash);
      const took = Number(process.hrtime.bigint() - started);
      expectSame(answer, kind === 'right');
      return took;
    };
    for (let i = -2_000; i < count; i++) {
      // A random order in every round: what runs before what must not decide.
      const first = below(random, 4);
      const stride = 1 + 2 * below(random, 2);
      for (let step = 0; step < 4; step++) {
        const kind = kinds[(first + step * stride) % 4] ?? 'right';
        const presented = kind === 'right' ? secret : wrongs[below(random, wrongs.length)] ?? secret;
        const took = verify(kind, presented);
        if (i >= 0) samples[kind][i] = took;
      }
    }
    return welch(samples.unknown, samples.wrong);
  };

  // A busy machine shifts one measurement by some nanoseconds either way; a check that ends early shifts all of them by a microsecond.
  const seed = randomBytes(4).readUInt32LE();
  const measured = Array.from({ length: 5 }, (_, round) => measure(seed + round)).toSorted((a, b) => a - b);
  const median = measured[2] ?? Infinity;
  if (Math.abs(median) >= 4.5) console.log(`guarantee A4: t = ${measured.map((t) => t.toFixed(2)).join(', ')} from seed ${seed}`);
  expect(Math.abs(median)).toBeLessThan(4.5);
});

function expectSame(actual: boolean, expected: boolean): void {
  if (actual !== expected) throw new Error(`verification answered ${actual}`);
}
