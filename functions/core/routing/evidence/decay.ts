const DAY_MS = 86_400_000;

/** What was seen three days ago counts half (DECISIONS §6): a model that changes must not hide behind its past. */
export const HALF_LIFE_MS = 3 * DAY_MS;

/** Beside it every cell keeps what was seen lately: half a day ago counts half. It says little, but says it soon. */
export const FRESH_HALF_LIFE_MS = DAY_MS / 2;

/** A cell or count that nothing was added to for so long is forgotten. */
export const KEPT_MS = 30 * DAY_MS;

/**
 * Sums that decay would have to be rewritten all the time. Instead what is added grows: an addend at `atMs` is scaled by
 * 2^((at − epoch)/half-life), so that sums of addends of any age stand in the right proportion, and numeric adds are exact
 * in any order. Reading at `nowMs` divides by the scale of then.
 */
export const scaleAt = (atMs: number, epochMs: number, halfLifeMs: number = HALF_LIFE_MS): number => 2 ** ((atMs - epochMs) / halfLifeMs);

const GRID_MS = 8 * FRESH_HALF_LIFE_MS;
/** The epoch of a new sum: from a fixed grid, so that several writers mean the same one without asking. */
export const epochAt = (nowMs: number): number => Math.floor(nowMs / GRID_MS) * GRID_MS;

/** Beyond 2^10 in scale a sum is moved to a new epoch, long before digits are lost. */
export const isWorn = (epochMs: number, nowMs: number): boolean => nowMs - epochMs > 10 * FRESH_HALF_LIFE_MS;

/** Weights are kept to a billionth: a sum of such numbers has few enough digits for every engine. */
export const rounded = (value: number): number => Math.round(value * 1e9) / 1e9;
