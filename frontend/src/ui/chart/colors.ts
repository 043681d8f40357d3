const COLORS = 8;
const REST: ReadonlySet<string> = new Set(['none', 'other']);

function place(id: string): number {
  let sum = 0;
  for (const char of id) sum = (sum * 31 + (char.codePointAt(0) ?? 0)) % 8_191;
  return sum % COLORS;
}

/**
 * Colours for the things of one chart (models, keys, rules). Each takes the colour that its name gives it, on every page the
 * same, unless another one of the chart has taken it: then the next free one. The rest of a chart is grey.
 */
export function colorsOf(ids: readonly string[]): (id: string) => string {
  const taken = new Map<number, string>();
  const colors = new Map<string, string>();
  for (const id of ids.toSorted()) {
    if (REST.has(id)) continue;
    let at = place(id);
    for (let step = 0; step < COLORS && taken.has(at); step += 1) at = (at + 1) % COLORS;
    taken.set(at, id);
    colors.set(id, `var(--series-${at + 1})`);
  }
  return (id) => colors.get(id) ?? 'var(--tier-none)';
}

/** The colour that a model's name gives it where it stands alone. */
export const modelColor = (model: string | null): string => (model === null ? 'var(--tier-none)' : colorsOf([model])(model));
