import { randomBytes } from 'node:crypto';
import type { AdminPorts } from '../../functions/admin/ports.ts';
import type { Gauge } from '../../functions/adapters/observe/metrics.ts';
import type { Analytics } from '../../functions/admin/usage/analytics.ts';
import type { TokenSubject } from '../../functions/adapters/identity/verify-token.ts';
import { bearerIdentity } from '../../functions/admin/people/person-token.ts';
import { personIdentity } from '../../functions/admin/people/identity.ts';
import { testModel } from '../../functions/gateway/test-model.ts';
import type { AdminToken } from './admin-token.ts';
import { DEFAULT_TENANT, OPERATOR } from './default-tenant.ts';
import type { Edition } from './edition.ts';
import { openEventLoopDelay } from './event-loop-delay.ts';

export interface LocalAdmin {
  readonly edition: Edition;
  readonly token: AdminToken;
  readonly allowHosts: readonly string[];
  /** Known once the server listens. */
  readonly dashboardUrl: () => string;
  /** Access tokens of people who signed in. */
  readonly verify: (token: string) => Promise<TokenSubject | undefined>;
  readonly analytics: Analytics;
}

/** Values of the moment: the process's own, and which models nobody is sent to. */
function gauges({ ports }: Edition, tenantId: string): Gauge[] {
  const { rss, heapUsed } = process.memoryUsage();
  return [
    { name: 'process_resident_memory_bytes', help: 'Memory of this process.', value: rss },
    { name: 'nodejs_heap_size_used_bytes', help: 'Heap in use.', value: heapUsed },
    { name: 'process_uptime_seconds', help: 'Since the process began.', value: Math.round(process.uptime()) },
    { name: 'bsgateway_open_breakers', help: 'Models that no request is sent to because they keep failing.', value: ports.breakers.open(tenantId).size },
  ];
}

/** The control plane of one machine: it seals with the same embedded key service, and what it changes holds at once. */
export function localAdminPorts({ edition, token, allowHosts, dashboardUrl, analytics, verify }: LocalAdmin): AdminPorts {
  const eventLoop = openEventLoopDelay();
  return {
    store: edition.store,
    analytics,
    newRequestId: edition.ports.newRequestId,
    now: () => Date.now(),
    random: Math.random,
    randomBytes: (size) => randomBytes(size),
    identify: async (bearer) => (token.matches(bearer) ? { ...await personIdentity(edition.store, OPERATOR), via: 'token' } : bearerIdentity({ store: edition.store, verify }, bearer)),
    sealing: edition.sealing,
    pepper: async () => edition.pepper,
    urlPolicy: { allowHosts, allowLoopback: true },
    testModel: (test) => testModel({ keys: edition.opening, outbound: edition.ports.outbound, clock: edition.ports.clock }, test),
    changed: () => edition.caches.invalidate(),
    metricsText: (tenantId) => edition.ports.metrics?.text(tenantId, gauges(edition, tenantId), [eventLoop()]) ?? '',
    ...(edition.ports.access && { access: edition.ports.access }),
    operatorTenantId: DEFAULT_TENANT,
    revocationSeconds: 0,
    get dashboardUrl() { return dashboardUrl(); },
  };
}
