import { randomBytes } from 'node:crypto';
import type { AdminPorts, Identity } from '../../functions/admin/ports.ts';
import type { Analytics } from '../../functions/admin/usage/analytics.ts';
import type { AdminToken } from './admin-token.ts';
import { DEFAULT_TENANT } from './default-tenant.ts';
import type { Edition } from './edition.ts';

export interface LocalAdmin {
  readonly edition: Edition;
  readonly token: AdminToken;
  readonly allowHosts: readonly string[];
  readonly dashboardUrl: string;
  readonly analytics: Analytics;
}

const OPERATOR: Identity = { userId: 'local-operator', name: 'Operator of this machine', via: 'token', memberships: [{ tenantId: DEFAULT_TENANT, role: 'owner' }] };

/** The control plane of one machine: it seals with the same embedded key service, and what it changes holds at once. */
export function localAdminPorts({ edition, token, allowHosts, dashboardUrl, analytics }: LocalAdmin): AdminPorts {
  return {
    store: edition.store,
    analytics,
    newRequestId: edition.ports.newRequestId,
    now: () => Date.now(),
    random: Math.random,
    randomBytes: (size) => randomBytes(size),
    identify: async (bearer) => (token.matches(bearer) ? OPERATOR : undefined),
    sealing: edition.sealing,
    pepper: async () => edition.pepper,
    urlPolicy: { allowHosts, allowLoopback: true },
    testModel: async () => ({ ok: false, status: null, latencyMs: 0, message: 'not wired yet', hint: null }),
    changed: () => edition.caches.invalidate(),
    revocationSeconds: 0,
    dashboardUrl,
  };
}
