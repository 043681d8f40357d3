import { NONE } from '../../core/usage/groups.ts';
import { calendarDay } from '../../core/limits/calendar.ts';
import { comparisonQuestion, MAX_ANSWER_CHARS, readComparison, type Pair } from '../../core/routing/judge/comparison.ts';
import type { Mark } from '../../core/routing/judge/fence.ts';
import { answerTokens } from '../../core/routing/judge/question.ts';
import { shownRequest } from '../../core/routing/judge/shown.ts';
import type { RegisteredModel } from '../../core/routing/policy.ts';
import type { OverheadRow } from '../../adapters/store/quality.ts';
import { askModel, worstCaseOf, type Question, type Reply } from '../ask-model.ts';
import { outputCap } from '../output-cap.ts';
import type { Undertaking } from '../attempt.ts';
import { answerOf } from '../judge/judge.ts';
import { watched } from './answer-watch.ts';
import { LEAST_LEFT_MS, type Draw } from './draw.ts';

/** A comparison takes no longer, and on a host that ends invocations never longer than it has. */
const MOST_MS = 60_000;
const HOST_MARGIN_MS = 10_000;
/** What the other model may write: well above what the served answer took, so that only a much longer one is cut, and then left out. */
const LEAST_OUTPUT_TOKENS = 2_048;
const TIMES_SERVED = 3;
/** A shorter answer cannot be spoilt by cutting it. */
const LEAST_PLANTED_CHARS = 200;

/**
 * Compares the answer of a request that has ended: has the other side of the pair answer the same request, and the judge
 * say which of the two serves it better, in an order drawn by chance. Held against the day's cap before anything is
 * spent. Texts live as long as this call; what is written down is a number. No label comes of it where money, time or an
 * answer is missing.
 */
export async function compare(undertaking: Undertaking, drawn: Draw, signal: AbortSignal): Promise<void> {
  const { admitted: { plan }, ports: { learning } } = undertaking;
  const { tenantId } = plan.policy;
  if (plan.exchange.request.remainingMs() <= LEAST_LEFT_MS || signal.aborted || !learning.enter(tenantId)) return;
  const controller = new AbortController();
  const stop = (): void => controller.abort();
  const timer = setTimeout(stop, Math.min(MOST_MS, plan.exchange.request.remainingMs() - HOST_MARGIN_MS));
  signal.addEventListener('abort', stop, { once: true });
  try {
    await new Comparison(undertaking, drawn, controller.signal).run();
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', stop);
    learning.leave(tenantId);
  }
}

class Comparison {
  readonly #undertaking: Undertaking;
  readonly #drawn: Draw;
  readonly #signal: AbortSignal;
  readonly #mark: Mark;
  readonly #served: string;
  /** What has been spent so far, in micro-USD. */
  #spentMicros = 0;

  constructor(undertaking: Undertaking, drawn: Draw, signal: AbortSignal) {
    this.#undertaking = undertaking;
    this.#drawn = drawn;
    this.#signal = signal;
    this.#mark = undertaking.ports.judgements.mark();
    this.#served = undertaking.trail.watch?.shown() ?? '';
  }

