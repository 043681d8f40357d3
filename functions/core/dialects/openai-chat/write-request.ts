import type { Conversation, ToolChoice } from '../../conversation.ts';
import { fail } from '../../errors.ts';
import type { WriteTarget, WrittenRequest } from '../codec.ts';
import { Disclosures } from '../disclosures.ts';
import { qualifiesForStrict } from '../json-schema.ts';
import { objectSchema, refuseHosted, shortHash, ToolNames } from '../tools.ts';
import { writeMessages } from './write-messages.ts';

const MAX_TOOL_NAME = 64;
const MAX_STOPS = 4;
/** Members of a messages body that carry work only Anthropic itself can do: without them the request means something else. */
const UNSAYABLE = ['mcp_servers', 'container'];

interface Writing {
  readonly conversation: Conversation;
  readonly target: WriteTarget;
  readonly body: Record<string, unknown>;
  readonly lost: Disclosures;
  readonly names: ToolNames;
  /** The conversation came in this very dialect: nothing of it is foreign. */
  readonly same: boolean;
}

/**
 * Writes a chat-completions body (translation cases D2). Throws `unsupported_parameter` for what cannot be said: hosted tools,
 * foreign file ids, documents by URL.
 */
export function writeRequest(conversation: Conversation, target: WriteTarget): WrittenRequest {
  const lost = new Disclosures();
  const same = conversation.dialect === 'openai-chat';
  const names = new ToolNames(MAX_TOOL_NAME, conversation.tools);
  const body: Record<string, unknown> = { model: target.upstreamModel };
  const writing: Writing = { conversation, target, body, lost, names, same };
  if (!same) {
    refuseHosted(conversation);
    writeForeign(writing);
  }
  body['messages'] = writeMessages(conversation, { lost, names, same, replaysReasoning: target.facts.reasoningReplay ?? target.wantsReasoning === true });
  writeTools(writing);
  writeLimits(writing);
  writeSampling(writing);
  writeReasoning(writing);
  writeFormat(writing);
  if (conversation.stream) {
    body['stream'] = true;
    if (target.streamUsage) body['stream_options'] = { include_usage: true };
  }
  const toolNames = names.originals();
  return { body, disclosures: lost.list(), ...(toolNames && { toolNames }) };
}

/** What another dialect's top level says that has no place here (D55); our own dialect's extras go along as they are. */
function writeForeign({ conversation, lost }: Writing): void {
  for (const [name, value] of Object.entries(conversation.extras)) {
    if (value === null || value === undefined) continue;
    if (UNSAYABLE.includes(name)) fail('unsupported_parameter', `'${name}' is only available on Anthropic models.`, { param: name });
    lost.drop(name);
  }
  for (const name in conversation.metadata) if (name !== 'user_id') lost.drop('metadata');
}

function writeTools({ conversation, body, lost, names, same }: Writing): void {
  const { tools, toolChoice, parallelToolCalls } = conversation;
  if (tools.length === 0) return;
  body['tools'] = tools.map((tool) => {
    if (tool.hosted !== undefined) return tool.hosted.raw;
    const strict = tool.strict !== undefined && (same || !tool.strict || qualifiesForStrict(tool.schema));
    if (tool.strict === true && !strict) lost.drop('strict');
    if (tool.cacheControl !== undefined && !same) lost.drop('cache_control');
    return {
      type: 'function',
      function: {
        name: names.sent(tool.name),
        ...(tool.description !== undefined && { description: tool.description }),
        parameters: objectSchema(tool.schema),
        ...(strict && { strict: tool.strict }),
      },
    };
  });
  if (toolChoice !== undefined) body['tool_choice'] = chosen(toolChoice, names);
  if (parallelToolCalls !== undefined && (same || !parallelToolCalls)) body['parallel_tool_calls'] = parallelToolCalls;
}

function chosen(choice: ToolChoice, names: ToolNames): unknown {
  const named = (name: string): unknown => ({ type: 'function', function: { name: names.sent(name) } });
  if (choice.type === 'tool') return named(choice.name);
  if (choice.type !== 'allowed') return choice.type;
  return { type: 'allowed_tools', allowed_tools: { mode: choice.mode, tools: choice.names.map(named) } };
}

