import type { Judgement } from '../../contract/index.ts';
import { difficultyQuestion, readDifficulty } from '../../core/routing/judge/difficulty.ts';
import type { Mark } from '../../core/routing/judge/fence.ts';
import { answerTokens } from '../../core/routing/judge/question.ts';
import type { StreamPart } from '../../core/stream-part.ts';
import type { Admitted } from '../admit.ts';
import { askModel, type Reply } from '../ask-model.ts';
import type { Leash } from '../leash.ts';
import type { Ports } from '../ports.ts';
import type { Trail } from '../settle.ts';
import { blank, judgedAgain, unjudged, type Judging } from './consult.ts';

/** A judge has this long; then the in-process strategy decides. */
const JUDGE_MS = 3_000;

/**
 * Asks the judge of an admitted request and decides again with its answer, by the same resolver over the same input. What
 * it cost goes on the request, whatever came of it. Never throws: no judge, no answer, or one that is not in the closed
 * form is the in-process decision with reason `judge_failed`.
 */
export async function judge(admitted: Admitted, trail: Trail, leash: Leash, ports: Ports): Promise<Admitted> {
  const { plan } = admitted;
  if (plan.judging === undefined) return admitted;
  const startedAt = ports.clock.elapsed();
  const mark = ports.judgements.mark();
  const reply = await ask(plan.judging, mark, plan.policy.tenantId, leash, ports);
  const ms = ports.clock.elapsed() - startedAt;
  plan.exchange.timing.judge = ms;
  trail.overheadMicros = reply.costMicros;
  const record: Judgement = { ...blank(plan.judging.model.id), ms: Math.round(ms * 10) / 10, tokens: tokensOf(reply), costMicros: reply.costMicros };
  const { judging: _asked, ...rest } = plan;
  const decided = { ok: true as const, decision: plan.decision, route: [...plan.route], features: plan.features };
  const score = reply.failure === undefined ? readDifficulty(answerOf(reply.parts), mark) : undefined;
  if (score === undefined) {
    const error = reply.failure === undefined ? 'invalid_answer' : reply.failure !== 'aborted' ? 'upstream_error' : leash.reason === undefined ? 'timeout' : 'cancelled';
    if (error !== 'cancelled') ports.judgements.ended(plan.policy.tenantId, plan.judging.model.id, error === 'invalid_answer');
    return { ...admitted, plan: { ...rest, ...decisionOf(unjudged(plan.input, decided, { ...record, error })) } };
  }
  ports.judgements.ended(plan.policy.tenantId, plan.judging.model.id, true);
  ports.judgements.remember(plan.policy.tenantId, plan.judging.of, score);
  return { ...admitted, plan: { ...rest, ...decisionOf(judgedAgain(plan.input, decided, { score, record })) } };
}

const decisionOf = ({ decision, route, features }: ReturnType<typeof unjudged>) => ({ decision, route, features });

async function ask({ model, of }: Judging, mark: Mark, tenantId: string, leash: Leash, ports: Ports): Promise<Reply> {
  const isReasoning = model.facts.reasoning === true;
  const controller = new AbortController();
  const stop = (): void => controller.abort();
  const timer = setTimeout(stop, JUDGE_MS);
  if (leash.signal.aborted) stop();
  else leash.signal.addEventListener('abort', stop, { once: true });
  try {
    return await askModel(ports, { tenantId, model, conversation: difficultyQuestion(of.text, mark, isReasoning), maxOutputTokens: answerTokens(isReasoning), signal: controller.signal });
  } finally {
    clearTimeout(timer);
    leash.signal.removeEventListener('abort', stop);
  }
}

/** What a judge wrote; what it thought does not count, and a tool call or a cut answer is none. */
export function answerOf(parts: readonly StreamPart[]): string {
  let text = '';
  for (const part of parts) {
    if (part.type === 'text') text += part.text;
    else if (part.type === 'tool-start' || part.type === 'refusal' || (part.type === 'finish' && part.reason !== 'stop')) return '';
  }
  return text;
}

function tokensOf({ usage }: Reply): Judgement['tokens'] {
  const { input, output, cacheRead = 0, cacheWrite5m = 0, cacheWrite1h = 0 } = usage;
  return { ...(input !== undefined && { input: input + cacheRead + cacheWrite5m + cacheWrite1h }), ...(output !== undefined && { output }) };
}
