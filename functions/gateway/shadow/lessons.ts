import { faultOf } from '../../core/routing/evidence/fault.ts';
import type { VetoKind } from '../../core/routing/evidence/label.ts';
import { templateParentOf } from '../../core/routing/template-parent.ts';
import type { Undertaking } from '../attempt.ts';
import { AnswerWatch } from './answer-watch.ts';
import { compare } from './compare.ts';
import { draw, type Draw } from './draw.ts';
import { isTellingSession, type Answered } from './retries.ts';

/** What is kept of one answer until it has ended, in characters: of a longer one nothing is learned. */
const MAX_CHARS = 128 * 1024;

/**
 * What is to be learned from the answer of an admitted request: begins to read along where that is needed, and returns what
 * is to be called, once, when the account is closed. Neither fails nor delays the request, whatever becomes of it: all that
 * takes time is done afterwards, and only where there is something to write.
 */
export function lessons(undertaking: Undertaking): () => void {
  const { learning } = undertaking.ports;
  const learn = learning.guarded(() => begin(undertaking));
  return () => void (learn && learning.guarded(learn));
}

function begin(undertaking: Undertaking): () => void {
  const { admitted: { plan }, trail, ports } = undertaking;
  const { decision, facts, asked: { conversation } } = plan;
  const { learning } = ports;
  const sessionId = decision.session?.id;
  const again = sessionId !== undefined && isTellingSession(facts) ? learning.retries.repeated(sessionId, facts) : undefined;
  const isAuto = decision.stage === 'auto' || decision.via === 'auto';
  const drawn = isAuto ? draw(plan, ports) : undefined;
  // The parts of several choices come as those of one.
  if (isAuto && (conversation.n ?? 1) === 1) trail.watch = new AnswerWatch({ maxChars: MAX_CHARS, keepText: wantsJson(undertaking) || drawn !== undefined });
  let isOver = false;
  return () => {
    if (isOver) return;
    isOver = true;
    if (again !== undefined) learning.after(plan.exchange.request, () => veto(undertaking, again, 'retry'));
    if (isAuto && trail.failure === undefined && trail.servedBy !== undefined && trail.finish !== undefined) learn(undertaking, drawn);
  };
}

function learn(undertaking: Undertaking, drawn: Draw | undefined): void {
  const { admitted: { plan }, trail, ports: { learning } } = undertaking;
  const { decision, facts, exchange } = plan;
  if (standsIn(undertaking)) {
    if (decision.session !== null && isTellingSession(facts)) learning.retries.answered(decision.session.id, facts, answered(undertaking));
    // Whether there is anything in it is told at once; what has to be parsed waits until the caller has its answer.
    const isQuick = trail.watch === undefined || (!wantsJson(undertaking) && trail.watch.calls().length === 0);
    if (!isQuick || fault(undertaking) !== undefined) {
      learning.after(exchange.request, async () => {
        if (fault(undertaking) !== undefined) await veto(undertaking, answered(undertaking), 'structural');
      });
    }
  }
  if (drawn !== undefined && trail.watch?.isCut === false) learning.after(exchange.request, (signal) => compare(undertaking, drawn, signal));
}

/** Vetoes are about models that stand in for the baseline; the baseline's own answers are what everything is measured by. */
function standsIn({ admitted: { plan: { decision } }, trail }: Undertaking): boolean {
  return trail.servedBy !== undefined && decision.template !== null && decision.baseline !== null && decision.baseline.model !== trail.servedBy.id;
}

function answered({ admitted: { plan }, trail }: Undertaking): Answered {
  const { decision, input, exchange } = plan;
  return { requestId: exchange.requestId, templateKey: decision.template?.key ?? '', parentKey: templateParentOf(input.templateSalt, plan.facts), model: trail.servedBy?.id ?? '' };
}

function wantsJson({ admitted: { plan: { asked: { conversation: { responseFormat } } } } }: Undertaking): boolean {
  return responseFormat !== undefined && responseFormat.type !== 'text';
}

function fault({ admitted: { plan }, trail }: Undertaking) {
  const { watch, finish, servedBy } = trail;
  if (watch === undefined || watch.isCut || finish === undefined || servedBy === undefined) return undefined;
  const { conversation } = plan.asked;
  const asked = conversation.maxOutputTokens;
  const own = servedBy.maxOutputTokens ?? servedBy.facts.maxOutput;
  // Custom tools take free text.
  const freeform = new Set(conversation.tools.filter((tool) => tool.freeform !== undefined || tool.hosted !== undefined).map(({ name }) => name));
  return faultOf({
    finish: finish.unified, hasText: watch.hasText, hasRefusal: watch.hasRefusal,
    text: watch.text(), calls: watch.calls().map((call) => (freeform.has(call.name) ? { ...call, json: '' } : call)),
    hitOwnLimit: plan.maxOutputTokens === undefined && (asked === undefined || (own !== undefined && asked > own)),
  }, conversation.responseFormat);
}

async function veto({ admitted: { plan }, ports: { learning, clock } }: Undertaking, answer: Answered, kind: VetoKind): Promise<void> {
  await learning.quality.veto(plan.policy.tenantId, { ...answer, kind, at: new Date(clock.now()).toISOString() });
}
