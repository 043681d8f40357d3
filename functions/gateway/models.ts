import { fail } from '../core/errors.ts';
import type { CompiledPolicy } from '../core/routing/policy-compile.ts';
import type { KeyRecord } from '../adapters/store/keys.ts';
import type { Exchange } from './exchange.ts';
import { admitLight } from './light.ts';
import type { GatewayResponse, Ports } from './ports.ts';
import { jsonResponse, rateLimitHeaders, requestIdHeaders } from './respond.ts';

interface Listed { readonly id: string; readonly owner: string }

/** What this key may ask for: enabled models on its allow-list, aliases and `auto` (which are always askable). */
function askable(policy: CompiledPolicy, key: KeyRecord): Listed[] {
  const allowed = (id: string): boolean => key.allowedModels === null || key.allowedModels.includes(id);
  const models = [...policy.models.values()].filter((model) => model.enabled && !model.id.endsWith('*') && allowed(model.id));
  const aliases = policy.document.aliases.filter((alias) => alias.enabled);
  return [
    { id: 'auto', owner: 'bsgateway' },
    ...aliases.map((alias) => ({ id: alias.name, owner: 'bsgateway' })),
    ...models.map((model) => ({ id: model.id, owner: model.provider })),
  ];
}

/** `GET /v1/models` in OpenAI's shape, or Anthropic's when `anthropic-version` is sent. */
export async function listModels(exchange: Exchange, ports: Ports): Promise<GatewayResponse> {
  const { key, policy, counters } = await admitLight(exchange, ports);
  const listed = askable(policy, key).map((item) => shape(item, exchange));
  const body = exchange.dialect === 'anthropic-messages'
    ? { data: listed, has_more: false, first_id: listed[0]?.id ?? null, last_id: listed.at(-1)?.id ?? null }
    : { object: 'list', data: listed };
  return jsonResponse(200, body, headers(exchange, counters));
}

/** `GET /v1/models/{id}`: 404 for what this key may not call, as for what does not exist. */
export async function oneModel(exchange: Exchange, ports: Ports): Promise<GatewayResponse> {
  const { key, policy, counters } = await admitLight(exchange, ports);
  const id = decoded(exchange.request.path.slice('/v1/models/'.length));
  const item = askable(policy, key).find((listed) => listed.id === id);
  if (item === undefined) return fail('model_not_found', 'There is no model, alias or route of this name for this key.', { param: 'model' });
  return jsonResponse(200, shape(item, exchange), headers(exchange, counters));
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function headers(exchange: Exchange, counters: Parameters<typeof rateLimitHeaders>[1]): Record<string, string> {
  return { ...requestIdHeaders(exchange.requestId), ...rateLimitHeaders(exchange.dialect, counters, exchange.atMs) };
}

/** `created` is unknown for a registered model; both APIs demand a date, so it is the epoch. */
function shape(item: Listed, exchange: Exchange): { id: string } & Record<string, unknown> {
  return exchange.dialect === 'anthropic-messages'
    ? { type: 'model', id: item.id, display_name: item.id, created_at: '1970-01-01T00:00:00Z' }
    : { id: item.id, object: 'model', created: 0, owned_by: item.owner };
}
