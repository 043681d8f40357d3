import { dropOldest } from '../drop-oldest.ts';
import type { LedgerEntry, Tier } from '../../contract/index.ts';
import { TIERS } from '../../contract/words.ts';
import { costMicros } from '../money/cost.ts';
import { modelNamed, type CompiledPolicy } from './policy-compile.ts';
import { redecide, type ReplayWorld, type Undecidable } from './replay.ts';

/** Sessions that a draft would have left with another model than they had; past so many the oldest go on as they were. */
const MAX_DIVERGED = 50_000;

/** Requests by the tier that automatic routing chose, as it was and as it would have been. */
export type TierCounts = Record<Tier, { live: number; draft: number }>;

/** Money in micro-USD. */
export interface ReplayReport {
  readonly requests: number;
  readonly undecidable: number;
  /** How often each thing was missing; adds up to `undecidable`. */
  readonly reasons: Partial<Record<Undecidable, number>>;
  /** Decided requests whose first model would have been another, or none. */
  readonly flips: number;
  /** Decided requests that the draft would have refused; they are flips too. */
  readonly refused: number;
  /** Requests in `costMicros`: decided, served by both, and priced on both sides. */
  readonly compared: number;
  readonly costMicros: { readonly live: number; readonly draft: number };
  readonly tiers: TierCounts;
  /** The newest flips: the first model of both sides; null = refused. */
  readonly examples: readonly Flip[];
}
export interface Flip { readonly requestId: string; readonly at: string; readonly live: string | null; readonly draft: string | null }
const MAX_EXAMPLES = 5;

/** Adds up what a draft would have changed, entry by entry, oldest first: what it would have done to a session bears on the session's later requests. */
export class ReplayTally {
  readonly #draft: CompiledPolicy;
  #requests = 0;
  #undecidable = 0;
  #flips = 0;
  #refused = 0;
  #compared = 0;
  readonly #reasons: Partial<Record<Undecidable, number>> = {};
  readonly #cost = { live: 0, draft: 0 };
  /** Session → the model that the draft would have left it with. */
  readonly #diverged = new Map<string, string>();
  readonly #examples: Flip[] = [];
  readonly #tiers = Object.fromEntries(TIERS.map((tier) => [tier, { live: 0, draft: 0 }])) as TierCounts;

  constructor(draft: CompiledPolicy) {
    this.#draft = draft;
  }

  add(entry: LedgerEntry, world: Pick<ReplayWorld, 'key'>): void {
    this.#requests += 1;
    const again = redecide(entry, { ...world, draft: this.#draft, held: this.#diverged.get(entry.sessionId ?? '') });
    if (!again.decided) {
      this.#undecidable += 1;
      this.#reasons[again.because] = (this.#reasons[again.because] ?? 0) + 1;
      return;
    }
    if (entry.decision?.tier) this.#tiers[entry.decision.tier].live += 1;
    if (again.tier !== null) this.#tiers[again.tier].draft += 1;
    this.#note(entry, again.model);
    this.#follow(entry, again);
    if (again.model === null) this.#refused += 1;
    else this.#compare(entry, again.model);
  }

  #note({ requestId, at, decision }: LedgerEntry, draft: string | null): void {
    const live = decision?.route[0] ?? null;
    if (draft === live) return;
    this.#flips += 1;
    this.#examples.unshift({ requestId, at, live, draft });
    this.#examples.length = Math.min(this.#examples.length, MAX_EXAMPLES);
  }

  /**
   * Only answers to what automatic routing decided leave a session with a model, and none that stand alone. Where one of the
   * two sides left it with none, the session goes on as that side had it.
   */
  #follow({ sessionId, decision, servedModel, status }: LedgerEntry, { model, tier }: { readonly model: string | null; readonly tier: Tier | null }): void {
    if (sessionId === null || decision === null || servedModel === null || status !== 200 || decision.inputs.request?.standsAlone === true) return;
    const [keptLive, keptByDraft] = [decision.tier !== null, tier !== null && model !== null];
    if (!keptLive && !keptByDraft) return;
    // What made the first model fail then would have made it fail again.
    const wouldServe = model === decision.route[0] ? servedModel : model;
    const after = keptByDraft ? wouldServe : (this.#diverged.get(sessionId) ?? decision.inputs.session?.model);
    this.#diverged.delete(sessionId);
    if (after === undefined || after === null || (keptLive && after === servedModel)) return;
    this.#diverged.set(sessionId, after);
    if (this.#diverged.size > MAX_DIVERGED) dropOldest(this.#diverged);
  }

  /** The draft's first model answers with as many tokens as were counted; what an attempt of its own would have cost nobody knows. */
  #compare(entry: LedgerEntry, modelId: string): void {
    const model = modelNamed(this.#draft, modelId) ?? this.#draft.models.get(modelId);
    const draft = costMicros(entry.tokens, model?.price ?? null);
    if (draft === null || entry.costMicros === null) return;
    this.#compared += 1;
    this.#cost.live += entry.costMicros;
    this.#cost.draft += draft;
  }

  report(): ReplayReport {
    return {
      requests: this.#requests, undecidable: this.#undecidable, reasons: { ...this.#reasons }, flips: this.#flips, refused: this.#refused, compared: this.#compared,
      costMicros: { ...this.#cost }, tiers: structuredClone(this.#tiers), examples: [...this.#examples],
    };
  }
}
