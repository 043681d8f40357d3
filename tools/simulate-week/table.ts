import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { priceFromUsd } from '../../functions/core/money/cost.ts';
import type { ModelPrice } from '../../functions/core/money/price.ts';
import { meanCost } from '../../functions/core/routing/evidence/traffic.ts';

export interface TemplateRow { readonly key: string; /** What the prior would choose. */ readonly tier: string; readonly share: number; readonly input: number; readonly output: number; readonly quality: Readonly<Record<string, number>> }

/** The committed table of scripted qualities. */
export interface Table {
  readonly baseline: string;
  readonly models: Readonly<Record<string, { readonly input: number; readonly output: number }>>;
  readonly templates: readonly TemplateRow[];
  /** From the start of this day (1 = the first) on. */
  readonly change: { readonly day: number; readonly template: string; readonly model: string; readonly quality: number };
}

export const readTable = (): Table => JSON.parse(readFileSync(join(import.meta.dirname, 'table.json'), 'utf8')) as Table;

export const priceOf = (table: Table, model: string): ModelPrice | null => {
  const price = table.models[model];
  return price === undefined ? null : priceFromUsd(price, 'table');
};

/** Micro-USD of one answer. */
export const costOf = (table: Table, row: Pick<TemplateRow, 'input' | 'output'>, model: string): number => meanCost(row, priceOf(table, model)) ?? 0;

/** The chance that an answer is good on a day (1 = the first). */
export function qualityOf({ change }: Table, row: TemplateRow, model: string, day: number): number {
  return day >= change.day && row.key === change.template && model === change.model ? change.quality : (row.quality[model] ?? 0);
}
