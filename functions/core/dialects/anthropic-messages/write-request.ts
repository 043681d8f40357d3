import type { Conversation } from '../../conversation.ts';
import { fail } from '../../errors.ts';
import type { WriteTarget, WrittenRequest } from '../codec.ts';
import { Disclosures } from '../disclosures.ts';
import { refuseHosted, shortHash, ToolNames } from '../tools.ts';
import { boundCacheMarkers } from './cache-markers.ts';
import { writeMessages, writeSystem } from './write-messages.ts';
import { writeThinking } from './write-thinking.ts';
import { writeFormat, writeTools } from './write-tools.ts';
import type { Writing } from './writing.ts';

const MAX_TOOL_NAME = 128;
/** Where neither caller, operator nor catalogue names a maximum: what every model since Claude 3.5 accepts. */
const DEFAULT_MAX_TOKENS = 8_192;

/**
 * Writes a messages body (translation cases D1). Throws `invalid_request` for conversations the API could not take (no turn,
 * unpaired tool results, arguments that are no JSON object) and `unsupported_parameter` for what cannot be said (audio,
 * `n` > 1, hosted tools, foreign file ids).
 */
export function writeRequest(conversation: Conversation, target: WriteTarget): WrittenRequest {
  const lost = new Disclosures();
  const same = conversation.dialect === 'anthropic-messages';
  const names = new ToolNames(MAX_TOOL_NAME, conversation.tools);
  const body: Record<string, unknown> = { model: target.upstreamModel };
  const writing: Writing = { conversation, target, body, lost, names, same };
  if (same) Object.assign(body, conversation.extras);
  else {
    refuseHosted(conversation);
    refuseUnsayable(conversation);
    dropForeign(writing);
  }
  writeLimits(writing);
  writeSystem(writing);
  body['messages'] = writeMessages(writing);
  writeTools(writing);
  writeThinking(writing);
  writeFormat(writing);
  writeSampling(writing);
  if (conversation.user !== undefined) body['metadata'] = { user_id: same ? conversation.user : shortHash(conversation.user, 32) };
  if (conversation.stream) body['stream'] = true;
  if (boundCacheMarkers(body)) lost.clamp('cache_control');
  const toolNames = names.originals();
  const instructsJson = conversation.responseFormat?.type === 'json_object';
  return { body, disclosures: lost.list(), ...(instructsJson && { instructsJson }), ...(toolNames && { toolNames }) };
}

/** Throws for what neither a messages body nor Converse has a word for, where leaving it out would change the request's sense. */
export function refuseUnsayable({ n, extras }: Conversation): void {
  if (n !== undefined && n > 1) fail('unsupported_parameter', "'n' must be 1 for this model.", { param: 'n' });
  const { modalities, audio, web_search_options: search } = extras;
  if ((Array.isArray(modalities) && modalities.includes('audio')) || (audio !== undefined && audio !== null)) {
    fail('unsupported_parameter', 'Audio output is not available on this model.', { param: 'modalities' });
  }
  if (search !== undefined && search !== null) fail('unsupported_parameter', "'web_search_options' is not available on this model.", { param: 'web_search_options' });
}

/** Values that say what happens anyway: leaving them out loses nothing. */
export const NO_EFFECT: Readonly<Record<string, readonly unknown[]>> = {
  logprobs: [false], store: [false], presence_penalty: [0], frequency_penalty: [0], service_tier: ['auto', 'default'], verbosity: ['medium'], top_logprobs: [0],
};

/** D31: what Anthropic has no word for is left out and disclosed. */
function dropForeign({ conversation, lost }: Writing): void {
  for (const [name, value] of Object.entries(conversation.extras)) {
    if (value === null || value === undefined || name === 'modalities' || NO_EFFECT[name]?.includes(value)) continue;
    if (name === 'logit_bias' && typeof value === 'object' && Object.keys(value).length === 0) continue;
    lost.drop(name);
  }
  if (Object.keys(conversation.metadata).length > 0) lost.drop('metadata');
}

/** `max_tokens` is required: the caller's wish, else the operator's cap, else the catalogue's maximum (D26, D27). */
function writeLimits({ conversation, target, body, lost }: Writing): void {
  const { maxOutputTokens: asked } = conversation;
  const most = Math.min(target.maxOutputTokens ?? Infinity, target.facts.maxOutput ?? Infinity);
  if (asked !== undefined && asked > most) lost.clamp('max_tokens');
  body['max_tokens'] = Math.min(asked ?? (most === Infinity ? DEFAULT_MAX_TOKENS : most), most);
}

/** Sampling within what the model and thinking allow (D25, D28, D29). */
function writeSampling(writing: Writing): void {
  const { conversation, body, lost, target, same } = writing;
  const thinking = isThinking(body);
  const allowed = target.facts.sampling !== false;
  const { temperature, topP, topK, stop } = conversation;
  if (temperature !== undefined) {
    if (allowed && !thinking) {
      if (temperature > 1) lost.clamp('temperature');
      body['temperature'] = Math.max(0, Math.min(1, temperature));
    } else if (temperature !== 1) lost.drop('temperature');
  }
  if (topP !== undefined) {
    if (allowed && !('temperature' in body) && (!thinking || topP >= 0.95)) body['top_p'] = topP;
    else if (topP !== 1) lost.drop('top_p');
  }
  if (topK !== undefined) {
    if (allowed && !thinking) body['top_k'] = topK;
    else lost.drop('top_k');
  }
  const sequences = stop?.filter((text) => text.trim() !== '') ?? [];
  if (stop !== undefined && sequences.length < stop.length && !same) lost.drop('stop');
  if (sequences.length > 0) body['stop_sequences'] = sequences;
}

function isThinking(body: Readonly<Record<string, unknown>>): boolean {
  const thinking = body['thinking'];
  return typeof thinking === 'object' && thinking !== null && 'type' in thinking && thinking.type !== 'disabled';
}
