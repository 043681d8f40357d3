import { ulid } from 'ulidx';
import type { Decision, LedgerEntry } from '../../functions/contract/index.ts';
import { ledgerOp } from '../../functions/adapters/store/ledger.ts';
import type { Store } from '../../functions/adapters/store/port.ts';
import type { AdminPorts, GatewayRequest } from '../../functions/admin/ports.ts';
import { serveAdmin } from '../../functions/admin/serve-admin.ts';

export const TOKEN = `bsga_${'0'.repeat(64)}`;
export const NOW = Date.UTC(2026, 10, 20, 12, 0, 0);

export interface AdminAnswer { readonly status: number; readonly headers: Record<string, string>; readonly text: string; readonly json: Record<string, unknown> }
export interface AdminAsk { readonly method?: string; readonly token?: string | null; readonly headers?: Record<string, string> }

/** Asks the admin API of a store as the door would. */
export async function ask(store: Store, pathAndQuery: string, { method = 'GET', token = TOKEN, headers = {} }: AdminAsk = {}): Promise<AdminAnswer> {
  const url = new URL(pathAndQuery, 'http://127.0.0.1:8787');
  const ports: AdminPorts = { store, newRequestId: () => ulid(NOW), now: () => NOW, isAdmin: (presented) => presented === TOKEN };
  const request: GatewayRequest = {
    method, path: url.pathname, query: url.searchParams, headers: { host: '127.0.0.1:8787', ...(token !== null && { authorization: `Bearer ${token}` }), ...headers },
    body: async () => new Uint8Array(), signal: new AbortController().signal, remainingMs: () => Infinity,
  };
  const response = await serveAdmin(request, ports);
  const text = Buffer.from(response.body as Uint8Array).toString('utf8');
  return { status: response.status, headers: response.headers, text, json: JSON.parse(text) };
}

const DECISION: Decision = {
  policyVersion: 1, artifact: null, dialect: 'openai-chat', requestedModel: 'auto', stage: 'auto', via: null, ruleId: null, tier: 'simple', score: 10, base: 10, contributions: [],
  marginToNextTier: 20, strategy: 'static', judge: null, reason: 'tier', session: null, template: null, candidates: [], route: ['cheap'], baseline: null,
  inputs: { inputTokens: 1, spendTodayPct: null, breakerOpen: [], conditions: {} },
};

/** An entry of a request that arrived at `atMs`. */
export function entryAt(atMs: number, change: Partial<LedgerEntry> & { decision?: LedgerEntry['decision'] } = {}, decision: Partial<Decision> = {}): LedgerEntry {
  return {
    requestId: ulid(atMs), keyId: 'AAAAAAAAAAAA', at: new Date(atMs).toISOString(), status: 200, dialect: 'openai-chat', requestedModel: 'auto', servedModel: 'cheap', upstreamModel: 'up', provider: 'openai',
    decision: { ...DECISION, ...decision }, attempts: [], latencyMs: 100, ttftMs: 20, gatewayMs: 1, tokens: { input: 10, output: 5 }, usage: 'measured', finish: { unified: 'stop', raw: 'stop' },
    costMicros: 100, overheadMicros: 0, baselineMicros: 300, savedMicros: 200, priceVersion: 'v1', sessionId: null, source: 'live', features: null, ...change,
  };
}

export async function putEntries(store: Store, entries: readonly LedgerEntry[], tenantId = 'default'): Promise<void> {
  for (let at = 0; at < entries.length; at += 100) await store.write(entries.slice(at, at + 100).map((entry) => ledgerOp(tenantId, entry)));
}
