import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { HEADS } from '../../core/routing/classifier/artifact.ts';
import type { TemplateTraffic } from '../../core/routing/evidence/traffic.ts';
import { partition } from './entity.ts';
import { queryLedger } from './ledger.ts';
import type { Item, Key, Store } from './port.ts';

const DAY_MS = 86_400_000;
const SLICE_MS = 900_000;
/** Rows read of each quarter of an hour: at most some 20,000 a day. */
const ROWS_PER_SLICE = 200;
/** So many templates of a day are kept apart: all that can have evidence, with room. */
const MOST_TEMPLATES = 4_000;
const KEPT_DAYS = 10;

/** One item per closed day (UTC): `T#<tenant>#TRAFFIC`/date. */
const keyOf = (tenantId: string, dayMs: number): Key => ({ table: 'usage', pk: partition('T', tenantId, 'TRAFFIC'), sk: new Date(dayMs).toISOString().slice(0, 10) });

/** A day's traffic as it was stored; undefined = it was not counted yet. */
export async function getTrafficDay(store: Store, tenantId: string, dayMs: number): Promise<TemplateTraffic[] | undefined> {
  const item = await store.get(keyOf(tenantId, dayMs));
  return item && read(item);
}

/** Stores what a closed day was, unless it is stored already: the first count stands, whoever makes it. */
export async function putTrafficDay(store: Store, tenantId: string, dayMs: number, traffic: readonly TemplateTraffic[]): Promise<void> {
  const rows = traffic.toSorted((x, y) => y.perDay - x.perDay).slice(0, MOST_TEMPLATES).map(({ templateKey, perDay, input, output, good }) => [templateKey, Math.round(perDay), Math.round(input), Math.round(output), ...(good ?? []).map((chance) => Math.round(chance * 1_000) / 1_000)]);
  const item: Item = { traffic: deflateRawSync(JSON.stringify(rows)).toString('base64'), expiresAt: Math.ceil(dayMs / 1000) + (KEPT_DAYS * DAY_MS) / 1000 };
  await store.write([{ put: keyOf(tenantId, dayMs), item, guards: [{ absent: true }] }]);
}

function read(item: Item): TemplateTraffic[] {
  const rows = JSON.parse(inflateRawSync(Buffer.from(String(item['traffic']), 'base64')).toString('utf8')) as [string, number, number, number, ...number[]][];
  return rows.map(([templateKey, perDay, input, output, ...good]) => ({ templateKey, perDay, input, output, ...(good.length === HEADS.length && { good }) }));
}

/**
 * How much of each template came from `fromMs` to `toMs`, as requests a day. The ledger is read in quarters of an hour, each
 * only so far that a busy tenant costs no more than some 20,000 rows a day; a quarter that holds more counts as its rows came
 * in. Only automatically routed requests that were answered count. undefined = `isOutOfTime` before the end.
 */
export async function countTraffic(store: Store, tenantId: string, { fromMs, toMs, isOutOfTime }: { readonly fromMs: number; readonly toMs: number; readonly isOutOfTime: () => boolean }): Promise<TemplateTraffic[] | undefined> {
  const sums = new Map<string, { requests: number; input: number; output: number; scored: number; readonly good: number[] }>();
  for (let startMs = fromMs; startMs < toMs; startMs += SLICE_MS) {
    if (isOutOfTime()) return undefined;
    const endMs = Math.min(startMs + SLICE_MS, toMs);
    const { items, cursor } = await queryLedger(store, tenantId, { from: new Date(startMs).toISOString(), to: new Date(endMs - 1).toISOString(), limit: ROWS_PER_SLICE });
    const last = items.at(-1);
    // What was not read came as fast as what was.
    const seenMs = cursor === undefined || last === undefined ? endMs - startMs : Math.max(1, Date.parse(last.at) - startMs);
    const weight = (endMs - startMs) / Math.min(endMs - startMs, seenMs);
    for (const { decision, status, tokens, features } of items) {
      if (decision === null || decision.template === null || status >= 400 || (decision.stage !== 'auto' && decision.via !== 'auto')) continue;
      const sum = sums.get(decision.template.key) ?? { requests: 0, input: 0, output: 0, scored: 0, good: HEADS.map(() => 0) };
      sum.requests += weight;
      sum.input += weight * ((tokens.input ?? 0) + (tokens.cacheRead ?? 0) + (tokens.cacheWrite5m ?? 0) + (tokens.cacheWrite1h ?? 0));
      sum.output += weight * (tokens.output ?? 0);
      if (features?.logits?.length === HEADS.length) {
        sum.scored += weight;
        for (const [head, logit] of features.logits.entries()) sum.good[head] = (sum.good[head] ?? 0) + weight * chanceOf(logit);
      }
      sums.set(decision.template.key, sum);
    }
  }
  const days = (toMs - fromMs) / DAY_MS;
  return [...sums].map(([templateKey, { requests, input, output, scored, good }]) => ({
    templateKey, perDay: requests / days, input: input / requests, output: output / requests, ...(scored > 0 && { good: good.map((sum) => sum / scored) }),
  }));
}

const chanceOf = (logit: number): number => 1 / (1 + Math.exp(-logit));
