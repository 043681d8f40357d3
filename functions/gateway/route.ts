import type { Decision } from '../contract/index.ts';
import { GatewayError } from '../core/errors.ts';
import { factsOf, type RequestFacts } from '../core/routing/request-facts.ts';
import type { CompiledPolicy } from '../core/routing/policy-compile.ts';
import { usablePrior } from '../core/routing/classifier/prior-artifact.ts';
import type { RegisteredModel } from '../core/routing/policy.ts';
import type { Resolution, ResolveInput } from '../core/routing/resolve-input.ts';
import { resolve } from '../core/routing/resolve.ts';
import type { KeyRecord } from '../adapters/store/keys.ts';
import type { Exchange } from './exchange.ts';
import { consult, type Judging } from './judge/consult.ts';
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
  /** What was decided on; a second decision of the same request differs from it in one thing only. */
  readonly input: ResolveInput;
  /** Set while a judge is still to be asked: then any tier's models may serve. */
  readonly judging?: Judging;
  /** Set when a budget could only afford fewer output tokens than asked for (disclosed as `clamped=max_tokens`). */
  readonly maxOutputTokens?: number;
}

/** Decides where the request goes, within its session where there is one; throws the refusal. */
export async function route(exchange: Exchange, key: KeyRecord, asked: Asked, policy: CompiledPolicy, ports: Ports): Promise<Plan> {
  const before = ports.clock.elapsed();
  const facts = factsFor(exchange, asked);
  const { input, resolution } = await inSession(await inputOf(exchange, key, asked, policy, facts, ports), ports);
  if (!resolution.ok) {
    exchange.timing.route = ports.clock.elapsed() - before;
    throw new GatewayError(resolution.failure);
  }
  const { decided: { decision, route: models, features }, judging } = consult(input, resolution, ports);
  exchange.timing.route = ports.clock.elapsed() - before;
  return { exchange, key, policy, asked, facts, decision, route: models, features, input, ...(judging && { judging }) };
}

/** The decision of live traffic and of dry runs: again, with what is known of the session, where one bears on it. */
export async function inSession(alone: ResolveInput, ports: Ports): Promise<{ input: ResolveInput; resolution: Resolution }> {
  const resolution = resolve(alone);
  const session = await sessionOf(resolution, alone, ports);
  if (session === undefined) return { input: alone, resolution };
  const input = { ...alone, session };
  return { input, resolution: resolve(input) };
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

/** What the pure resolver decides on, shared by live traffic and the dry run. */
export async function inputOf(exchange: Exchange, key: KeyRecord, asked: Asked, policy: CompiledPolicy, facts: RequestFacts, ports: Ports): Promise<ResolveInput> {
  return {
    policy,
    facts,
    requestedModel: asked.conversation.model,
    dialect: exchange.format,
    key: { id: key.keyId, name: key.name, allowedModels: key.allowedModels },
    spend: spendPercentages(key, ports),
    breakerOpen: ports.breakers.open(key.tenantId),
    nowMs: exchange.atMs,
    templateSalt: await ports.templateSalt(policy.tenantId),
    prior: usablePrior(),
  };
}

/** Share of the key's own budgets spent, in percent, by the counters that the last write returned; null without a budget. */
function spendPercentages(key: KeyRecord, ports: Ports): { todayPct: number | null; monthPct: number | null } {
  if (key.dailyUsd === null && key.monthlyUsd === null) return UNBUDGETED;
  const counters = ports.accounts.peek(key);
  const share = (spentMicros: number | undefined, limitUsd: number | null): number | null =>
    limitUsd === null ? null : limitUsd === 0 ? 100 : ((spentMicros ?? 0) / (limitUsd * 1e6)) * 100;
  return { todayPct: share(counters?.spendTodayMicros, key.dailyUsd), monthPct: share(counters?.spendMonthMicros, key.monthlyUsd) };
}
const UNBUDGETED = { todayPct: null, monthPct: null } as const;
