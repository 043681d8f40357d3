import type { Decision } from '../contract/index.ts';
import { GatewayError } from '../core/errors.ts';
import { factsOf, type RequestFacts } from '../core/routing/request-facts.ts';
import type { CompiledPolicy } from '../core/routing/policy-compile.ts';
import type { RegisteredModel } from '../core/routing/policy.ts';
import { resolve, type Resolution } from '../core/routing/resolve.ts';
import type { SessionState } from '../core/routing/session-choice.ts';
import type { KeyRecord } from '../adapters/store/keys.ts';
import type { Exchange } from './exchange.ts';
import type { Ports } from './ports.ts';
import type { Asked } from './read.ts';
import { sessionOf } from './sessions.ts';

/** A decided request: what was asked, by whom, under which policy, and the models to try in order. */
export interface Plan {
  readonly exchange: Exchange;
  readonly key: KeyRecord;
  readonly policy: CompiledPolicy;
  readonly asked: Asked;
  readonly facts: RequestFacts;
  readonly decision: Decision;
  readonly route: readonly RegisteredModel[];
  readonly features: { v: number; dense: number[]; logits: number[] | null } | null;
  /** What the session's last answer left behind, where the decision looked for it. */
  readonly session?: SessionState;
  /** Set when a budget could only afford fewer output tokens than asked for (disclosed as `clamped=max_tokens`). */
  readonly maxOutputTokens?: number;
}

/** Decides where the request goes, within its session where there is one; throws the refusal. */
export async function route(exchange: Exchange, key: KeyRecord, asked: Asked, policy: CompiledPolicy, ports: Ports): Promise<Plan> {
  const before = ports.clock.elapsed();
  const facts = factsFor(exchange, asked);
  const { resolution, session } = await decideInSession(exchange, key, asked, policy, facts, ports);
  exchange.timing.route = ports.clock.elapsed() - before;
  if (!resolution.ok) throw new GatewayError(resolution.failure);
  const { decision, route: models, features } = resolution;
  return { exchange, key, policy, asked, facts, decision, route: models, features, ...(session && { session }) };
}

/** The decision of live traffic and of dry runs: again, with what is known of the session, where one bears on it. */
export async function decideInSession(
  exchange: Exchange, key: KeyRecord, asked: Asked, policy: CompiledPolicy, facts: RequestFacts, ports: Ports,
): Promise<{ resolution: Resolution; session?: SessionState }> {
  const alone = decide(exchange, key, asked, policy, facts, ports);
  const session = await sessionOf(policy.tenantId, alone, facts, exchange.atMs, ports);
  return session === undefined ? { resolution: alone } : { resolution: decide(exchange, key, asked, policy, facts, ports, { session }), session };
}

export function factsFor(exchange: Exchange, asked: Asked): RequestFacts {
  const { headers } = exchange.request;
  return factsOf(asked.conversation, {
    userAgent: headers['user-agent'],
    // Codex names its session in a header of its own; its conversations all begin with the same words.
    sessionHeader: headers['x-session-id'] ?? headers['session-id'],
    claudeSessionHeader: headers['x-claude-code-session-id'],
    app: headers['x-app'],
  });
}

/** What a second decision about the same request knows more. */
export interface Further { readonly session?: SessionState | undefined; readonly without?: ReadonlySet<string> }

/** The one call of the pure resolver, shared by live traffic, the budget's second try and the dry run. */
export function decide(
  exchange: Exchange, key: KeyRecord, asked: Asked, policy: CompiledPolicy, facts: RequestFacts, ports: Ports, { session, without }: Further = {},
): Resolution {
  return resolve({
    policy,
    facts,
    requestedModel: asked.conversation.model,
    dialect: exchange.format,
    key: { id: key.keyId, name: key.name, allowedModels: key.allowedModels },
    spend: spendPercentages(key, ports),
    breakerOpen: ports.breakers.open(key.tenantId),
    nowMs: exchange.atMs,
    templateSalt: policy.tenantId,
    ...(without && { excludeModels: without }),
    ...(session && { session }),
  });
}

/** Share of the key's own budgets spent, in percent, by the counters that the last write returned; null without a budget. */
function spendPercentages(key: KeyRecord, ports: Ports): { todayPct: number | null; monthPct: number | null } {
  if (key.dailyUsd === null && key.monthlyUsd === null) return UNBUDGETED;
  const counters = ports.accounts.peek(key.keyId);
  const share = (spentMicros: number | undefined, limitUsd: number | null): number | null =>
    limitUsd === null ? null : limitUsd === 0 ? 100 : ((spentMicros ?? 0) / (limitUsd * 1e6)) * 100;
  return { todayPct: share(counters?.spendTodayMicros, key.dailyUsd), monthPct: share(counters?.spendMonthMicros, key.monthlyUsd) };
}
const UNBUDGETED = { todayPct: null, monthPct: null } as const;
