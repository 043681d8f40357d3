import { hash } from 'node:crypto';

/** Who made a change. `userId` is `sub` for a person, the token's id for a machine, `config` for the file of `--config`. */
export interface Actor {
  readonly userId: string;
  readonly name: string;
  readonly via: 'person' | 'token' | 'config' | 'system';
  readonly sourceIp?: string;
}

export interface ChangeTarget { readonly type: string; readonly id: string; readonly name?: string }

/** One change of a tenant's configuration, in the past tense. `before`/`after` are redacted views, null where there was or is nothing. */
export interface AuditEvent {
  /** ULID. */
  readonly eventId: string;
  readonly tenantId: string;
  /** Position in the tenant's chain, from 1. */
  readonly seq: number;
  /** RFC 3339. */
  readonly at: string;
  readonly actor: Actor;
  /** `<thing>.<past tense>`, such as `model.created`. */
  readonly action: string;
  readonly target: ChangeTarget;
  readonly before: object | null;
  readonly after: object | null;
  readonly requestId: string;
  /** Hash of the event before it; of the first event, `GENESIS`. */
  readonly prevHash: string;
  /** Lower-case hex of SHA-256(prevHash ‖ canonical JSON of the event without `hash`). */
  readonly hash: string;
}

export const GENESIS = '0'.repeat(64);

/** The event with its hash: a chain in which no event can be altered, dropped or moved without every later hash changing. */
export function sealEvent(event: Omit<AuditEvent, 'hash'>): AuditEvent {
  return { ...event, hash: eventHash(event) };
}

/** What the `hash` of an event must be. A stored `hash` in it is ignored. */
export function eventHash(event: Omit<AuditEvent, 'hash'>): string {
  const { hash: _stored, ...content } = event as AuditEvent;
  return hash('sha256', event.prevHash + canonicalJson(content), 'hex');
}

/** JSON with the members of every object in code-unit order and undefined members left out: equal values, equal text. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map((entry) => canonicalJson(entry ?? null)).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const members = Object.entries(value).filter(([, member]) => member !== undefined).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${canonicalJson(member)}`).join(',')}}`;
}
