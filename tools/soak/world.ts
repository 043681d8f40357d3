import { randomBytes } from 'node:crypto';
import { newKey, parseKey } from '../../functions/core/keys/virtual-key.ts';
import { priceFromUsd } from '../../functions/core/money/cost.ts';
import type { ModelPrice } from '../../functions/core/money/price.ts';
import type { Admin } from './admin.ts';
import type { Caller, Planted } from './requests.ts';
import type { SoakOptions } from './options.ts';

/** A budget and the keys that share it. Money in micro-USD. */
export interface Budget { readonly name: string; readonly limitMicros: number; readonly keyIds: readonly string[] }

export interface World {
  /** With how many of a hundred requests each comes. */
  readonly callers: readonly (Caller & { readonly share: number })[];
  readonly budgets: readonly Budget[];
  /** By the name that the upstream knows. */
  readonly prices: ReadonlyMap<string, ModelPrice>;
  /** Everything that must be found nowhere, by name. */
  readonly secrets: Map<string, string | Uint8Array>;
  readonly planted: Planted;
  /** A key of the right shape that nobody has. */
  readonly stranger: string;
  readonly tenantIds: readonly string[];
}

const canary = (name: string): string => `${name}-canary-${randomBytes(12).toString('hex')}`;
const PRICE = { input: 1, cacheRead: 0.1, output: 4 } as const;
const MODELS = [
  { id: 'chat-a', provider: 'openai-compatible', upstreamModel: 'up-chat-a', price: PRICE, maxOutputTokens: 400 },
  { id: 'chat-b', provider: 'openai-compatible', upstreamModel: 'up-chat-b', price: { input: 2, output: 8 }, maxOutputTokens: 400 },
  { id: 'claude-a', provider: 'anthropic', upstreamModel: 'up-claude-a', price: { input: 3, cacheRead: 0.3, output: 15 }, maxOutputTokens: 400 },
  { id: 'responses-a', provider: 'openai', upstreamModel: 'up-responses-a', price: PRICE, maxOutputTokens: 400, facts: { firstPartTimeoutMs: 2_500 } },
] as const;
const ROUTING = {
  aliases: [{ name: 'fast', target: 'model:chat-a' }, { name: 'best', target: 'tier:complex' }],
  patterns: [{ id: 'teams', priority: 10, glob: 'team/*', target: 'model:chat-b', fallbacks: ['claude-a', 'chat-a'] }],
  auto: { strategy: 'static', tiers: { simple: ['chat-a', 'responses-a'], moderate: ['chat-b', 'chat-a'], complex: ['claude-a', 'chat-b'] } },
};

interface KeyPlan { readonly name: string; readonly share: number; readonly limits: object; readonly budgetUsd?: number }

/**
 * Two tenants with the same models. The first has keys with limits of every kind, budgets among them that end early and late; the
 * second a budget that its keys share. Sizes follow from what the run will spend.
 */
export async function buildWorld(admin: Admin, upstreamUrl: string, { minutes, users, thinkMs }: SoakOptions, answerCanary: string): Promise<World> {
  const [first, second] = [canary('sk-first'), canary('sk-second')];
  const planted = { prompt: canary('prompt'), system: canary('system'), argument: canary('argument') };
  const secrets = new Map<string, string | Uint8Array>(Object.entries({ 'a credential': first, 'a second credential': second, 'a prompt': planted.prompt, 'a system prompt': planted.system, 'a tool argument': planted.argument, 'an answer': answerCanary }));
  const rate = users / ((thinkMs + 1_500) / 1_000);
  const requests = rate * minutes * 60;
  const spend = (share: number): number => round6((requests * share) / 100 * MEAN_USD);
  const made = await admin.call('POST', '/admin/tenants', { name: 'second' });
  const other = String(made['id']);
  const plans: readonly [string, readonly KeyPlan[]][] = [
    ['default', [
      { name: 'free', share: 34, limits: { rpm: null, tpm: null } },
      { name: 'limited', share: 10, limits: { rpm: Math.max(5, Math.ceil(rate * 60 * 0.07)), tpm: null } },
      { name: 'tokens', share: 8, limits: { rpm: null, tpm: Math.max(3_000, Math.ceil(rate * 60 * 0.08 * 400)) } },
      { name: 'narrow', share: 6, limits: { rpm: null, tpm: null, maxParallel: 2 } },
      { name: 'small budget', share: 6, limits: { rpm: null, tpm: null }, budgetUsd: spend(6) * 0.2 },
      { name: 'middle budget', share: 6, limits: { rpm: null, tpm: null }, budgetUsd: spend(6) * 0.6 },
      { name: 'large budget', share: 10, limits: { rpm: null, tpm: null }, budgetUsd: spend(10) * 50 },
    ]],
    [other, [{ name: 'left', share: 10, limits: { rpm: null, tpm: null } }, { name: 'right', share: 10, limits: { rpm: null, tpm: null }, budgetUsd: spend(10) * 5 }]],
  ];
  const [callers, budgets]: [World['callers'][number][], Budget[]] = [[], []];
  for (const [tenantId, keys] of plans) {
    for (const { id, ...model } of MODELS) {
      const several = id === 'chat-b';
      await admin.call('POST', '/admin/models', { id, ...model, baseUrl: upstreamUrl, ...(several ? { credentials: [{ name: 'one', apiKey: first }, { name: 'two', apiKey: second }] } : { apiKey: id === 'chat-a' ? first : second }) }, { tenantId });
    }
    await admin.call('PUT', '/admin/routing', ROUTING, { tenantId, ifMatch: 0 });
    for (const { name, share, limits, budgetUsd } of keys) {
      const created = await admin.call('POST', '/admin/keys', { name, env: 'test', ...limits, ...(budgetUsd !== undefined && { monthlyUsd: round6(budgetUsd) }) }, { tenantId });
      const [keyId, key] = [String(created['id']), String(created['key'])];
      callers.push({ keyId, key, share });
      secrets.set(`the key "${name}"`, parseKey(key)?.secret ?? '');
      if (budgetUsd !== undefined) budgets.push({ name, limitMicros: Math.round(round6(budgetUsd) * 1e6), keyIds: [keyId] });
    }
  }
  const sharedUsd = round6(spend(20) * 0.5);
  const settings = await admin.call('GET', '/admin/settings', undefined, { tenantId: other });
  const { version, ...rest } = settings;
  await admin.call('PUT', '/admin/settings', { ...rest, monthlyUsd: sharedUsd }, { tenantId: other, ifMatch: Number(version) });
  budgets.push({ name: 'tenant "second"', limitMicros: Math.round(sharedUsd * 1e6), keyIds: callers.slice(-2).map(({ keyId }) => keyId) });
  const token = await admin.call('POST', '/admin/tokens', { name: 'soak', role: 'viewer' }, { tenantId: 'default' });
  secrets.set('a machine token', String(token['token']));
  const invited = await admin.call('POST', '/admin/members', { role: 'viewer' }, { tenantId: 'default' });
  secrets.set('an invitation', String(invited['inviteUrl']).split(/[=#/]/).at(-1) ?? '');
  return {
    callers, budgets, secrets, planted, tenantIds: ['default', other], stranger: newKey('test', randomBytes).key,
    prices: new Map(MODELS.map(({ upstreamModel, price }) => [upstreamModel, priceFromUsd(price, 'soak')])),
  };
}

/** What one request costs on average with these models and answers; budgets are meant to be met, not to be exact. */
const MEAN_USD = 0.0009;
const round6 = (usd: number): number => Math.max(0.000001, Math.round(usd * 1e6) / 1e6);
