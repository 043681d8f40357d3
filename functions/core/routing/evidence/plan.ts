/** What judged pairs say of a model on a template: effective pairs, mean difference to the baseline (shrunk, corrected for the judge's errors), its standard error. */
export interface Measured { readonly model: string; readonly n: number; readonly mean: number; readonly se: number }

/**
 * `certified`: chosen within the quality budget. `withdrawn`: was chosen, and is no longer; it stays with the baseline for
 * some days. `better`: what the mode would choose has been shown to be too bad, so the baseline serves.
 */
export type Why = 'certified' | 'withdrawn' | 'better';

/** What one template is served by, on evidence. */
export interface Assignment extends Measured {
  readonly why: Why;
  /** Since when this model serves it, RFC 3339. */
  readonly since: string;
}

/** What is known of a template that has judged pairs. */
export interface TemplateEvidence {
  readonly labels: number;
  /** Requests a day; 0 where none were seen lately. */
  readonly perDay: number;
  /** `share`: how often this model is the one that is compared with the baseline next; shares add up to 1. `isBad`: shown to be worse than the quality target allows. `isSuspect`: may have become so lately. */
  readonly models: readonly (Measured & { readonly share: number; readonly isBad?: true; readonly isSuspect?: true })[];
}

/** What certifies the downgrades of a plan. */
export interface Certificate {
  /** Traffic-weighted mean difference to the baseline over all requests of templates with evidence, its standard error, and its lower bound (`lowerBound`). */
  readonly mean: number;
  readonly se: number;
  readonly lower: number;
  /** −(1 − quality target): `lower` is not below it. */
  readonly budget: number;
  readonly k: number;
  /** Expected saving against the baseline on those requests, 0 to 1. */
  readonly saving: number;
}

/** What judged pairs say of a tenant's templates, decided at most once a day. At most 2,000 templates. */
export interface EvidencePlan {
  readonly version: number;
  /** RFC 3339; null = too few labels so far. */
  readonly decidedAt: string | null;
  readonly baseline: string;
  /** Judged pairs of the tenant in all. */
  readonly labels: number;
  readonly assignments: Readonly<Record<string, Assignment>>;
  readonly templates: Readonly<Record<string, TemplateEvidence>>;
  /** The judge's error rate. */
  readonly eps: number;
  /** null = nothing is certified. */
  readonly certified: Certificate | null;
}

const isRecord = (value: unknown): boolean => typeof value === 'object' && value !== null && !Array.isArray(value);

/** Whether a stored value has the parts of a plan that decisions look at. */
export function isPlan(value: unknown): value is EvidencePlan {
  if (!isRecord(value)) return false;
  const { version, baseline, labels, assignments, templates } = value as Partial<EvidencePlan>;
  return typeof version === 'number' && typeof baseline === 'string' && typeof labels === 'number' && isRecord(assignments) && isRecord(templates)
    && Object.values(assignments ?? {}).every((assigned) => isRecord(assigned) && typeof assigned.model === 'string')
    && Object.values(templates ?? {}).every((template) => isRecord(template) && Array.isArray(template.models) && template.models.every((one) => isRecord(one) && typeof one.model === 'string'));
}

export interface Share { readonly model: string; readonly share: number }
export type MaybePlan = EvidencePlan | null | undefined;

// Keys are hashes of our own making, but an own property is meant all the same.
const own = <T>(record: Readonly<Record<string, T>>, key: string | undefined): T | undefined => (key !== undefined && Object.hasOwn(record, key) ? record[key] : undefined);

/** What is known of a template; of its parent, where it has no judged pairs of its own. */
export function templateEvidence(plan: MaybePlan, templateKey: string, parentKey?: string): TemplateEvidence | undefined {
  if (plan === null || plan === undefined) return undefined;
  return own(plan.templates, templateKey) ?? own(plan.templates, parentKey);
}

/**
 * What evidence says should serve a request, in every mode: the template's assignment (its parent's, where it has no
 * judged pairs of its own), or the baseline where `tierModel`, which the mode would choose, has been shown to be too bad.
 * undefined = no evidence: the mode decides. Whether the model can take the request is for the caller to check.
 */
export function evidenceFor(plan: MaybePlan, templateKey: string, parentKey?: string, tierModel?: string): Assignment | undefined {
  if (plan === null || plan === undefined) return undefined;
  const key = own(plan.templates, templateKey) === undefined && parentKey !== undefined ? parentKey : templateKey;
  const assigned = own(plan.assignments, key);
  if (assigned !== undefined || tierModel === undefined || tierModel === plan.baseline) return assigned;
  const bad = own(plan.templates, key)?.models.find(({ model, isBad }) => model === tierModel && isBad === true);
  return bad && { model: plan.baseline, n: bad.n, mean: 0, se: 0, why: 'better', since: plan.decidedAt ?? '' };
}

/** `evidence` of a decision's candidate; undefined where nothing was measured. */
export function measuredOf(plan: MaybePlan, templateKey: string, parentKey: string | undefined, model: string): { n: number; mean: number; se: number } | undefined {
  const found = templateEvidence(plan, templateKey, parentKey)?.models.find((entry) => entry.model === model);
  return found && { n: found.n, mean: found.mean, se: found.se };
}
