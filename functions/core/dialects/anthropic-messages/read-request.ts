import type { Conversation, Part, Reasoning, ResponseFormat, Tool, ToolChoice, Turn } from '../../conversation.ts';
import {
  booleanOf, extrasOf, fieldsIn, fieldsOf, integerOf, isFields, listOf, MAX_MESSAGES, MAX_MODEL_NAME, MAX_STOPS, MAX_TOOL_NAME, MAX_TOOLS, numberOf,
  requiredString, stringOf, stringsOf, textIn, wrong, type Fields,
} from '../fields.ts';
import { contentParts } from './read-parts.ts';

const KNOWN = new Set([
  'model', 'messages', 'system', 'stream', 'tools', 'tool_choice', 'max_tokens', 'temperature', 'top_p', 'top_k', 'stop_sequences', 'thinking',
  'output_config', 'output_format', 'metadata',
]);

/**
 * Reads a messages body (request types of `@anthropic-ai/sdk`, version 1). Throws `invalid_request` naming the member for
 * missing or mistyped members and broken bounds; unknown members, block types and tool kinds are kept.
 */
export function readRequest(body: unknown): Conversation {
  if (!isFields(body)) return wrong('body', 'a JSON object');
  const choice = readToolChoice(body);
  const temperature = numberOf(body, 'temperature');
  const topP = numberOf(body, 'top_p');
  const topK = integerOf(body, 'top_k', 0, Number.MAX_SAFE_INTEGER);
  const stop = stringsOf(body, 'stop_sequences', MAX_STOPS);
  const responseFormat = readResponseFormat(body);
  const reasoning = readReasoning(body);
  const metadata = fieldsOf(body, 'metadata') ?? {};
  const user = stringOf(metadata, 'user_id', 'metadata', 4096);
  const maxOutputTokens = integerOf(body, 'max_tokens', 1, Number.MAX_SAFE_INTEGER);
  if (maxOutputTokens === undefined) return wrong('max_tokens', 'a whole number of at least 1');
  return {
    dialect: 'anthropic-messages',
    model: requiredString(body, 'model', '', MAX_MODEL_NAME),
    stream: booleanOf(body, 'stream') ?? false,
    includeUsage: true,
    system: body['system'] === undefined || body['system'] === null ? [] : contentParts(body, 'system', 'system'),
    turns: readTurns(body),
    tools: readTools(body),
    ...choice,
    maxOutputTokens,
    ...(temperature !== undefined && { temperature }),
    ...(topP !== undefined && { topP }),
    ...(topK !== undefined && { topK }),
    ...(stop && { stop }),
    ...(responseFormat && { responseFormat }),
    ...(reasoning && { reasoning }),
    ...(user !== undefined && { user }),
    metadata,
    extras: extrasOf(body, KNOWN),
  };
}

function readTurns(body: Fields): Turn[] {
  const messages = listOf(body, 'messages', MAX_MESSAGES);
  if (messages === undefined || messages.length === 0) return wrong('messages', 'a non-empty array');
  return messages.map((message, at): Turn => {
    const path = `messages[${at}]`;
    if (!isFields(message)) return wrong(path, 'an object');
    const role = requiredString(message, 'role', path);
    if (role !== 'user' && role !== 'assistant' && role !== 'system') return wrong(`${path}.role`, 'user or assistant');
    const parts: Part[] = contentParts(message, 'content', `${path}.content`);
    return { role, parts };
  });
}

function readTools(body: Fields): Tool[] {
  return (listOf(body, 'tools', MAX_TOOLS) ?? []).map((tool, at): Tool => {
    const path = `tools[${at}]`;
    if (!isFields(tool)) return wrong(path, 'an object');
    const kind = stringOf(tool, 'type', path, 256) ?? 'custom';
    if (kind !== 'custom') return { name: textIn(tool, 'name') ?? kind, hosted: { kind, raw: tool } };
    const description = stringOf(tool, 'description', path);
    const schema = fieldsOf(tool, 'input_schema', path);
    const strict = booleanOf(tool, 'strict', path);
    const cacheControl = tool['cache_control'];
    return {
      name: requiredString(tool, 'name', path, MAX_TOOL_NAME),
      ...(description !== undefined && { description }),
      ...(schema && { schema }),
      ...(strict !== undefined && { strict }),
      ...(cacheControl !== undefined && cacheControl !== null && { cacheControl }),
    };
  });
}

function readToolChoice(body: Fields): { toolChoice?: ToolChoice; parallelToolCalls?: boolean } {
  const choice = fieldsOf(body, 'tool_choice');
  if (choice === undefined) return {};
  const single = booleanOf(choice, 'disable_parallel_tool_use', 'tool_choice');
  const parallel = single === undefined ? {} : { parallelToolCalls: !single };
  const type = requiredString(choice, 'type', 'tool_choice');
  switch (type) {
    case 'auto':
    case 'none':
      return { toolChoice: { type }, ...parallel };
    case 'any':
      return { toolChoice: { type: 'required' }, ...parallel };
    case 'tool':
      return { toolChoice: { type, name: requiredString(choice, 'name', 'tool_choice', MAX_TOOL_NAME) }, ...parallel };
    default:
      return wrong('tool_choice.type', 'auto, any, tool or none');
  }
}

function readReasoning(body: Fields): Reasoning | undefined {
  const thinking = fieldsOf(body, 'thinking');
  const effort = textIn(fieldsIn(body, 'output_config'), 'effort');
  const withEffort = effort === undefined ? {} : { effort };
  if (thinking === undefined) return effort === undefined ? undefined : { mode: 'adaptive', effort };
  const type = requiredString(thinking, 'type', 'thinking');
  if (type === 'disabled') return { mode: 'off' };
  const budgetTokens = integerOf(thinking, 'budget_tokens', 0, Number.MAX_SAFE_INTEGER, 'thinking');
  if (type === 'enabled') return { mode: 'on', ...withEffort, ...(budgetTokens !== undefined && { budgetTokens }) };
  return { mode: 'adaptive', ...withEffort };
}

function readResponseFormat(body: Fields): ResponseFormat | undefined {
  const format = fieldsOf(fieldsOf(body, 'output_config') ?? {}, 'format', 'output_config') ?? fieldsOf(body, 'output_format');
  if (format === undefined || format['type'] !== 'json_schema') return undefined;
  const schema = fieldsOf(format, 'schema', 'output_config.format');
  return { type: 'json_schema', ...(schema && { schema }) };
}
