import type { Exclusion, Tier } from '../../contract/index.ts';
import { TIERS } from '../../contract/words.ts';
import { costMicros } from '../money/cost.ts';
import { higherTier, tiersFrom } from './boundaries.ts';
import { exclusionOf, type EligibilityWorld } from './eligibility.ts';
import { modelNamed } from './policy-compile.ts';
import type { RegisteredModel } from './policy.ts';
import type { ResolveInput } from './resolve-input.ts';

/** A model as a policy names it; undefined = nobody knows it. */
export interface Listed { readonly id: string; readonly model: RegisteredModel | undefined }

/** Answer length assumed for estimates while none has been seen, in tokens. */
export const EXPECTED_OUTPUT_TOKENS = 512;
const NONE: ReadonlySet<string> = new Set();

/** The models of a policy as one request sees them: who may serve it, in which order, at what price. */
export class Pool {
  readonly #input: ResolveInput;
  readonly #eligibility: EligibilityWorld;

  constructor(input: ResolveInput) {
    this.#input = input;
    this.#eligibility = { facts: input.facts, allowedModels: input.key.allowedModels, breakerOpen: input.breakerOpen, overBudget: input.excludeModels ?? NONE };
  }

  listed(id: string): Listed {
    // The wildcard entry itself names no model that an upstream would know.
    if (id.endsWith('*')) return { id, model: undefined };
    return { id, model: modelNamed(this.#input.policy, id) ?? this.#input.policy.models.get(id) };
  }

  tier(tier: Tier): Listed[] {
    return this.#input.policy.document.auto.tiers[tier].map((id) => this.listed(id));
  }

  /** The next tier up: what a model below was to do, one above can. Tiers without an eligible model are stepped over. */
  above(start: Tier, own: readonly Listed[]): Listed[] {
    const listed: Listed[] = [];
    let serving = this.serves(own) ? 1 : 0;
    for (const name of tiersFrom(start).slice(1)) {
      const tier = this.tier(name);
      listed.push(...tier);
      if (this.serves(tier)) serving += 1;
      if (serving === 2) break;
    }
    return listed;
  }

  /** The tier an agent starts at: never below the floor, unless no tier from there upwards names a model. */
  floored(tier: Tier): Tier {
    const { agentFloor, tiers } = this.#input.policy.document.auto;
    if (agentFloor === null || !tiersFrom(agentFloor).some((name) => tiers[name].length > 0)) return tier;
    return higherTier(tier, agentFloor);
  }

  isBelowFloor(id: string): boolean {
    const { agentFloor, tiers } = this.#input.policy.document.auto;
    return agentFloor !== null && !tiersFrom(agentFloor).some((tier) => tiers[tier].includes(id));
  }

  fits({ model }: Listed): boolean {
    return model !== undefined && this.excluded(model) === null;
  }

  serves(listed: readonly Listed[]): boolean {
    return listed.some((item) => this.fits(item));
  }

  excluded(model: RegisteredModel): Exclusion | null {
    const recorded = this.#input.recollection?.exclusion(model);
    return recorded === undefined ? exclusionOf(model, this.#eligibility) : recorded;
  }

  /** The dearest eligible model of the strongest tier that has one: what "always the strongest" would have used. */
  strongest(): RegisteredModel | undefined {
    for (const tier of TIERS.toReversed()) {
      const fit = this.tier(tier).flatMap(({ model }) => (model !== undefined && this.excluded(model) === null ? [model] : []));
      if (fit.length > 0) return fit.reduce((dearest, model) => ((this.estimate(model) ?? -1) > (this.estimate(dearest) ?? -1) ? model : dearest));
    }
    return undefined;
  }

  isDearer(one: RegisteredModel, other: RegisteredModel): boolean {
    const [cost, otherCost] = [this.estimate(one), this.estimate(other)];
    return cost !== null && otherCost !== null && cost > otherCost;
  }

  /** Micro-USD for the estimated input and a usual answer; null = unpriced. */
  estimate(model: RegisteredModel): number | null {
    const { facts } = this.#input;
    const output = Math.min(facts.conversation.maxOutputTokens ?? EXPECTED_OUTPUT_TOKENS, EXPECTED_OUTPUT_TOKENS);
    return costMicros({ input: facts.inputTokens, output }, model.price);
  }
}
