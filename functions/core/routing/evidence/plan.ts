/** What one template is served by, on evidence. `mean` = difference to the baseline, shrunk and corrected for the judge's errors; `n` = effective judged pairs, `se` = standard error of `mean`. */
export interface Assignment {
  readonly model: string;
  readonly n: number;
  readonly mean: number;
  readonly se: number;
  /** Judged pairs of this template, all models together. */
  readonly labels: number;
  /** Requests a day. */
  readonly perDay: number;
  /** `certified`: cheaper and within the budget. `better`: no worse than the baseline beyond doubt, or the baseline itself, because what is cheaper was not certified. `withdrawn`: was cheaper, no longer. */
  readonly why: 'certified' | 'better' | 'withdrawn';
  /** Since when this model serves it, RFC 3339. */
  readonly since: string;
}

/** What certifies the downgrades of a plan: on the half of the pairs that was not used to choose them. */
export interface Certificate {
  /** Traffic-weighted mean difference to the baseline over all requests that evidence decides on, and its lower bound. */
  readonly mean: number;
  readonly se: number;
  readonly lower: number;
  /** −(1 − quality target): `lower` is not below it. */
  readonly budget: number;
  /** Standard errors between mean and lower bound. */
  readonly k: number;
  /** Expected cost against the baseline, of the traffic that evidence decides on. */
  readonly saving: number;
}

/** What judged pairs say of a tenant's templates, decided at most once a day. At most 2,000 templates. */
export interface EvidencePlan {
  readonly version: number;
  /** RFC 3339. */
  readonly decidedAt: string;
  readonly baseline: string;
  /** Judged pairs of the tenant in all. */
  readonly labels: number;
  readonly assignments: Readonly<Record<string, Assignment>>;
  /** Which models to judge next, by template: shares that add up to 1. */
  readonly explore: Readonly<Record<string, readonly Share[]>>;
  /** The judge's error rate. */
  readonly eps: number;
  readonly certified: Certificate | null;
}

export interface Share { readonly model: string; readonly share: number }

/** The assignment of a template; a template that has none of its own has its parent's. undefined = no evidence, the mode decides. */
export function evidenceFor(plan: EvidencePlan | null | undefined, templateKey: string, parentKey?: string): Assignment | undefined {
  if (plan === null || plan === undefined) return undefined;
  // Keys are hashes of our own making, but an own property is meant all the same.
  const own = Object.hasOwn(plan.assignments, templateKey) ? plan.assignments[templateKey] : undefined;
  if (own !== undefined || parentKey === undefined) return own;
  return Object.hasOwn(plan.assignments, parentKey) ? plan.assignments[parentKey] : undefined;
}
