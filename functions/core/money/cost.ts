import type { Price } from '../../contract/model.ts';
import type { ModelPrice } from './price.ts';
import type { TokenUsage } from './usage.ts';

const TOKENS_PER_PRICE = 1_000_000;
/** Share of a 1-hour cache write over a 5-minute one when a price does not say: twice the input price over 1.25 times. */
const ONE_HOUR_WRITE = 1.6;

/**
 * Integer micro-USD of one request: the sum over the token classes of tokens × price, divided by 10⁶ and rounded half up
 * once. Exact for whole counts and prices of any size. An unknown class counts as 0, reasoning is inside output. null = unpriced.
 */
export function costMicros(usage: TokenUsage, price: ModelPrice | null): number | null {
  if (price === null) return null;
  const { input = 0, cacheRead = 0, cacheWrite5m = 0, cacheWrite1h = 0, output = 0 } = usage;
  const total = input * price.input + cacheRead * price.cacheRead + cacheWrite5m * price.cacheWrite5m + cacheWrite1h * price.cacheWrite1h + output * price.output;
  // A rounded product can only show in a sum above 2^52: every term is positive, so below it all of them were exact.
  if (total > Number.MAX_SAFE_INTEGER / 2) return bigCostMicros(usage, price);
  const rest = total % TOKENS_PER_PRICE;
  return (total - rest) / TOKENS_PER_PRICE + (rest * 2 >= TOKENS_PER_PRICE ? 1 : 0);
}

function bigCostMicros(usage: TokenUsage, price: ModelPrice): number {
  const unit = BigInt(TOKENS_PER_PRICE);
  let total = 0n;
  for (const tokenClass of ['input', 'cacheRead', 'cacheWrite5m', 'cacheWrite1h', 'output'] as const) total += BigInt(usage[tokenClass] ?? 0) * BigInt(price[tokenClass]);
  return Number((total * 2n + unit) / (unit * 2n));
}

/**
 * A price in USD per 1M tokens as integer micro-USD, with the contract's defaults: absent cache prices are the input
 * price, an absent 1-hour cache write is 1.6 × the 5-minute one. `version` names the source of the price.
 */
export function priceFromUsd(price: Price, version: string): ModelPrice {
  const cacheWriteUsd = price.cacheWrite ?? price.input;
  return {
    version,
    input: micros(price.input),
    cacheRead: micros(price.cacheRead ?? price.input),
    cacheWrite5m: micros(cacheWriteUsd),
    cacheWrite1h: price.cacheWrite1h === undefined ? Math.round(micros(cacheWriteUsd) * ONE_HOUR_WRITE) : micros(price.cacheWrite1h),
    output: micros(price.output),
    ...(price.tiers && { tiers: price.tiers }),
  };
}

const micros = (usd: number): number => Math.round(usd * 1e6);
