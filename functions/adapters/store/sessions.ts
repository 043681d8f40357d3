import { dropOldest } from '../../core/drop-oldest.ts';
import { SESSION_TTL_MS, type SessionState } from '../../core/routing/session-choice.ts';
import { partition } from './entity.ts';
import type { Item, Key, Store } from './port.ts';

/** What the data plane remembers of sessions between their requests. */
export interface Sessions {
  /** The session's state, unless its last answer is more than an hour ago. One strongly consistent read. */
  of(tenantId: string, sessionId: string, nowMs: number): Promise<SessionState | undefined>;
  /** One write; the last one wins. This process knows it before the write has ended. */
  keep(tenantId: string, sessionId: string, state: SessionState): Promise<void>;
}

const keyOf = (tenantId: string, sessionId: string): Key => ({ table: 'usage', pk: partition('T', tenantId, 'SESSION', sessionId), sk: 'session' });
/** Sessions whose last state is kept in memory too; the oldest are forgotten, and read from the store. */
const MAX_NOTED = 5_000;

export function openSessions(store: Store): Sessions {
  const noted = new Map<string, SessionState>();
  return {
    async of(tenantId, sessionId, nowMs) {
      const stored = stateOf(await store.get(keyOf(tenantId, sessionId)));
      const own = noted.get(partition(tenantId, sessionId));
      const latest = own !== undefined && (stored === undefined || own.at > stored.at) ? own : stored;
      return latest !== undefined && nowMs - latest.at < SESSION_TTL_MS ? latest : undefined;
    },
    async keep(tenantId, sessionId, state) {
      const name = partition(tenantId, sessionId);
      noted.delete(name);
      noted.set(name, state);
      if (noted.size > MAX_NOTED) dropOldest(noted);
      await store.write([{ put: keyOf(tenantId, sessionId), item: { ...state, expiresAt: Math.ceil((state.at + SESSION_TTL_MS) / 1_000) } }]);
    },
  };
}

function stateOf(item: Item | undefined): SessionState | undefined {
  if (item === undefined) return undefined;
  return { model: String(item['model']), requests: Number(item['requests']), contextTokens: Number(item['contextTokens']), at: Number(item['at']) };
}
