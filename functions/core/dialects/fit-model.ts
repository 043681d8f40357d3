import type { ModelFacts } from '../../contract/index.ts';
import type { Conversation, Dialect } from '../conversation.ts';
import { writeRequest as writeMessagesRequest } from './anthropic-messages/write-request.ts';
import type { Disclosures } from './disclosures.ts';
import { isFields } from './fields.ts';

type Body = Record<string, unknown>;

/** The model that a body is fitted to; no limit in the body goes above `maxOutputTokens`. */
export interface FitTarget { readonly facts: ModelFacts; readonly maxOutputTokens: number | undefined }

/** What OpenAI's reasoning models refuse: sampling in every form (platform.openai.com/docs/guides/reasoning). */
const SAMPLING: Readonly<Record<Dialect, readonly string[]>> = {
  'openai-chat': ['temperature', 'top_p', 'stop', 'presence_penalty', 'frequency_penalty', 'logit_bias', 'logprobs', 'top_logprobs'],
  'openai-responses': ['temperature', 'top_p', 'top_logprobs'],
  'anthropic-messages': ['temperature', 'top_p', 'top_k'],
};
const THINKING = ['thinking', 'output_config'];
/** Values that a model without the setting has anyway. */
const DEFAULTS: Readonly<Record<string, unknown>> = { temperature: 1, top_p: 1, presence_penalty: 0, frequency_penalty: 0, logprobs: false, top_logprobs: 0 };

/** Whether a body with these top-level members may have to change for a model with these facts. Unknown facts never ask for it. */
export function mayNotFit(dialect: Dialect, members: ReadonlyMap<string, unknown>, facts: ModelFacts): boolean {
  if (takesNoSampling(dialect, facts) && SAMPLING[dialect].some((name) => members.has(name))) return true;
  if (dialect === 'anthropic-messages') return facts.thinking !== undefined && members.has('thinking');
  if (facts.reasoning === false && (members.has('reasoning_effort') || members.has('reasoning'))) return true;
  return dialect === 'openai-chat' && facts.reasoning === true && members.has('max_tokens');
}

/**
 * Fits a body of the caller's, in place, to a model that the caller did not name: settings that its API would refuse are
 * left out or said in its way (D28, D34, D54, D56). Whoever names a model gets that model's own opinion instead.
 */
export function fitToModel(body: Body, conversation: Conversation, target: FitTarget, lost: Disclosures): void {
  const { dialect } = conversation;
  const { facts } = target;
  if (takesNoSampling(dialect, facts)) for (const name of SAMPLING[dialect]) leaveOut(body, name, lost);
  if (dialect === 'anthropic-messages') return fitThinking(body, conversation, target, lost);
  if (facts.reasoning === false) {
    leaveOut(body, 'reasoning_effort', lost);
    leaveOut(body, 'reasoning', lost);
  }
  if (dialect === 'openai-chat' && facts.reasoning === true && 'max_tokens' in body) {
    body['max_completion_tokens'] ??= body['max_tokens'];
    delete body['max_tokens'];
  }
}

function takesNoSampling(dialect: Dialect, { sampling, reasoning }: ModelFacts): boolean {
  return sampling === false || (dialect !== 'anthropic-messages' && reasoning === true && sampling === undefined);
}

function leaveOut(body: Body, name: string, lost: Disclosures): void {
  if (!(name in body)) return;
  const value = body[name];
  if (value !== null && value !== DEFAULTS[name] && value !== 'none') lost.drop(name);
  delete body[name];
}

/** Budgets, adaptive thinking and none are three kinds of models: the wish is written anew for this one. */
function fitThinking(body: Body, conversation: Conversation, { facts, maxOutputTokens }: FitTarget, lost: Disclosures): void {
  const { thinking } = body;
  if (facts.thinking === undefined || !isFields(thinking) || thinking['type'] === 'disabled' || thinking['type'] === KIND[facts.thinking]) return;
  const asThere = writeMessagesRequest({ ...conversation, dialect: 'openai-chat', system: [], turns: [{ role: 'user', parts: [{ type: 'text', text: '-' }] }], tools: [], extras: {} }, { upstreamModel: '', facts, streamUsage: true, ...(maxOutputTokens !== undefined && { maxOutputTokens }) });
  for (const name of THINKING) {
    if (asThere.body[name] === undefined) delete body[name];
    else body[name] = isFields(body[name]) && name === 'output_config' ? { ...body[name], ...(asThere.body[name] as Body) } : asThere.body[name];
  }
  if (body['thinking'] === undefined) lost.drop('thinking');
  else if (facts.thinking === 'budget') body['max_tokens'] = asThere.body['max_tokens'];
}

const KIND: Readonly<Record<'none' | 'budget' | 'adaptive', string>> = { none: 'disabled', budget: 'enabled', adaptive: 'adaptive' };
