import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ChainVerifier, type BrokenLink } from '../../core/audit/chain.ts';
import { eventHash, type AuditEvent } from '../../core/audit/event.ts';

/** The tenants of which a copy of the archive, as one folder, holds events. */
export function archivedTenants(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory()).map(({ name }) => decodeURIComponent(name)).toSorted();
}

/**
 * Verifies a tenant's archived chain from its first event on, object by object in the order of their names. How much
 * there should be only the live table knows: events cut off at the end show there, not here.
 */
export function verifyArchive(folder: string, tenantId: string): { readonly events: number; readonly broken: BrokenLink | undefined } {
  const verifier = new ChainVerifier(tenantId);
  const hashes: string[] = [];
  // A run that died before its note, or ran beside another, leaves a stretch twice under two names: then both must say the same.
  const take = (event: AuditEvent): BrokenLink | undefined => {
    const known = hashes[event.seq - 1];
    if (known !== undefined) return event.hash === known && eventHash(event) === known ? undefined : { seq: event.seq, fault: 'altered', eventId: event.eventId };
    const broken = verifier.take(event);
    if (broken === undefined) hashes.push(event.hash);
    return broken;
  };
  const place = join(folder, encodeURIComponent(tenantId));
  for (const name of readdirSync(place).filter((each) => each.endsWith('.ndjson')).toSorted()) {
    for (const line of readFileSync(join(place, name), 'utf8').split('\n').filter((each) => each !== '')) {
      const event = eventOf(line);
      const seen = verifier.last.seq;
      const broken = event === undefined ? { seq: seen + 1, fault: 'altered' as const, eventId: null } : take(event);
      if (broken !== undefined) return { events: seen, broken };
    }
  }
  return { events: verifier.last.seq, broken: undefined };
}

function eventOf(line: string): AuditEvent | undefined {
  try {
    return JSON.parse(line) as AuditEvent;
  } catch {
    return undefined;
  }
}
