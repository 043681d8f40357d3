import type { RequestsAsk } from '../../api/requests.ts';
import { filtersOf } from '../analytics/ask.ts';
import type { AuditSearch } from './search.ts';

/** The API takes ids and parts of them only; what else was typed matches nothing and is not asked for. */
export const isIdPart = (text: string): boolean => /^[0-9A-Za-z]{1,26}$/.test(text);

/** What the list asks the API for; what is not set is left out. */
export function askOf(search: AuditSearch): RequestsAsk {
  const { requestedModel, minLatencyMs, minCostMicros, q } = search;
  return {
    ...filtersOf(search), ...(requestedModel !== undefined && { requestedModel }), ...(minLatencyMs !== undefined && { minLatencyMs }), ...(minCostMicros !== undefined && { minCostMicros }),
    ...(q !== undefined && isIdPart(q) && { id: q }),
  };
}

export const hasFilters = (search: AuditSearch): boolean => Object.keys(askOf(search)).length > 0 || search.q !== undefined;

export const NO_FILTERS = { model: undefined, key: undefined, rule: undefined, tier: undefined, stage: undefined, status: undefined, requestedModel: undefined, minLatencyMs: undefined, minCostMicros: undefined, q: undefined } as const;
