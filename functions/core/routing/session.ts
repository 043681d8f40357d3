import { hash } from 'node:crypto';
import type { RequestFacts } from './request-facts.ts';

const hashed = (text: string): string => hash('sha256', text).slice(0, 24);

/**
 * The session a request belongs to: the key with the caller's own session id (a header: ours, Codex's or Claude Code's, or
 * the session part that Claude Code puts into `metadata.user_id`), else with the first user turn, which later turns of a conversation repeat.
 */
export function sessionIdOf(keyId: string, facts: RequestFacts): string | null {
  const { context, conversation } = facts;
  const named = context.sessionHeader ?? context.claudeSessionHeader ?? sessionPartOf(conversation.user ?? '');
  if (named !== undefined && named !== '') return sessionIdFor(keyId, named);
  const first = conversation.turns.find((turn) => turn.role === 'user')?.parts.find((part) => part.type === 'text');
  return first === undefined ? null : `s_${hashed(`${keyId}\n${conversation.user ?? ''}\n${first.text.slice(0, 4_096)}`)}`;
}

/** The session of a key that its caller has named. */
export const sessionIdFor = (keyId: string, named: string): string => `s_${hashed(`${keyId}\n${named}`)}`;

/** What follows the last `_session_`; searched from the end, since a regular expression would be quadratic here. */
function sessionPartOf(user: string): string | undefined {
  const at = user.lastIndexOf(MARK);
  const part = at < 0 ? '' : user.slice(at + MARK.length);
  return part.length <= 128 && /^[\w-]+$/.test(part) ? part : undefined;
}
const MARK = '_session_';
