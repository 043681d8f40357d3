import type { BenchRow } from './data.ts';
import { apgr, atThreshold, bootstrap, cpt, curveOf, pairItems, savedAt, thresholdFor, type PairItem } from './metrics.ts';
import { fixed, table } from './musts.ts';
import { crossFitTaskTable, fitTaskTable } from './task-table.ts';
import type { BenchWorld, Scores } from './world.ts';

/** Lower end of the 95 % interval of "pair ridge + task-key mean" on the pairs where APGR means something (BASELINES.md). */
export const REFERENCE_LOWER: Readonly<Record<string, number>> = { gpt4turbo_mixtral: 0.62, sonnet35_haiku3: 0.68, llama70b_8b: 0.49, gemini15_pro_flash: 0.65, nemotron51b_llama8b: 0.57 };
const TARGETS = [0.98, 0.99, 1] as const;

const taskOf = ({ source, category }: BenchRow): string => `${source}/${category}`;

/** Every pair: what the prior alone recovers and saves, and what it does with a table of task means fitted on train. */
export function reportPairs({ pairs, train, dev: devOwn, devOpen, musts }: BenchWorld): string {
  const dev: Scores = { rows: [...devOwn.rows, ...devOpen.rows], of: new Map([...devOwn.of, ...devOpen.of]) };
  const parts = Object.entries(pairs.pairs).map(([name, spec]) => {
    const [fit, judged] = [pairItems(pairs, spec, train.rows), pairItems(pairs, spec, dev.rows)];
    const alone = (scores: Scores) => (items: readonly PairItem[]): number[] => items.map(({ row }) => scores.of.get(row.id)?.exact ?? 0);
    const lines = [line('random', judged, judged.map(() => 0)), line('prior alone', judged, alone(dev)(judged), fit, alone(train)(fit))];
    const { curve, interval } = recovered(judged, alone(dev)(judged));
    musts.check(`${name}: prior alone is not below random (APGR ${fixed(apgr(curve))}, 95 % up to ${fixed(interval[1])})`, interval[1] >= 0.5 && interval[0] <= interval[1]);
    if (fit.length > 0) {
      const observed = fit.map(({ row, strong, weak }) => ({ task: taskOf(row), y: strong - weak, logits: train.of.get(row.id)?.logits ?? [] }));
      const predict = fitTaskTable(observed);
      const scores = judged.map(({ row }) => predict(taskOf(row), dev.of.get(row.id)?.logits ?? []));
      lines.push(line('prior + task table', judged, scores, fit, crossFitTaskTable(observed)));
      const tabled = curveOf(judged, scores);
      const lower = REFERENCE_LOWER[name];
      if (lower !== undefined) musts.check(`${name}: prior + task table APGR ${fixed(apgr(tabled))} is at least ${lower} (lower end of the reference)`, apgr(tabled) >= lower);
      if (name === 'gpt4o_4omini') musts.check(`${name}: prior + task table saves ${fixed(savedAt(tabled, 0.99), 1)} % at 99 % quality, at least 90 %`, savedAt(tabled, 0.99) >= 90);
    }
    const head = ['router', 'APGR [95 %]', 'CPT50', 'CPT80', 'saved@98', '@99', '@100 (hindsight)', ...TARGETS.map((target) => `threshold of train for ${100 * target} %: quality, saved`)];
    return `### ${name}: n=${judged.length}, weak ${fixed(curve.weak)}, strong ${fixed(curve.strong)}\n\n${table(head, lines)}\n`;
  });
  return parts.join('\n');
}

function recovered(items: readonly PairItem[], scores: readonly number[]): { readonly curve: ReturnType<typeof curveOf>; readonly interval: readonly [number, number] } {
  const interval = bootstrap(items.length, (sample) => apgr(curveOf(sample.flatMap((at) => items[at] ?? []), sample.map((at) => scores[at] ?? 0))));
  return { curve: curveOf(items, scores), interval };
}

/** One row of the table; without training items there is no threshold to fix. */
function line(name: string, items: readonly PairItem[], scores: readonly number[], fit: readonly PairItem[] = [], fitScores: readonly number[] = []): string[] {
  const { curve, interval } = recovered(items, scores);
  const honest = TARGETS.map((target) => {
    if (fit.length === 0) return '';
    const { quality, saved } = atThreshold(items, scores, thresholdFor(fit, fitScores, target));
    return `${fixed(quality)}, ${fixed(saved, 1)} %`;
  });
  return [name, `${fixed(apgr(curve))} [${fixed(interval[0], 2)}, ${fixed(interval[1], 2)}]`, fixed(cpt(curve, 0.5), 1), fixed(cpt(curve, 0.8), 1), ...TARGETS.map((target) => fixed(savedAt(curve, target), 1)), ...honest];
}
