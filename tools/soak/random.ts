/** Numbers in [0, 1) that a seed repeats (mulberry32, public domain): a run can be told again. */
export type Random = () => number;

export function randomFrom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export const between = (random: Random, least: number, most: number): number => least + Math.floor(random() * (most - least + 1));

/** One of several; throws for an empty list. */
export function pick<T>(random: Random, of: readonly T[]): T {
  const chosen = of[Math.floor(random() * of.length)];
  if (chosen === undefined) throw new Error('there is nothing to choose from');
  return chosen;
}

/** Milliseconds between independent arrivals with this mean: exponentially distributed. */
export const pauseMs = (random: Random, meanMs: number): number => -Math.log(1 - random()) * meanMs;
