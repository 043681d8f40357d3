import type { Line } from './verdict.ts';

const MOST_DETAILS = 10;

/** The table, and below it what was found where nothing should have been. */
export function table(lines: readonly Line[]): string {
  const width = Math.max(...lines.map(({ what }) => what.length));
  const rows = lines.map(({ what, value, limit, ok }) => `${ok ? (limit === undefined ? '    ' : 'pass') : 'FAIL'}  ${what.padEnd(width)}  ${value}${limit === undefined ? '' : `  (limit: ${limit})`}`);
  const details = lines.filter(({ ok, details = [] }) => !ok && details.length > 0).flatMap(({ what, details = [] }) => ['', `${what}:`, ...details.slice(0, MOST_DETAILS).map((one) => `  ${one}`), ...(details.length > MOST_DETAILS ? [`  and ${details.length - MOST_DETAILS} more`] : [])]);
  return [...rows, ...details].join('\n');
}
