/**
 * A model's price: integer micro-USD per 1,000,000 tokens, per token class (so $0.25 per 1M is 250,000).
 * `version` names the source: `catalogue-<date>` or `override-<hash>`.
 */
export interface ModelPrice {
  readonly version: string;
  readonly input: number;
  readonly cacheRead: number;
  readonly cacheWrite5m: number;
  readonly cacheWrite1h: number;
  readonly output: number;
  /** Times the plain price by service tier; a tier that is not named has an unknown price. */
  readonly tiers?: Readonly<Record<string, number>>;
}
