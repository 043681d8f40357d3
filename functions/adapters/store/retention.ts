import type { Item } from './port.ts';
import type { TenantRecord } from './tenants.ts';

const DAY_SECONDS = 86_400;

/** After how many days the store may forget what a tenant's setting speaks of; undefined = never. */
export const keptDays = (tenant: Pick<TenantRecord, 'retentionDays'> | undefined, of: 'ledger' | 'rollups' | 'audit'): number | undefined => tenant?.retentionDays?.[of] ?? undefined;

/** Epoch seconds at which what is of `atMs` (epoch ms) may be forgotten; undefined = never. */
export const forgottenAt = (atMs: number, days: number | undefined): number | undefined => (days === undefined ? undefined : Math.ceil(atMs / 1000) + days * DAY_SECONDS);

/** The store may take a while to remove what has expired: until then a reader that knows the time (epoch ms) passes over it. */
export const isForgotten = ({ expiresAt }: Item, nowMs: number | undefined): boolean => nowMs !== undefined && typeof expiresAt === 'number' && expiresAt * 1000 <= nowMs;
