import type { ModelFacts, Price, ProviderKind } from '../../contract/index.ts';
import catalogue from './catalogue.json' with { type: 'json' };
import { priceFromUsd } from './cost.ts';
import type { ModelPrice } from './price.ts';

/**
 * What is publicly known of a model. Prices in USD per 1M tokens. A value nobody could confirm is absent, never guessed:
 * a model whose tariff has steps or is unknown has no price and is shown as unpriced.
 */
export interface CatalogueRow {
  readonly provider: ProviderKind;
  readonly upstreamModel: string;
  readonly price?: Price;
  readonly facts: ModelFacts;
  /** The vendor's page that says so, and when it was read. */
  readonly source: string;
  readonly date: string;
}

export const CATALOGUE_VERSION: string = catalogue.version;
export const CATALOGUE: readonly CatalogueRow[] = catalogue.rows as readonly CatalogueRow[];

const rows = new Map(CATALOGUE.map((row) => [`${row.provider}\n${row.upstreamModel}`, row]));
/** Vendors append the day of a snapshot: `-20250929`, `-2025-08-07`, or `-latest`. */
const SNAPSHOT = /-(?:\d{8}|\d{4}-\d{2}-\d{2}|latest)$/;

/** The row of a model, with or without the day of its snapshot; undefined when nothing is known of it. */
export function lookup(provider: ProviderKind, upstreamModel: string): CatalogueRow | undefined {
  return rows.get(`${provider}\n${upstreamModel}`) ?? rows.get(`${provider}\n${upstreamModel.replace(SNAPSHOT, '')}`);
}

/** The catalogue's facts, each overridden by the operator's own where he gave one. */
export function factsFor(provider: ProviderKind, upstreamModel: string, own: ModelFacts | undefined): ModelFacts {
  return { ...lookup(provider, upstreamModel)?.facts, ...own };
}

/** The operator's price, else the catalogue's, else null (unpriced; never 0). */
export function priceFor(provider: ProviderKind, upstreamModel: string, own: Price | undefined): ModelPrice | null {
  if (own !== undefined) return priceFromUsd(own, 'override');
  const known = lookup(provider, upstreamModel)?.price;
  return known === undefined ? null : priceFromUsd(known, CATALOGUE_VERSION);
}
