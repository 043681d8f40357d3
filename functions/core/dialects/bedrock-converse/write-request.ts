import type { Conversation } from '../../conversation.ts';
import { fail } from '../../errors.ts';
import { NO_EFFECT, refuseUnsayable } from '../anthropic-messages/write-request.ts';
import type { WriteTarget, WrittenRequest } from '../codec.ts';
import { Disclosures } from '../disclosures.ts';
import { refuseHosted, shortHash, ToolNames } from '../tools.ts';
import { boundCachePoints } from './cache-points.ts';
import { STOP_SEQUENCE_PATHS } from './finish.ts';
import { writeMessages, writeSystem } from './write-messages.ts';
import { writeThinking } from './write-thinking.ts';
import { writeFormat, writeTools } from './write-tools.ts';
import { isClaude, type Writing } from './writing.ts';

const MAX_TOOL_NAME = 64;
/** Members of a messages body that carry work only Anthropic itself can do: without them the request means something else. */
const UNSAYABLE = ['mcp_servers', 'container'];

/**
 * Writes the body of Converse and ConverseStream, which are the same (API reference, "Converse"); model and streaming are said by the
 * URL. The cases are those of D1. Throws `invalid_request` for conversations that Bedrock could not take (no turn, unpaired tool
 * results, arguments that are no JSON object) and `unsupported_parameter` for what cannot be said (audio, `n` > 1, hosted
 * tools, images and files by address).
 */
export function writeRequest(conversation: Conversation, target: WriteTarget): WrittenRequest {
  refuseHosted(conversation);
  refuseUnsayable(conversation);
  const writing: Writing = {
    conversation, target, body: {}, inference: {}, additional: {}, lost: new Disclosures(), names: new ToolNames(MAX_TOOL_NAME, conversation.tools), documentNames: new Set(),
  };
  const { body, inference, additional, lost, names } = writing;
  dropForeign(writing);
  const system = writeSystem(writing);
  const messages = writeMessages(writing);
  body['messages'] = messages;
  writeFormat(writing, system);
  if (system.length > 0) body['system'] = system;
  const tools = writeTools(writing, messages);
  writeLimits(writing);
  writeThinking(writing, messages);
  writeSampling(writing);
  if (Object.keys(inference).length > 0) body['inferenceConfig'] = inference;
  if (Object.keys(additional).length > 0) body['additionalModelRequestFields'] = additional;
  if (conversation.user !== undefined) body['requestMetadata'] = { user: shortHash(conversation.user, 32) };
  if (boundCachePoints([tools, system, ...messages.map(({ content }) => content)])) lost.clamp('cache_control');
  const toolNames = names.originals();
  const instructsJson = conversation.responseFormat?.type === 'json_object';
  return { body, disclosures: lost.list(), ...(instructsJson && { instructsJson }), ...(toolNames && { toolNames }) };
}

/** What Converse has no word for is left out and disclosed (as D31, D55). */
function dropForeign({ conversation, lost }: Writing): void {
  for (const [name, value] of Object.entries(conversation.extras)) {
    if (value === null || value === undefined || name === 'modalities' || NO_EFFECT[name]?.includes(value)) continue;
    if (UNSAYABLE.includes(name)) fail('unsupported_parameter', `'${name}' is only available at Anthropic itself.`, { param: name });
    if (name === 'logit_bias' && typeof value === 'object' && Object.keys(value).length === 0) continue;
    lost.drop(name);
  }
  for (const name in conversation.metadata) if (name !== 'user_id') lost.drop('metadata');
}

/** The caller's wish within the limits, else the operator's cap, else the catalogue's maximum; else Bedrock's own default, the model's most (D26, D27). */
function writeLimits({ conversation, target, inference, lost }: Writing): void {
  const { maxOutputTokens: asked } = conversation;
  const most = Math.min(target.maxOutputTokens ?? Infinity, target.facts.maxOutput ?? Infinity);
  if (asked !== undefined && asked > most) lost.clamp('max_tokens');
  const tokens = Math.min(asked ?? Infinity, most);
  if (tokens !== Infinity) inference['maxTokens'] = tokens;
}

/**
 * Sampling within what the model and thinking allow (D25, D28, D29). Bedrock's range for both numbers is 0 to 1; both together go only
 * to models that are known not to be Anthropic's. `top_k` is no member of
 * `inferenceConfig`: it goes to Anthropic's models in their own words, to others not at all.
 */
function writeSampling(writing: Writing): void {
  const { conversation, inference, additional, lost, target, body } = writing;
  const thinking = 'thinking' in additional;
  const allowed = target.facts.sampling !== false;
  const { temperature, topP, topK, stop } = conversation;
  if (temperature !== undefined) {
    if (allowed && !thinking) {
      if (temperature > 1) lost.clamp('temperature');
      inference['temperature'] = Math.max(0, Math.min(1, temperature));
    } else if (temperature !== 1) lost.drop('temperature');
  }
  if (topP !== undefined) {
    if (allowed && !('temperature' in inference && target.facts.thinking !== 'none') && (!thinking || topP >= 0.95)) inference['topP'] = Math.max(0, Math.min(1, topP));
    else if (topP !== 1) lost.drop('top_p');
  }
  if (topK !== undefined) {
    if (allowed && !thinking && isClaude(writing)) additional['top_k'] = topK;
    else lost.drop('top_k');
  }
  const sequences = stop?.filter((text) => text.trim() !== '') ?? [];
  if (stop !== undefined && sequences.length < stop.length) lost.drop('stop');
  if (sequences.length === 0) return;
  inference['stopSequences'] = sequences;
  body['additionalModelResponseFieldPaths'] = STOP_SEQUENCE_PATHS;
}