/** OpenAI's reasoning models know only `max_completion_tokens`, compatible servers often only `max_tokens` (D54). */
function writeLimits({ conversation, target, body, lost }: Writing): void {
  const { maxOutputTokens: asked } = conversation;
  const most = Math.min(target.maxOutputTokens ?? Infinity, target.facts.maxOutput ?? Infinity);
  const tokens = asked === undefined ? target.maxOutputTokens && Math.min(target.maxOutputTokens, most) : Math.min(asked, most);
  if (asked !== undefined && asked > most) lost.clamp('max_tokens');
  if (tokens !== undefined) body[target.facts.reasoning === true ? 'max_completion_tokens' : 'max_tokens'] = tokens;
}

/** Reasoning models refuse sampling parameters and `stop` unless the catalogue says otherwise (D53, D56). */
function writeSampling({ conversation, target, body, lost, same }: Writing): void {
  const { facts } = target;
  const allowed = facts.sampling ?? facts.reasoning !== true;
  for (const [name, value] of [['temperature', conversation.temperature], ['top_p', conversation.topP]] as const) {
    if (value === undefined) continue;
    if (allowed) body[name] = value;
    else if (value !== 1) lost.drop(name);
  }
  if (conversation.topK !== undefined) lost.drop('top_k');
  if (conversation.stop !== undefined && conversation.stop.length > 0) {
    if (!allowed) lost.drop('stop');
    else {
      body['stop'] = conversation.stop.slice(0, MAX_STOPS);
      if (conversation.stop.length > MAX_STOPS) lost.clamp('stop');
    }
  }
  if (conversation.n !== undefined && conversation.n > 1) body['n'] = conversation.n;
  if (conversation.user !== undefined) body['user'] = same ? conversation.user : `user_${shortHash(conversation.user, 32)}`;
  if (same) {
    if (Object.keys(conversation.metadata).length > 0) body['metadata'] = conversation.metadata;
    Object.assign(body, conversation.extras);
  }
}

/**
 * `reasoning_effort` for models that are known to reason; others refuse or ignore it, so it is dropped there (D56). A
 * thinking budget goes to the effort whose usual budget it comes nearest to; switched off is the lowest effort that every
 * reasoning model knows.
 */
function writeReasoning({ conversation, target, body, lost, same }: Writing): void {
  const { reasoning } = conversation;
  if (reasoning === undefined) return;
  if (same && reasoning.effort !== undefined) {
    body['reasoning_effort'] = reasoning.effort;
    return;
  }
  if (target.facts.reasoning !== true) {
    if (reasoning.mode !== 'off') lost.drop('thinking');
    return;
  }
  if (reasoning.mode === 'off') body['reasoning_effort'] = 'low';
  else if (reasoning.effort !== undefined) {
    const effort = ['low', 'medium', 'high'].includes(reasoning.effort) ? reasoning.effort : 'high';
    if (effort !== reasoning.effort) lost.clamp('effort');
    body['reasoning_effort'] = effort;
  } else if (reasoning.budgetTokens !== undefined) body['reasoning_effort'] = effortOf(reasoning.budgetTokens);
  // Adaptive without a word about effort is the model's own default on both sides.
}

function effortOf(budgetTokens: number): 'low' | 'medium' | 'high' {
  if (budgetTokens < 4_096) return 'low';
  return budgetTokens < 16_384 ? 'medium' : 'high';
}

function writeFormat({ conversation, body, same }: Writing): void {
  const { responseFormat } = conversation;
  if (responseFormat === undefined) return;
  const { type, name, schema, strict } = responseFormat;
  if (type !== 'json_schema') {
    if (same) body['response_format'] = { type };
    return;
  }
  const isStrict = same ? strict : qualifiesForStrict(schema);
  body['response_format'] = {
    type,
    json_schema: { name: name ?? 'answer', ...(schema !== undefined && { schema }), ...(isStrict !== undefined && { strict: isStrict }) },
  };
}
