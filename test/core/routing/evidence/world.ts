import { NO_SUMS, type Cell } from '../../../../functions/core/routing/evidence/cell.ts';
import { priceFromUsd } from '../../../../functions/core/money/cost.ts';
import type { PlanInput } from '../../../../functions/core/routing/evidence/plan-input.ts';
import type { EvidenceSums } from '../../../../functions/core/routing/evidence/summary.ts';

export const NOW_MS = Date.parse('2026-03-09T12:00:00Z');
export const DAY_MS = 86_400_000;
export const TARGET = 0.98;

/** Sums of `n` equal weights whose differences have this mean and variance. */
export const sums = (n: number, mean: number, variance = 0.1): EvidenceSums => ({ sumW: 20 * n, sumW2: 400 * n, sumWd: 20 * n * mean, sumWd2: 20 * n * (variance + mean * mean) });

/** A cell with n pairs in each half; `fresh` = what was seen lately, nothing unless given. */
export const cell = (templateKey: string, model: string, n: number, mean: number, fresh?: EvidenceSums): Cell =>
  ({ templateKey, model, baseline: 'strong', labels: 2 * n, a: sums(n, mean), b: sums(n, mean), fresh: fresh ?? NO_SUMS, updatedAt: new Date(NOW_MS).toISOString() });

const PRICES = { cheap: { input: 0.2, output: 1 }, mid: { input: 1, output: 5 }, strong: { input: 3, output: 15 } };

export const TEMPLATES = ['tk_a', 'tk_b', 'tk_c', 'tk_d'];

/** Four templates of 1,000 requests a day each; cheap, mid and strong, which is the baseline. */
export const input = (cells: readonly Cell[], more: Partial<PlanInput> = {}): PlanInput => ({
  nowMs: NOW_MS, cells, vetoes: [], traffic: TEMPLATES.map((templateKey) => ({ templateKey, perDay: 1_000, input: 1_000, output: 200 })), baseline: 'strong',
  pool: Object.entries(PRICES).map(([model, price]) => ({ model, price: priceFromUsd(price, 'test') })), qualityTarget: TARGET, eps: 0.05, ...more,
});

/** Cells of all four templates for cheap and mid. */
export const everywhere = (n: number, cheap: number, mid = 0): Cell[] => TEMPLATES.flatMap((key) => [cell(key, 'cheap', n, cheap), cell(key, 'mid', n, mid)]);
