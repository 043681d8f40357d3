/**
 * One judged pair (DECISIONS: a label): the answer of `model` against the answer of the tenant's baseline to one request.
 * `d` in [−1, 1]: above 0 the model's answer was the better one. `propensity` in (0, 1]: how likely this pair was to be
 * judged at all; its weight is 1/propensity, capped.
 */
export interface Label {
  readonly requestId: string;
  readonly templateKey: string;
  /** Where the label goes when the tenant has no room for more templates (`templateParentOf`). */
  readonly parentKey?: string;
  readonly model: string;
  readonly baseline: string;
  readonly d: number;
  readonly propensity: number;
  /** What the label cost: the other model's answer and the judge, in micro-USD; null = unpriced. */
  readonly costMicros: number | null;
  /** RFC 3339. */
  readonly at: string;
}

export const VETO_KINDS = ['structural', 'feedback', 'retry'] as const;
export type VetoKind = (typeof VETO_KINDS)[number];

/** One answer of `model` that was plainly not good enough, whatever the baseline would have said. It is never averaged into the evidence: enough of them withdraw a downgrade. */
export interface Veto {
  readonly requestId: string;
  readonly templateKey: string;
  readonly parentKey?: string;
  readonly model: string;
  readonly kind: VetoKind;
  /** RFC 3339. */
  readonly at: string;
}

/** Vetoes of one model on one template, decayed like evidence. */
export interface VetoCount { readonly templateKey: string; readonly model: string; readonly counts: Readonly<Record<VetoKind, number>> }

/**
 * One pair by which the judge itself is judged. `aa`: twice the same answer, wrong = it preferred one. `planted`: an
 * answer against a spoilt copy of it, wrong = it did not prefer the unspoilt one.
 */
export interface JudgeCheck {
  readonly judge: string;
  readonly kind: 'aa' | 'planted';
  readonly wrong: boolean;
  /** RFC 3339. */
  readonly at: string;
}
