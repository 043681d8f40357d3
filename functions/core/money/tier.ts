import type { Conversation } from '../conversation.ts';
import type { ModelPrice } from './price.ts';

/** Words of the providers for "as usual": such a tier has the plain price. `auto` leaves it to the provider's own settings. */
const PLAIN: ReadonlySet<string> = new Set(['auto', 'default', 'standard', 'standard_only', 'on_demand']);
const MAX_LENGTH = 32;

/** Members of a body that choose a tariff, with their words: OpenAI's and Anthropic's `service_tier`, Anthropic's `speed` ("fast mode"). */
export const TIER_MEMBERS = ['service_tier', 'speed'] as const;
export type TierMember = (typeof TIER_MEMBERS)[number];

/** What the caller asks for beyond the plain tariff, by member; mostly nothing. */
export function tiersAsked({ dialect, extras }: Conversation): ReadonlyMap<TierMember, string> {
  const asked = new Map<TierMember, string>();
  for (const member of TIER_MEMBERS) {
    const value = extras[member];
    if (typeof value === 'string' && !PLAIN.has(value) && (member !== 'speed' || dialect === 'anthropic-messages')) asked.set(member, value);
  }
  return asked;
}

/** The tariff that an answer says it was served at, in the provider's word; undefined where it says nothing. */
export function tierServed(serviceTier: unknown, speed?: unknown): string | undefined {
  const said = typeof speed === 'string' && !PLAIN.has(speed) ? speed : serviceTier;
  return typeof said === 'string' ? said.slice(0, MAX_LENGTH) : undefined;
}

/** How many times the plain price a tier costs; undefined = nobody said. */
export function factorOf(price: ModelPrice, tier: string): number | undefined {
  if (PLAIN.has(tier)) return 1;
  return price.tiers !== undefined && Object.hasOwn(price.tiers, tier) ? price.tiers[tier] : undefined;
}

/** The price at a tier; where nobody knows its factor the plain one, and `isKnown` is false. Unpriced stays unpriced. */
export function priceAt(price: ModelPrice | null, tier: string | undefined): { readonly price: ModelPrice | null; readonly isKnown: boolean } {
  const factor = price === null || tier === undefined ? 1 : factorOf(price, tier);
  if (price === null || factor === undefined || factor === 1) return { price, isKnown: factor !== undefined };
  const times = (micros: number): number => Math.round(micros * factor);
  return {
    price: {
      ...price, input: times(price.input), cacheRead: times(price.cacheRead), cacheWrite5m: times(price.cacheWrite5m), cacheWrite1h: times(price.cacheWrite1h), output: times(price.output),
    },
    isKnown: true,
  };
}
