import type { Candidate, Exclusion } from '../../contract/index.ts';
import type { Conversation } from '../conversation.ts';
import { hostedRefusal } from '../dialects/tools.ts';
import { failure, type Failure } from '../errors.ts';
import { CAUSED_BY_REQUEST } from './eligibility.ts';

/** Nobody can serve it: whose fault that is decides the status. A disabled model says nothing about the request. */
export function refusalOf(candidates: readonly Candidate[], conversation: Conversation): Failure {
  const reasons = candidates.map((candidate) => candidate.excluded).filter((reason): reason is Exclusion => reason !== null && reason !== 'disabled');
  if (reasons.length > 0 && reasons.every((reason) => reason === 'not_allowed')) {
    return failure('model_not_allowed', 'This key may not use the model that was asked for.', { param: 'model' });
  }
  if (reasons.length > 0 && reasons.every((reason) => CAUSED_BY_REQUEST.has(reason))) {
    // Said in full where it is all that is wrong: whoever sent the tool can do something about it.
    const hosted = reasons.every((reason) => reason === 'tools') ? hostedRefusal(conversation) : undefined;
    if (hosted !== undefined) return hosted;
    return reasons.includes('context_window')
      ? failure('context_length_exceeded', "This request is longer than the context window of every model that could serve it: the prompt is too long.")
      : failure('invalid_request', `No model for this request can take what it contains (${[...new Set(reasons)].join(', ')}).`);
  }
  if (reasons.includes('budget')) return failure('budget_exceeded', 'The budget of this key is used up.', { retryAfterSeconds: 3_600 });
  if (reasons.includes('not_allowed') && reasons.every((reason) => reason === 'not_allowed' || CAUSED_BY_REQUEST.has(reason))) {
    return failure('model_not_allowed', 'This key may not use a model that could serve this request.', { param: 'model' });
  }
  return failure('no_healthy_model', 'No model is available for this request right now.', { retryAfterSeconds: 5 });
}
