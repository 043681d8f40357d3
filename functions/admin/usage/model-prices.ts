import type { RoutingDocument } from '../../contract/routing.ts';
import type { ModelRecord } from '../../adapters/store/models.ts';
import { priceFor } from '../../core/money/catalogue.ts';

/** Below this ratio of the dearest to the cheapest model there is little to save. */
const ALIKE = 2;
/** A typical request has some three tokens in for each one out. */
const BLEND = { input: 3, output: 1 } as const;

export interface PriceRange { readonly cheapest: string | null; readonly strongest: string | null; readonly alike: boolean }

/** The ends of what can be routed between: `strongest` is what savings are measured against, the dearest model of the strongest tier that has one. */
export function priceRange(enabled: readonly ModelRecord[], { auto: { tiers } }: RoutingDocument): PriceRange {
  const priced = enabled.flatMap(({ id, provider, upstreamModel, price: own }) => {
    const price = priceFor(provider, upstreamModel, own);
    return price === null ? [] : [{ id, micros: BLEND.input * price.input + BLEND.output * price.output }];
  }).toSorted((a, b) => a.micros - b.micros);
  const [cheapest] = priced;
  const dearest = priced.at(-1);
  const inTier = [tiers.complex, tiers.moderate, tiers.simple].map((ids) => priced.filter(({ id }) => ids.includes(id)).at(-1)).find((model) => model !== undefined);
  return {
    cheapest: cheapest?.id ?? null, strongest: (inTier ?? dearest)?.id ?? null,
    alike: priced.length > 1 && cheapest !== undefined && dearest !== undefined && dearest.micros < ALIKE * cheapest.micros,
  };
}

export const activeRules = ({ aliases, patterns }: RoutingDocument): number => [...aliases, ...patterns].filter(({ enabled }) => enabled).length;
