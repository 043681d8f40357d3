import { randomBytes } from 'node:crypto';
import { monotonicFactory, ulid } from 'ulidx';
import type { Decision, LedgerEntry } from '../../functions/contract/index.ts';
import { ledgerOp } from '../../functions/adapters/store/ledger.ts';
import { addMemberOps, type MemberRole } from '../../functions/adapters/store/people.ts';
import type { Store } from '../../functions/adapters/store/port.ts';
import { localKeys } from '../../functions/adapters/vault/local-key.ts';
import type { AdminPorts, GatewayRequest } from '../../functions/admin/ports.ts';
import { serveAdmin } from '../../functions/admin/serve-admin.ts';

export const TOKEN = `bsga_${'0'.repeat(64)}`;
export const NOW = Date.UTC(2026, 10, 20, 12, 0, 0);
const ulids = monotonicFactory();
const monotonic = (): string => ulids(NOW);

/** Makes who TOKEN stands for a member of `default`: what somebody hands on is worth something only as long as they belong to the tenant. */
export async function addOperator(store: Store, role: MemberRole = 'owner'): Promise<void> {
  await store.write(addMemberOps({ tenantId: 'default', userId: 'op', name: 'Operator', email: null, role, addedAt: '2026-01-01T00:00:00.000Z', version: 1 }));
}

/** The world of an admin test: TOKEN owns the tenant `default`; clock fixed at NOW; the embedded key service. */
export function adminPorts(store: Store, change: Partial<AdminPorts> = {}): AdminPorts {
  const keys = localKeys(new Uint8Array(32).fill(7));
  return {
    store, newRequestId: monotonic, now: () => NOW, random: Math.random, randomBytes: (size) => randomBytes(size),
    identify: async (bearer) => (bearer === TOKEN ? { userId: 'op', name: 'Operator', via: 'token', memberships: [{ tenantId: 'default', role: 'owner' }] } : undefined),
    sealing: keys, pepper: () => keys.pepper(), urlPolicy: { allowHosts: [], allowLoopback: true },
    testModel: async () => ({ ok: true, status: 200, latencyMs: 1, message: 'ok', hint: null }), changed: () => {}, metricsText: () => '# none\n', operatorTenantId: 'default', revocationSeconds: 0, dashboardUrl: 'http://127.0.0.1:8787',
    ...change,
  };
}

export interface AdminAnswer { readonly status: number; readonly headers: Record<string, string>; readonly text: string; readonly json: Record<string, unknown> }
export interface AdminAsk { readonly method?: string; readonly token?: string | null; readonly headers?: Record<string, string>; readonly body?: unknown; readonly ports?: Partial<AdminPorts> }

/** Asks the admin API of a store as the door would. */
export async function ask(store: Store, pathAndQuery: string, { method = 'GET', token = TOKEN, headers = {}, body, ports = {} }: AdminAsk = {}): Promise<AdminAnswer> {
  const url = new URL(pathAndQuery, 'http://127.0.0.1:8787');
  const request: GatewayRequest = {
    method, path: url.pathname, query: url.searchParams, headers: { host: '127.0.0.1:8787', ...(token !== null && { authorization: `Bearer ${token}` }), ...headers },
    body: async () => (body === undefined ? new Uint8Array() : Buffer.from(typeof body === 'string' ? body : JSON.stringify(body))), signal: new AbortController().signal, remainingMs: () => Infinity,
  };
  const response = await serveAdmin(request, adminPorts(store, ports));
  const text = await textOf(response.body);
  return { status: response.status, headers: response.headers, text, json: response.headers['content-type'] === 'application/json' ? JSON.parse(text) : {} };
}

async function textOf(body: Uint8Array | AsyncIterable<Uint8Array>): Promise<string> {
  if (body instanceof Uint8Array) return Buffer.from(body).toString('utf8');
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
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
