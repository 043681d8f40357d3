import type { UsageAsk } from '../../api/address.ts';

/** Figures of a range: one answer for the hero, the tiles and both charts. */
export const FIGURES: UsageAsk = { by: 'model', stack: 'tier', compare: true };

/** The newest requests. */
export const RECENT = { limit: 10 };
