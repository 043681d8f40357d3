import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import type { LedgerEntry } from '../../functions/contract/ledger.ts';
import { analyticsOf, type Analytics } from '../../functions/admin/usage/analytics.ts';
import { csvLine } from '../../functions/admin/usage/csv.ts';
import { exportRequests, exportUsage } from '../../functions/admin/usage/export-rows.ts';
import { usageOf } from '../support/roll-up.ts';
import { tempStore, type TempStore } from '../support/store.ts';
import { entryAt, NOW, putEntries } from './support.ts';

const HOUR_MS = 3_600_000;
const ENTRIES: LedgerEntry[] = Array.from({ length: 450 }, (_, i) => entryAt(NOW - i * 60_000, {
  requestedModel: i === 0 ? '=cmd|calc' : i === 1 ? 'say "hi", then\r\nleave' : 'auto', savedMicros: i === 2 ? -5 : 3, ...(i === 3 && { clientRequestId: '@SUM(A1)' }), costMicros: i === 4 ? null : 100,
}));

let temp: TempStore;
let analytics: Analytics;
beforeAll(async () => {
  temp = await tempStore();
  await putEntries(temp.store, ENTRIES);
  analytics = analyticsOf(temp.store);
});
afterAll(() => temp.cleanup());

const query = { from: NOW - 24 * HOUR_MS, to: NOW };
const text = async (pieces: AsyncIterable<string>): Promise<string> => { let all = ''; for await (const piece of pieces) all += piece; return all; };

/** RFC 4180, read the plain way. */
function parseCsv(csv: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  let cell = '';
  let quoted = false;
  for (let i = 0; i < csv.length; i += 1) {
    const c = csv.charAt(i);
    if (quoted) {
      if (c !== '"') cell += c;
      else if (csv.charAt(i + 1) === '"') { cell += '"'; i += 1; } else quoted = false;
    } else if (c === '"') quoted = true;
    else if (c === ',') { row.push(cell); cell = ''; } else if (c === '\r' && csv.charAt(i + 1) === '\n') { rows.push([...row, cell]); row = []; cell = ''; i += 1; } else cell += c;
  }
  expect([row, cell]).toEqual([[], '']);
  return rows;
}

describe('exports', () => {
  test('requests as CSV: a byte order mark, a header, each entry once, and no cell a spreadsheet would run', async () => {
    const csv = await text(exportRequests(analytics, 'default', query, 'csv'));
    expect(csv.startsWith('\uFEFFrequestId,')).toBe(true);
    const [header = [], ...rows] = parseCsv(csv.slice(1));
    expect(rows.length).toBe(ENTRIES.length);
    const cell = (row: number, name: string): string | undefined => rows[row]?.[header.indexOf(name)];
    expect(rows.map((row) => row[0])).toEqual(ENTRIES.map(({ requestId }) => requestId));
    expect(rows.every((row) => row.length === header.length)).toBe(true);
    expect([cell(0, 'requestedModel'), cell(1, 'requestedModel'), cell(2, 'savedMicros'), cell(3, 'clientRequestId'), cell(4, 'costMicros')]).toEqual(["'=cmd|calc", 'say "hi", then\r\nleave', '-5', "'@SUM(A1)", '']);
  });

  test('requests as NDJSON: one whole entry a line', async () => {
    const lines = (await text(exportRequests(analytics, 'default', query, 'ndjson'))).trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual(ENTRIES);
  });

  test('pages are read one by one, only when they are asked for', async () => {
    let reads = 0;
    const counting: Analytics = { ...analytics, requests: (...args) => { reads += 1; return analytics.requests(...args); } };
    const pieces = exportRequests(counting, 'default', query, 'ndjson');
    await pieces.next();
    expect(reads).toBe(1);
    await pieces.next();
    expect(reads).toBe(2);
    await pieces.return(undefined);
    expect(reads).toBe(2);
  });

  test.each(['breakdown', 'series'] as const)('usage: the %s is the one of the answer', async (part) => {
    const request = usageOf(NOW - 6 * HOUR_MS, NOW, NOW, { bucket: 'hour', by: 'key' });
    const report = await analytics.usage('default', request);
    const [header = [], ...rows] = parseCsv((await text(exportUsage(analytics, 'default', request, { format: 'csv', part }))).slice(1));
    expect(rows.length).toBe(report[part].length);
    const sum = (name: string): number => rows.reduce((total, row) => total + Number(row[header.indexOf(name)]), 0);
    expect([sum('requests'), sum('costMicros'), sum('savedMicros')]).toEqual([report.totals.requests, report.totals.costMicros, report.totals.savedMicros]);
    const lines = (await text(exportUsage(analytics, 'default', request, { format: 'ndjson', part }))).trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual(report[part]);
  });

  test('any text comes back from a CSV line as it was, or with one quote in front of a formula', () => {
    fc.assert(fc.property(fc.array(fc.oneof(fc.string(), fc.constantFrom('=1', '+1', '-1', '@x', '\tx', '\rx', '\nx', '"', ',', '')), { minLength: 1 }), (cells) => {
      const [row] = parseCsv(csvLine(cells));
      expect(row).toEqual(cells.map((cell) => (/^[=+\-@\t\r\n]/.test(cell) ? `'${cell}` : cell)));
    }));
  });
});
