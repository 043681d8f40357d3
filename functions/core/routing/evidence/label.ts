/**
 * One judged pair (DECISIONS: a label): the answer of `model` against the answer of the tenant's baseline to one request.
 * `d` in [−1, 1]: above 0 the model's answer was the better one. `propensity` in (0, 1]: how likely this pair was to be
 * judged at all; its weight is 1/propensity, capped.
 */
export interface Label {
  readonly requestId: string;
  readonly templateKey: string;
  readonly model: string;
  readonly baseline: string;
  readonly d: number;
  readonly propensity: number;
  /** What the label cost: the other model's answer and the judge, in micro-USD; null = unpriced. */
  readonly costMicros: number | null;
  /** RFC 3339. */
  readonly at: string;
}
