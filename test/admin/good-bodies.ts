import { DatabaseSync } from 'node:sqlite';

export const ROUTING = { aliases: [], patterns: [], auto: { strategy: 'static' } };
const PERIOD = { from: '2026-11-20T00:00:00Z', to: '2026-11-21T00:00:00Z' };
/** For every route with a body: its address and a body that it would take. */
export const GOOD: Readonly<Record<string, readonly [url: string, body: Record<string, unknown>]>> = {
  'PUT /admin/config': ['/admin/config', { version: 1, models: [{ id: 'new', provider: 'openai', upstreamModel: 'x' }] }],
  'PUT /admin/settings': ['/admin/settings', { timezone: 'UTC', unknownNames: 'auto', corsOrigins: [], dailyUsd: 1, monthlyUsd: null, budgetAction: 'block', maxParallel: null, retentionDays: { ledger: null, rollups: null, audit: null }, paused: true, alwaysStrongest: false }],
  'PUT /admin/routing': ['/admin/routing', ROUTING],
  'POST /admin/routing/rollback': ['/admin/routing/rollback', { version: 1 }],
  'POST /admin/routing/check': ['/admin/routing/check', ROUTING],
  'POST /admin/routing/what-if': ['/admin/routing/what-if', { draft: ROUTING, ...PERIOD }],
  'POST /admin/replay': ['/admin/replay', { draft: ROUTING, ...PERIOD }],
  'POST /admin/route/explain': ['/admin/route/explain', { request: { model: 'auto', messages: [] }, dialect: 'openai-chat' }],
  'POST /admin/models': ['/admin/models', { id: 'another', provider: 'openai', upstreamModel: 'x', apiKey: 'sk-0123456789abcdef' }],
  'POST /admin/models/test': ['/admin/models/test', { id: 'cheap' }],
  'PATCH /admin/models/{id}': ['/admin/models/cheap', { enabled: false }],
  'POST /admin/keys': ['/admin/keys', { name: 'another', rpm: 1 }],
  'PATCH /admin/keys/{id}': ['/admin/keys/KEY', { rpm: 1 }],
  'POST /admin/keys/{id}/rotate': ['/admin/keys/KEY/rotate', { overlapSeconds: 0 }],
  'POST /admin/members': ['/admin/members', { role: 'viewer' }],
  'PATCH /admin/members/{id}': ['/admin/members/local-operator', { role: 'admin' }],
  'POST /admin/invitations/accept': ['/admin/invitations/accept', { token: 'x' }],
  'POST /admin/tenants': ['/admin/tenants', { name: 'x' }],
  'POST /admin/tokens': ['/admin/tokens', { name: 'x' }],
  'POST /admin/erase': ['/admin/erase', { user: 'x' }],
};

/** Everything that is stored in a SQLite store's file. */
export function dump(file: string): string {
  const database = new DatabaseSync(file, { readOnly: true });
  try {
    const tables = database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").all().map(({ name }) => String(name));
    return JSON.stringify(tables.map((name) => database.prepare(`SELECT * FROM "${name}"`).all()));
  } finally {
    database.close();
  }
}
