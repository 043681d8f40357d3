/** Where a chart's plot lies in its box, in px. */
export interface Frame { readonly width: number; readonly height: number; readonly left: number; readonly right: number; readonly top: number; readonly bottom: number }

/** Digits and Latin letters of the label size; Hangul is about square. */
const CHAR_PX = 6.6;
const WIDE_CHAR_PX = 11;
export const widthOf = (label: string): number => [...label].reduce((sum, char) => sum + ((char.codePointAt(0) ?? 0) >= 0x1100 ? WIDE_CHAR_PX : CHAR_PX), 0);

/** Left margin for the longest label of the value axis. */
export const frameOf = (width: number, height: number, labels: readonly string[]): Frame => ({
  width, height, left: Math.ceil(Math.max(...labels.map(widthOf), 18)) + 10, right: 8, top: 10, bottom: 26,
});

/** Which of the points get a label: evenly spaced, as many as fit. */
export function labelled(points: number, plotWidth: number, labelPx = 64): readonly number[] {
  if (points === 0) return [];
  const step = Math.max(1, Math.ceil(points / Math.max(1, Math.floor(plotWidth / labelPx))));
  return Array.from({ length: Math.ceil(points / step) }, (_, index) => index * step);
}

/** Where the labels of the points are drawn: those at the edges stay inside, and none touches the one before. */
export function placedLabels(labels: readonly string[], x: (point: number) => number, { left, right, width }: Frame): readonly { readonly point: number; readonly x: number; readonly anchor: 'start' | 'middle' | 'end' }[] {
  const widest = Math.max(...labels.map(widthOf), 0);
  let free = -Infinity;
  return labelled(labels.length, width - left - right, Math.max(64, widest + LABEL_GAP_PX)).flatMap((point) => {
    const at = Math.max(left, Math.min(width - right, x(point)));
    const half = widthOf(labels[point] ?? '') / 2;
    const anchor = at - half < left ? 'start' : at + half > width - right ? 'end' : 'middle';
    const start = anchor === 'start' ? at : anchor === 'end' ? at - 2 * half : at - half;
    if (start < free) return [];
    free = start + 2 * half + LABEL_GAP_PX;
    return [{ point, x: at, anchor }];
  });
}

const LABEL_GAP_PX = 10;

/** Running sums per point, for stacking: `[from, to]` of every series at every point. */
export function stacked(series: readonly { readonly values: readonly number[] }[], points: number): readonly (readonly (readonly [number, number])[])[] {
  const tops = Array.from({ length: points }, () => 0);
  return series.map(({ values }) => Array.from({ length: points }, (_, index) => {
    const from = tops[index] ?? 0;
    const to = from + (values[index] ?? 0);
    tops[index] = to;
    return [from, to] as const;
  }));
}

/** A table for spreadsheets. Text that one would take for a formula begins with an apostrophe, as in the files that the API exports. */
export const csvOf = (rows: readonly (readonly (string | number)[])[]): string => rows.map((row) => row.map(csvCell).join(',')).join('\n');

function csvCell(cell: string | number): string {
  if (typeof cell === 'number') return String(cell);
  const safe = /^[=+\-@\t\r]/.test(cell) ? `'${cell}` : cell;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** How far apart the lines of an axis are. */
export const stepOf = (ticks: readonly number[]): number => (ticks[1] ?? 0) - (ticks[0] ?? 0);
