/** One observation: some quality (or difference of two) on a prompt of a task, with what the prior says of the prompt. */
export interface Observation { readonly task: string; readonly y: number; readonly logits: readonly number[] }

/** Observations a task's own mean must outweigh: the number that also shrinks a template's evidence. */
const PSEUDO = 10;
const RIDGE = 30;

/**
 * What production knows once evidence is there: the mean per task (template), shrunk to the mean of all, and within a task a
 * line on the prior's logits, fitted on what the table leaves over. Without tasks (`table: false`) only the line.
 */
export function fitTaskTable(observed: readonly Observation[], { table = true }: { readonly table?: boolean } = {}): (task: string, logits: readonly number[]) => number {
  const all = meanOf(observed.map(({ y }) => y));
  const logitsOfAll = [0, 1, 2].map((head) => meanOf(observed.map(({ logits }) => logits[head] ?? 0)));
  const tasks = new Map([...Map.groupBy(observed, ({ task }) => (table ? task : ''))].map(([task, own]) => [task, {
    y: (own.reduce((sum, { y }) => sum + y, 0) + PSEUDO * all) / (own.length + PSEUDO),
    logits: [0, 1, 2].map((head) => meanOf(own.map(({ logits }) => logits[head] ?? 0))),
  }]));
  const of = (task: string): { readonly y: number; readonly logits: readonly number[] } => tasks.get(table ? task : '') ?? { y: all, logits: logitsOfAll };
  const centred = (task: string, logits: readonly number[]): number[] => logits.map((value, head) => value - (of(task).logits[head] ?? 0));
  const line = leastSquares(observed.map(({ task, logits }) => centred(task, logits)), observed.map(({ task, y }) => y - of(task).y));
  return (task, logits) => of(task).y + centred(task, logits).reduce((sum, value, head) => sum + value * (line[head] ?? 0), 0);
}

/** Of every observation what a table and line fitted without it (in ten parts) predict: thresholds are set on these. */
export function crossFitTaskTable(observed: readonly Observation[], options: { readonly table?: boolean } = {}): number[] {
  const predictions = Array.from(observed, () => 0);
  for (let part = 0; part < PARTS; part += 1) {
    const predict = fitTaskTable(observed.filter((_, at) => at % PARTS !== part), options);
    for (let at = part; at < observed.length; at += PARTS) predictions[at] = predict(observed[at]?.task ?? '', observed[at]?.logits ?? []);
  }
  return predictions;
}
const PARTS = 10;

const meanOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);

/** Ridge regression without intercept by the normal equations (three unknowns). */
function leastSquares(xs: readonly (readonly number[])[], ys: readonly number[]): number[] {
  const size = xs[0]?.length ?? 0;
  const rows = Array.from({ length: size }, (_, i) => Array.from({ length: size + 1 }, (_, j) => xs.reduce((sum, x, at) => sum + (x[i] ?? 0) * (j < size ? (x[j] ?? 0) : (ys[at] ?? 0)), 0) + (i === j ? RIDGE : 0)));
  // Gauss-Jordan; the ridge keeps every pivot away from 0.
  for (const [i, row] of rows.entries()) {
    const pivot = row[i] ?? 1;
    for (let j = 0; j <= size; j += 1) row[j] = (row[j] ?? 0) / pivot;
    for (const [other, target] of rows.entries()) {
      const factor = target[i] ?? 0;
      if (other !== i) for (let j = 0; j <= size; j += 1) target[j] = (target[j] ?? 0) - factor * (row[j] ?? 0);
    }
  }
  return rows.map((row) => row[size] ?? 0);
}
