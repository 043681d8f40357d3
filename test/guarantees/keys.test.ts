import { randomBytes } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { GatewayError } from '../../functions/core/errors.ts';
import { hashSecret, KEY_SCANNER_REGEX, newKey, parseKey } from '../../functions/core/keys/virtual-key.ts';
import { secretVerifier } from '../../functions/adapters/vault/pepper.ts';
import type { Exchange } from '../../functions/gateway/exchange.ts';
import { identify } from '../../functions/gateway/identify.ts';
import type { Ports } from '../../functions/gateway/ports.ts';
import { figure } from '../support/figure.ts';
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
  figure('A1', `${count.toLocaleString('en')} keys: 0 unequal, 0 duplicates, 100 % found by the scanner's regex`);
});

let lookups = 0;
const counting = {
  clock: { now: () => 0, elapsed: () => 0 }, verifySecret: async () => false,
  keys: { byId: async () => { lookups += 1; return undefined; } },
} as unknown as Ports;

/** How the gateway's first step ends for this header. */
async function identified(authorization: string): Promise<string> {
  try {
    await identify({ request: { headers: { authorization } }, timing: {} } as unknown as Exchange, counting);
    return 'let in';
  } catch (error) {
    return error instanceof GatewayError ? error.failure.code : String(error);
  }
}

test('guarantee A2: every single-character edit of a valid key is rejected before any lookup happens', async () => {
  lookups = 0;
  let tried = 0;
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
    if (edited === key) continue;
    tried += 1;
    if ((await identified(`Bearer ${edited}`)) !== 'invalid_api_key') accepted.push(`${edited} (seed ${seed})`);
  }
  // Replacements are a burst shorter than the CRC, hence always found; insertions and deletions change the length.
  expect(accepted).toEqual([]);
  expect(lookups).toBe(0);
  expect(tried).toBeGreaterThan(count * 0.99);
  // The same way does look up a key that is well-formed.
  expect(await identified(`Bearer ${newKey('live', randomBytes).key}`)).toBe('invalid_api_key');
  expect(lookups).toBe(1);
  figure('A2', `${tried.toLocaleString('en')} single-character edits: 100 % refused, 0 lookups`);
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

/**
 * Unknown ids against wrong secrets of two keys: one that was used lately, which the verifier remembers, and one that never was.
 * All through the verifier that the gateway uses.
 */
async function measureA4(seed: number, count: number): Promise<number> {
  const random = seeded(seed);
  const pepper = randomBytes(32);
  const verify = secretVerifier({ pepper: async () => pepper });
  const wrongs = Array.from({ length: 64 }, () => newKey('live', randomBytes).secret);
  // Unknown ids are half of them: a branch that is foreseen less often for being rarer must not decide.
  const kinds = ['unknown', 'used', 'unknown', 'unused'] as const;
  const samples = { unknown: new Float64Array(2 * count), used: new Float64Array(count), unused: new Float64Array(count) };
  const taken = { unknown: 0, used: 0, unused: 0 };
  for (let round = -2_000; round < count; ) {
    // New keys every 200 rounds: where one happens to lie in memory costs some nanoseconds, which are no property of the code.
    const [used, unused] = [newKey('live', randomBytes).secret, newKey('live', randomBytes).secret];
    const records = { unknown: undefined, used: { hash: hashSecret(pepper, used) }, unused: { hash: hashSecret(pepper, unused) } };
    expectSame(await verify(records.used, used), true);
    for (const end = round + 200; round < end; round++) {
      // A random order in every round: what runs before what must not decide.
      const first = below(random, 4);
      const stride = 1 + 2 * below(random, 2);
      for (let step = 0; step < 4; step++) {
        const kind = kinds[(first + step * stride) % 4] ?? 'unknown';
        const presented = wrongs[below(random, wrongs.length)] ?? used;
        const record = records[kind];
        const started = process.hrtime.bigint();
        const answer = await verify(record, presented);
        const took = Number(process.hrtime.bigint() - started);
        expectSame(answer, false);
        if (round >= 0) samples[kind][taken[kind]++] = took;
      }
    }
  }
  return Math.max(Math.abs(welch(samples.unknown, samples.used)), Math.abs(welch(samples.unknown, samples.unused)));
}

test('guarantee A4: checking an unknown id takes as long as checking a wrong secret, of a key in use or not', async () => {
  const count = full(20_000);
  const seed = randomBytes(4).readUInt32LE();
  // What a neighbour on the machine does passes; what the code does comes back.
  const measured: number[] = [];
  while (measured.length < 5 && !measured.some((t) => t < 4.5)) measured.push(await measureA4(seed + measured.length, count));
  expect(measured.some((t) => t < 4.5) ? 'equal' : `seed ${seed}: |t| = ${measured.map((t) => t.toFixed(2)).join(', ')}`).toBe('equal');
  figure('A4', `|t| = ${Math.min(...measured).toFixed(2)} < 4.5 over ${count.toLocaleString('en')} checks each of {unknown id, wrong secret of a key in use, of one never used}, measurement ${measured.length} of at most 5`);
}, 120_000);

function expectSame(actual: boolean, expected: boolean): void {
  if (actual !== expected) throw new Error(`verification answered ${actual}`);
}
