import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ulid } from 'ulidx';
import { recordJudgeCheck, recordLabel } from '../../functions/adapters/store/evidence.ts';
import { getPlan } from '../../functions/adapters/store/evidence-plan.ts';
import { ledgerOp } from '../../functions/adapters/store/ledger.ts';
import { putModel } from '../../functions/adapters/store/models.ts';
import type { Op } from '../../functions/adapters/store/port.ts';
import { saveRouting } from '../../functions/adapters/store/routing.ts';
import { openSqliteStore } from '../../functions/adapters/store/sqlite.ts';
import { putTenant } from '../../functions/adapters/store/tenants.ts';
import type { LedgerEntry } from '../../functions/contract/ledger.ts';
import { routing } from '../../functions/contract/routing.ts';
import { planEvidence } from '../../functions/jobs/plan-evidence/plan-evidence.ts';
import { costOf, type Table, type TemplateRow } from './table.ts';
import { QUALITY_TARGET, START_MS, type Learning } from './week.ts';

const TENANT = 'week';
const AT_ONCE = 100;

export interface StoredLearning extends Learning {
  /** Plans that the job has written. */
  readonly written: () => number;
  close(): Promise<void>;
}

/** Evidence, requests and plans in a SQLite store, planned by the job itself, every hour of the simulated week. */
export async function learningInStore(table: Table, random: () => number): Promise<StoredLearning> {
  const folder = await mkdtemp(join(tmpdir(), 'bsg-week-'));
  const store = openSqliteStore(join(folder, 'store.sqlite'));
  const createdAt = new Date(START_MS).toISOString();
  await putTenant(store, { tenantId: TENANT, name: TENANT, timezone: 'UTC', unknownNames: 'reject', paused: false, alwaysStrongest: false, corsOrigins: [], createdAt, version: 0 }, undefined);
  for (const [id, price] of Object.entries(table.models)) {
    await putModel(store, { tenantId: TENANT, id, provider: 'openai', upstreamModel: id, enabled: true, price, facts: {}, createdAt, updatedAt: createdAt, version: 0, credentials: [] }, undefined);
  }
  const [nano = '', mini = '', mid = '', strong = ''] = Object.keys(table.models);
  const document = routing.parse({ auto: { strategy: 'ml', mode: 'cautious', qualityTarget: QUALITY_TARGET, judgeModel: table.baseline, tiers: { simple: [nano, mini], moderate: [mid], complex: [strong] } } });
  await saveRouting(store, TENANT, document, 0, { author: 'simulation', at: createdAt });
  let waiting: Op[] = [];
  let written = 0;
  const flush = async (): Promise<void> => {
    if (waiting.length > 0) await store.write(waiting);
    waiting = [];
  };
  return {
    async served({ atMs, row, model }) {
      waiting.push(ledgerOp(TENANT, entryOf(table, row, model, { atMs, random })));
      if (waiting.length === AT_ONCE) await flush();
    },
    label: (label, nowMs) => recordLabel(store, TENANT, label, nowMs),
    check: (check, nowMs) => recordJudgeCheck(store, TENANT, check, nowMs),
    async hourly(nowMs) {
      await flush();
      const result = await planEvidence({ store, now: () => nowMs, remainingMs: () => Infinity, log: { info: () => {}, warn: () => {}, error: (message) => { throw new Error(message); } } });
      written += result.written;
      return getPlan(store, TENANT);
    },
    written: () => written,
    async close() {
      await store.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function entryOf(table: Table, row: TemplateRow, model: string, { atMs, random }: { readonly atMs: number; readonly random: () => number }): LedgerEntry {
  return {
    requestId: ulid(atMs), keyId: 'key', at: new Date(atMs).toISOString(), status: 200, dialect: 'openai-chat', requestedModel: 'auto', servedModel: model, upstreamModel: model, provider: 'openai',
    decision: {
      policyVersion: 1, artifact: null, dialect: 'openai-chat', requestedModel: 'auto', stage: 'auto', via: null, ruleId: null, tier: 'simple', score: 10, base: 10, contributions: [], marginToNextTier: null,
      strategy: 'ml', judge: null, reason: 'evidence', session: null, template: { key: row.key, labels: 0 }, candidates: [], route: [model], baseline: { model: table.baseline, estCostMicros: null },
      inputs: { inputTokens: row.input, spendTodayPct: null, breakerOpen: [], conditions: {} },
    },
    attempts: [], latencyMs: 100, ttftMs: 50, gatewayMs: 1,
    // Lengths vary; the table has their mean.
    tokens: { input: Math.round(row.input * (0.5 + random())), output: Math.round(row.output * (0.5 + random())) },
    usage: 'measured', finish: { unified: 'stop', raw: 'stop' }, costMicros: Math.round(costOf(table, row, model)), overheadMicros: 0, baselineMicros: null, savedMicros: null, priceVersion: 'table',
    sessionId: null, source: 'live', features: null,
  };
}