  async run(): Promise<void> {
    const { admitted: { plan }, ports: { learning, clock } } = this.#undertaking;
    const { policy, exchange } = plan;
    const missing = this.#missing();
    const worstMicros = this.#worstMicros(missing);
    if (worstMicros === null) return;
    const row: Omit<OverheadRow, 'state'> = { id: learning.newId(), requestId: exchange.requestId, dims: this.#dims(), day: calendarDay(policy.timezone, clock.now()).day, micros: worstMicros };
    if (!(await learning.quality.hold(policy.tenantId, row, Math.floor(this.#drawn.dailyUsd * 1e6)))) return;
    try {
      await (typeof this.#drawn.kind === 'object' ? this.#label(this.#drawn.kind, missing) : this.#check(this.#drawn.kind));
    } finally {
      await learning.quality.spend(policy.tenantId, row, this.#spentMicros);
    }
  }

  /** Whoever of the pair has not answered yet: one, or both where another model served. */
  #missing(): readonly RegisteredModel[] {
    const { kind, baseline } = this.#drawn;
    return typeof kind === 'object' ? [kind.pair, baseline].filter(({ id }) => id !== this.#undertaking.trail.servedBy?.id) : [];
  }

  async #label(kind: Exclude<Draw['kind'], string>, missing: readonly RegisteredModel[]): Promise<void> {
    const { admitted: { plan }, ports: { learning, clock } } = this.#undertaking;
    const { baseline, templateKey, parentKey, planVersion } = this.#drawn;
    const others = await Promise.all(missing.map(async (model) => [model.id, await this.#answer(model)] as const));
    const answers = new Map(others);
    const textOf = (id: string): string | undefined => (answers.has(id) ? answers.get(id) : this.#served);
    const [own, base] = [textOf(kind.pair.id), textOf(baseline.id)];
    if (own === undefined || base === undefined) return;
    const swapped = learning.random() < 0.5;
    const verdict = await this.#verdict(swapped ? { first: base, second: own } : { first: own, second: base });
    if (verdict === undefined) return;
    const { tenantId } = plan.policy;
    await learning.quality.label(tenantId, {
      requestId: plan.exchange.requestId, templateKey, parentKey, model: kind.pair.id, baseline: baseline.id, d: swapped ? 0 - verdict : verdict,
      propensity: kind.propensity, costMicros: this.#spentMicros, at: new Date(clock.now()).toISOString(),
    });
    learning.labelled.add(tenantId, templateKey, planVersion);
  }

  /** Judges the judge: by the same answer twice, or by an answer against its own first half. */
  async #check(kind: 'aa' | 'planted'): Promise<void> {
    const { admitted: { plan }, ports: { learning, clock } } = this.#undertaking;
    const whole = this.#served;
    const isPlanted = kind === 'planted' && whole.length >= LEAST_PLANTED_CHARS;
    const other = isPlanted ? whole.slice(0, Math.floor(Math.min(whole.length, MAX_ANSWER_CHARS) / 2)).toWellFormed() : whole;
    const swapped = learning.random() < 0.5;
    const verdict = await this.#verdict(swapped ? { first: other, second: whole } : { first: whole, second: other });
    if (verdict === undefined) return;
    const forWhole = swapped ? 0 - verdict : verdict;
    await learning.quality.check(plan.policy.tenantId, {
      judge: this.#drawn.judge.id, kind: isPlanted ? 'planted' : 'aa', wrong: isPlanted ? forWhole <= 0 : forWhole !== 0, at: new Date(clock.now()).toISOString(),
    });
  }

  /** The answer of another model to the same request; undefined where it failed or was cut by our bound and not by its own. */
  async #answer(model: RegisteredModel): Promise<string | undefined> {
    const question = this.#request(model);
    const reply = this.#paid(await askModel(this.#undertaking.ports, question));
    if (reply.failure !== undefined) return undefined;
    const finish = reply.parts.findLast((part) => part.type === 'finish');
    if (finish?.type === 'finish' && finish.reason === 'length' && question.maxOutputTokens < outputCap(this.#undertaking.admitted.plan, model).tokens) return undefined;
    const watch = watched(reply.parts, MAX_ANSWER_CHARS * 8);
    return watch.isCut ? undefined : watch.shown();
  }

  /** Above 0: the first is better. */
  async #verdict(pair: Omit<Pair, 'request'>): Promise<number | undefined> {
    const { judge } = this.#drawn;
    const isReasoning = judge.facts.reasoning === true;
    const conversation = comparisonQuestion({ request: this.#shownRequest(), ...pair }, this.#mark, isReasoning);
    const reply = this.#paid(await askModel(this.#undertaking.ports, { tenantId: this.#tenantId, model: judge, conversation, maxOutputTokens: answerTokens(isReasoning), signal: this.#signal }));
    return reply.failure === undefined ? readComparison(answerOf(reply.parts), this.#mark) : undefined;
  }

  #paid(reply: Reply): Reply {
    this.#spentMicros += reply.costMicros ?? 0;
    return reply;
  }

  get #tenantId(): string {
    return this.#undertaking.admitted.plan.policy.tenantId;
  }

  #shownRequest(): string {
    return shownRequest(this.#undertaking.admitted.plan.asked.conversation);
  }

  /** The caller's request, for one other model, with nothing kept at the provider. */
  #request(model: RegisteredModel): Question {
    const { admitted: { plan }, trail } = this.#undertaking;
    const { conversation } = plan.asked;
    const most = outputCap(plan, model).tokens;
    // Thinking counts as output, and its budget must fit below the limit: such requests keep their own.
    const bound = conversation.reasoning === undefined && model.facts.reasoning !== true ? Math.max(LEAST_OUTPUT_TOKENS, TIMES_SERVED * (trail.usage?.output ?? 0)) : most;
    // Nor does a comparison need a dearer tariff.
    const { store: _stored, service_tier: _tier, speed: _speed, ...extras } = conversation.extras;
    return { tenantId: this.#tenantId, model, conversation: { ...conversation, extras }, maxOutputTokens: Math.min(most, bound), signal: this.#signal };
  }

  /** Most that all calls together can cost; null = something is unpriced. */
  #worstMicros(missing: readonly RegisteredModel[]): number | null {
    const { judge } = this.#drawn;
    const isReasoning = judge.facts.reasoning === true;
    // What is not written yet counts as text of the densest kind.
    const unknown = '字'.repeat(MAX_ANSWER_CHARS);
    const conversation = comparisonQuestion({ request: this.#shownRequest(), first: missing.length > 1 ? unknown : this.#served, second: missing.length > 0 ? unknown : this.#served }, this.#mark, isReasoning);
    const costs = [worstCaseOf({ model: judge, conversation, maxOutputTokens: answerTokens(isReasoning) }), ...missing.map((model) => worstCaseOf(this.#request(model)))];
    return costs.reduce<number | null>((sum, cost) => (sum === null || cost === null ? null : sum + cost), 0);
  }

  /** What the request itself is added up by in usage reports. */
  #dims(): string[] {
    const { admitted: { plan: { decision, key } }, trail } = this.#undertaking;
    return [trail.servedBy?.id ?? NONE, key.keyId, decision.ruleId ?? NONE, decision.tier ?? NONE, decision.stage, '200'];
  }
}
