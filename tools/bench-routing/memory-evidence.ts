import { added, descaled, halfOf, NO_SUMS, sumsOf, type Cell } from '../../functions/core/routing/evidence/cell.ts';
import { FRESH_HALF_LIFE_MS, scaleAt } from '../../functions/core/routing/evidence/decay.ts';
import { judgeErrorOf } from '../../functions/core/routing/evidence/judge-error.ts';
import type { Label } from '../../functions/core/routing/evidence/label.ts';

/** Evidence as the store keeps it, in memory: thousands of simulated tenants would wait for a file. `simulate:week` runs the same through the store. */
export class MemoryEvidence {
  readonly #epochMs: number;
  readonly #cells = new Map<string, Cell>();
  readonly #today = new Map<string, number>();
  #checks = { aaPairs: 0, aaWrong: 0, plantedPairs: 0, plantedWrong: 0 };
  #day = -1;
  labels = 0;

  constructor(epochMs: number) {
    this.#epochMs = epochMs;
  }

  label(label: Pick<Label, 'requestId' | 'templateKey' | 'model' | 'baseline' | 'd' | 'propensity'>, atMs: number): void {
    const key = `${label.templateKey}#${label.model}`;
    const half = halfOf(label.requestId);
    const cell = this.#cells.get(key) ?? { templateKey: label.templateKey, model: label.model, baseline: label.baseline, labels: 0, a: NO_SUMS, b: NO_SUMS, fresh: NO_SUMS, updatedAt: '' };
    const sums = sumsOf(label, scaleAt(atMs, this.#epochMs));
    this.#cells.set(key, { ...cell, labels: cell.labels + 1, updatedAt: new Date(atMs).toISOString(), [half]: added(cell[half], sums), fresh: added(cell.fresh, sumsOf(label, scaleAt(atMs, this.#epochMs, FRESH_HALF_LIFE_MS))) });
    this.labels += 1;
    this.#today.set(label.templateKey, this.today(label.templateKey, atMs) + 1);
  }

  check(kind: 'aa' | 'planted', wrong: boolean): void {
    this.#checks = { ...this.#checks, [`${kind}Pairs`]: this.#checks[`${kind}Pairs`] + 1, [`${kind}Wrong`]: this.#checks[`${kind}Wrong`] + (wrong ? 1 : 0) };
  }

  /** Labels of a template since midnight. */
  today(templateKey: string, atMs: number): number {
    const day = Math.floor(atMs / 86_400_000);
    if (day !== this.#day) {
      this.#day = day;
      this.#today.clear();
    }
    return this.#today.get(templateKey) ?? 0;
  }

  cells(nowMs: number): Cell[] {
    const [scale, freshScale] = [scaleAt(nowMs, this.#epochMs), scaleAt(nowMs, this.#epochMs, FRESH_HALF_LIFE_MS)];
    return [...this.#cells.values()].map((cell) => ({ ...cell, a: descaled(cell.a, scale), b: descaled(cell.b, scale), fresh: descaled(cell.fresh, freshScale) }));
  }

  get eps(): number {
    return judgeErrorOf(this.#checks);
  }
}

/**
 * A judge that errs with probability `noise`: it prefers the worse answer, and where both are as good it prefers one of
 * them by chance. The mildest reading of noise would leave ties alone; a real judge does not.
 */
export function judged(difference: number, noise: number, random: () => number): number {
  if (random() >= noise) return difference;
  if (difference !== 0) return -difference;
  return random() < 0.5 ? -1 : 1;
}
