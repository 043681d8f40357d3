import { expect, test } from '@jest/globals';
import { openMetrics } from '../../../functions/adapters/observe/metrics.ts';
import { entryAt } from '../../admin/support.ts';

const valueOf = (text: string, series: string): number | undefined => {
  const line = text.split('\n').find((each) => each.startsWith(`${series} `));
  return line === undefined ? undefined : Number(line.slice(series.length + 1));
};

test('counts what the ledger entries say, by model, and adds up', () => {
  const metrics = openMetrics();
  metrics.settled('t', entryAt(0, { costMicros: 1500, savedMicros: 500, latencyMs: 400, ttftMs: 90 }));
  metrics.settled('t', entryAt(0, { costMicros: 500, savedMicros: -100, latencyMs: 70_000, ttftMs: null, usage: 'estimated', attempts: [{ model: 'bad', status: 502, errorCode: 'upstream_error', ms: 5 }] }));
  metrics.settled('t', entryAt(0, { costMicros: null, savedMicros: null }));
  const text = metrics.text('t');
  expect(valueOf(text, 'bsgateway_requests_total{model="cheap",status="200",stage="auto"}')).toBe(3);
  expect(valueOf(text, 'bsgateway_cost_usd_total{model="cheap"}')).toBeCloseTo(0.002, 9);
  expect(valueOf(text, 'bsgateway_saved_usd_total{model="cheap",sign="gain"}')).toBeCloseTo(0.0005, 9);
  expect(valueOf(text, 'bsgateway_saved_usd_total{model="cheap",sign="loss"}')).toBeCloseTo(0.0001, 9);
  expect(valueOf(text, 'bsgateway_unpriced_requests_total{model="cheap"}')).toBe(1);
  expect(valueOf(text, 'bsgateway_failed_attempts_total{model="bad",code="upstream_error"}')).toBe(1);
  expect(valueOf(text, 'bsgateway_tokens_total{model="cheap",class="input"}')).toBe(30);
  const buckets = [...text.matchAll(/^bsgateway_request_duration_seconds_bucket\{model="cheap",le="([^"]+)"\} (\d+)$/gm)].map(([, le, n]) => [le, Number(n)]);
  expect(buckets.at(-1)).toEqual(['+Inf', 3]);
  expect(buckets.map(([, n]) => n)).toEqual(buckets.map(([, n]) => n).toSorted((a, b) => Number(a) - Number(b)));
  expect(valueOf(text, 'bsgateway_request_duration_seconds_count{model="cheap"}')).toBe(3);
});

test('every series follows its own HELP and TYPE line, once', () => {
  const metrics = openMetrics();
  metrics.settled('t', entryAt(0));
  metrics.refused('t', 'rate_limit_exceeded');
  metrics.storeAway('admission');
  const seen: string[] = [];
  let current = '';
  for (const line of metrics.text('t', [{ name: 'g', help: 'A gauge.', value: 1 }]).split('\n').filter(Boolean)) {
    const [, type] = /^# TYPE (\S+) (?:counter|gauge|histogram)$/.exec(line) ?? [];
    if (type !== undefined) seen.push(current = type);
    else if (!line.startsWith('# HELP')) expect(line.startsWith(current)).toBe(true);
  }
  expect(new Set(seen).size).toBe(seen.length);
});

test('a tenant sees its own numbers and none of another\'s', () => {
  const metrics = openMetrics();
  metrics.settled('a', entryAt(0, { servedModel: 'of-a' }));
  metrics.settled('b', entryAt(0, { servedModel: 'of-b' }));
  expect(metrics.text('a')).toContain('of-a');
  expect(metrics.text('a')).not.toContain('of-b');
});

test('label values cannot break out of their quotes, and endless new ones do not grow the process', () => {
  const metrics = openMetrics();
  metrics.settled('t', entryAt(0, { servedModel: 'a"} 1\nfake_total{x="\\' }));
  expect(metrics.text('t')).not.toMatch(/^fake_total/m);
  for (let n = 0; n < 20_000; n += 1) metrics.refused('t', `code_${n}`);
  expect(metrics.text('t').split('\n').length).toBeLessThan(6_000);
});
