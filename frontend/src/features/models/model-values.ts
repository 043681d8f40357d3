import type { FieldErrors, Resolver } from 'react-hook-form';
import { modelCreate } from '../../../../functions/contract/admin/models.ts';
import type { ModelCreate, ModelPatch, ModelView } from '../../api/types.ts';

export const ABILITIES = ['vision', 'documents', 'audio', 'tools', 'strictSchema', 'reasoning'] as const;
export type Ability = (typeof ABILITIES)[number];

/** The form as it is typed: all texts, empty = not given. */
export interface ModelValues extends Record<Ability, '' | 'yes' | 'no'> {
  provider: ModelCreate['provider'];
  upstreamModel: string;
  id: string;
  apiKey: string;
  baseUrl: string;
  apiVersion: string;
  region: string;
  tier: '' | 'simple' | 'moderate' | 'complex';
  maxOutputTokens: string;
  priceInput: string;
  priceOutput: string;
  priceCached: string;
  contextWindow: string;
}

const text = (value: number | undefined | null): string => (value === undefined || value === null ? '' : String(value));
const answer = (value: boolean | undefined): '' | 'yes' | 'no' => (value === undefined ? '' : value ? 'yes' : 'no');

export function valuesOf(model: ModelView | undefined, tier: ModelValues['tier'] = ''): ModelValues {
  const facts = model?.facts ?? {};
  return {
    provider: (model?.provider ?? 'openai') as ModelValues['provider'], upstreamModel: model?.upstreamModel ?? '', id: model?.id ?? '', apiKey: '', baseUrl: model?.baseUrl ?? '', apiVersion: model?.apiVersion ?? '', region: model?.region ?? '', tier,
    maxOutputTokens: text(model?.maxOutputTokens), priceInput: text(model?.price?.input), priceOutput: text(model?.price?.output), priceCached: text(model?.price?.cacheRead), contextWindow: text(facts.contextWindow),
    vision: answer(facts.vision), documents: answer(facts.documents), audio: answer(facts.audio), tools: answer(facts.tools), strictSchema: answer(facts.strictSchema), reasoning: answer(facts.reasoning),
  };
}

const number = (value: string): number | undefined => (value.trim() === '' ? undefined : Number(value));

/** What is sent for a new model. Of `before`, what the form has no fields for stays: further prices and facts. */
export function bodyOf(values: ModelValues, before?: ModelView): ModelCreate {
  const { provider, upstreamModel, id, apiKey, baseUrl, apiVersion, region, tier } = values;
  const [input, output, cacheRead] = [number(values.priceInput), number(values.priceOutput), number(values.priceCached)];
  const { input: _in, output: _out, cacheRead: _cached, ...otherPrices } = before?.price ?? { input: 0, output: 0 };
  const isPriced = input !== undefined || output !== undefined || cacheRead !== undefined;
  const facts: Record<string, unknown> = { ...before?.facts };
  const put = (name: string, value: unknown): void => {
    if (value === undefined) delete facts[name];
    else facts[name] = value;
  };
  put('contextWindow', number(values.contextWindow));
  for (const ability of ABILITIES) put(ability, values[ability] === '' ? undefined : values[ability] === 'yes');
  const maxOutputTokens = number(values.maxOutputTokens);
  return {
    id: id.trim(), provider, upstreamModel: upstreamModel.trim(),
    ...(apiKey.trim() !== '' && { apiKey: apiKey.trim() }), ...(baseUrl.trim() !== '' && { baseUrl: baseUrl.trim() }), ...(apiVersion.trim() !== '' && { apiVersion: apiVersion.trim() }), ...(region.trim() !== '' && { region: region.trim() }),
    ...(tier !== '' && { tier }), ...(maxOutputTokens !== undefined && { maxOutputTokens }),
    ...(isPriced && { price: { ...otherPrices, input: input as number, output: output as number, ...(cacheRead !== undefined && { cacheRead }) } }),
    ...(Object.keys(facts).length > 0 && { facts }),
  };
}

/** The same as a change: what is empty now is taken away. */
export function patchOf(values: ModelValues, before: ModelView): ModelPatch {
  const { id: _id, tier: _tier, enabled: _enabled, ...body } = bodyOf(values, before);
  const emptied = { ...(before.baseUrl !== null && { baseUrl: null }), ...(before.apiVersion !== null && { apiVersion: null }), ...(before.region !== null && { region: null }), ...(before.maxOutputTokens !== null && { maxOutputTokens: null }), ...(before.price !== null && { price: null }), ...(before.facts !== null && { facts: null }) };
  return { ...emptied, ...body };
}

/** What the API calls a field → what the form calls it. */
export function fieldOf(path: readonly (string | number)[]): keyof ModelValues | undefined {
  const [first, second] = path.map(String);
  if (first === 'price') return second === 'output' ? 'priceOutput' : second === 'cacheRead' ? 'priceCached' : 'priceInput';
  if (first === 'facts') return second === 'contextWindow' ? 'contextWindow' : undefined;
  return first as keyof ModelValues | undefined;
}

export interface Extra { readonly field: keyof ModelValues; readonly message: string }

/** The contract's own judgement of what would be sent, and `more`, which knows the other models. */
export const resolverFor = (before: ModelView | undefined, more: (values: ModelValues) => readonly Extra[]): Resolver<ModelValues> => (values) => {
  const parsed = modelCreate.safeParse(bodyOf(values, before));
  const errors: FieldErrors<ModelValues> = {};
  const put = (field: keyof ModelValues | undefined, message: string): void => { if (field !== undefined) errors[field] ??= { type: 'invalid', message }; };
  for (const { field, message } of more(values)) put(field, message);
  if (!parsed.success) for (const issue of parsed.error.issues) put(fieldOf(issue.path as (string | number)[]), issue.message);
  return Object.keys(errors).length === 0 ? { values, errors: {} } : { values: {}, errors };
};
