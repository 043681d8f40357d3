import { routing, type ModelFacts } from '../../../functions/contract/index.ts';
import { codecs } from '../../../functions/core/dialects/dialect.ts';
import type { Conversation } from '../../../functions/core/conversation.ts';
import { usablePrior } from '../../../functions/core/routing/classifier/prior-artifact.ts';
import type { ModelPrice } from '../../../functions/core/money/price.ts';
import { compilePolicy } from '../../../functions/core/routing/policy-compile.ts';
import type { Policy, RegisteredModel } from '../../../functions/core/routing/policy.ts';
import { factsOf, type FactsContext, type RequestFacts } from '../../../functions/core/routing/request-facts.ts';
import type { Resolution, ResolveInput } from '../../../functions/core/routing/resolve-input.ts';
import { resolve } from '../../../functions/core/routing/resolve.ts';

/** A flat price: `usd` per 1M tokens of input, four times that for output. */
export const priceOf = (usd: number): ModelPrice => ({ version: 'test', input: usd * 1e6, cacheRead: usd * 1e6, cacheWrite5m: usd * 1e6, cacheWrite1h: usd * 1e6, output: usd * 4e6 });

export function model(id: string, own: Partial<RegisteredModel> = {}): RegisteredModel {
  return { id, provider: 'openai', upstreamModel: id, enabled: true, price: priceOf(1), facts: {}, credentials: [{ credentialId: `c-${id}`, version: 1, name: 'main' }], ...own };
}
export const able = (id: string, facts: ModelFacts): RegisteredModel => model(id, { facts });

export const mapOf = (...models: RegisteredModel[]): ReadonlyMap<string, RegisteredModel> => new Map(models.map((one) => [one.id, one]));

export function chat(body: Record<string, unknown> = {}): Conversation {
  return codecs['openai-chat'].readRequest({ model: 'auto', messages: [{ role: 'user', content: 'Hello!' }], ...body });
}
export const ask = (content: unknown, more: Record<string, unknown> = {}): Conversation => chat({ messages: [{ role: 'user', content }], ...more });
export const facts = (conversation: Conversation = chat(), context: FactsContext = {}): RequestFacts => factsOf(conversation, context);

/** Three tiers of one model each: cheap ($0.1), mid ($1), strong ($10). */
export const THREE = [model('cheap', { price: priceOf(0.1) }), model('mid'), model('strong', { price: priceOf(10) })];

export interface World extends Partial<Omit<ResolveInput, 'policy' | 'facts'>> {
  readonly document?: Record<string, unknown>;
  readonly auto?: Record<string, unknown>;
  readonly models?: readonly RegisteredModel[];
  readonly policy?: Partial<Policy>;
  readonly ask?: Conversation;
  readonly context?: FactsContext;
}

/** One decision over the three tiers, everything overridable. */
export function decide(requestedModel: string, { document = {}, auto = {}, models = THREE, policy = {}, ask: conversation, context = {}, ...input }: World = {}): Resolution {
  const tiers = { simple: ['cheap'], moderate: ['mid'], complex: ['strong'] };
  return resolve({
    policy: compilePolicy({
      tenantId: 't', version: 7, timezone: 'UTC', unknownNames: 'reject', paused: false, alwaysStrongest: false, models: mapOf(...models),
      document: routing.parse({ auto: { strategy: 'static', tiers, ...auto }, ...document }), ...policy,
    }),
    facts: facts(conversation, context),
    requestedModel, dialect: 'openai-chat', key: { id: 'k1', name: 'ci', allowedModels: null }, spend: { todayPct: null, monthPct: null },
    breakerOpen: new Set(), nowMs: Date.UTC(2026, 10, 23, 12), templateSalt: 'salt', prior: usablePrior(), ...input,
  });
}
export const routeOf = (resolution: Resolution): string[] => (resolution.ok ? resolution.route.map(({ id }) => id) : []);
export const codeOf = (resolution: Resolution): string => (resolution.ok ? 'ok' : resolution.failure.code);
export const excludedOf = (resolution: Resolution): Record<string, string | null> => Object.fromEntries(resolution.decision?.candidates.map(({ model: id, excluded }) => [id, excluded]) ?? []);

/** Prompts whose static tier is what their name says (checked by the tests that use them). */
export const PROMPTS = {
  simple: 'Hello!',
  moderate: 'Implement quicksort in Python and explain step by step how it works',
  complex: 'Architect a scalable payment system with trade-offs for consistency and latency',
} as const;
