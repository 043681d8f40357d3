import type { Conversation, Part, Reasoning, ResponseFormat, Tool, ToolChoice, Turn } from '../../conversation.ts';
import {
  booleanOf, extrasOf, fieldsOf, integerOf, isFields, listOf, MAX_MESSAGES, MAX_MODEL_NAME, MAX_STOPS, MAX_TOOL_NAME, MAX_TOOLS, numberOf,
  requiredString, stringOf, stringsOf, textIn, wrong, type Fields,
} from '../fields.ts';
import { assistantParts, contentParts, toolResult } from './read-parts.ts';

const KNOWN = new Set([
  'model', 'messages', 'stream', 'stream_options', 'tools', 'functions', 'tool_choice', 'function_call', 'parallel_tool_calls',
  'max_completion_tokens', 'max_tokens', 'temperature', 'top_p', 'stop', 'n', 'response_format', 'reasoning_effort', 'user',
  'safety_identifier', 'metadata',
]);

/**
 * Reads a chat-completions body (request types of the `openai` package, version 6). Leading system and developer messages
 * become `system`; each tool message becomes a user turn with one result. Throws `invalid_request` naming the member for
 * missing or mistyped members and broken bounds; unknown members, part types and tool kinds are kept.
 */
export function readRequest(body: unknown): Conversation {
  if (!isFields(body)) return wrong('body', 'a JSON object');
  const { system, turns } = readMessages(body);
  const stream = booleanOf(body, 'stream') ?? false;
  const streamOptions = fieldsOf(body, 'stream_options');
  const toolChoice = readToolChoice(body);
  const parallelToolCalls = booleanOf(body, 'parallel_tool_calls');
  const maxOutputTokens = integerOf(body, 'max_completion_tokens', 1, Number.MAX_SAFE_INTEGER) ?? integerOf(body, 'max_tokens', 1, Number.MAX_SAFE_INTEGER);
  const temperature = numberOf(body, 'temperature');
  const topP = numberOf(body, 'top_p');
  const stop = stringsOf(body, 'stop', MAX_STOPS);
  const n = integerOf(body, 'n', 1, 4);
  const responseFormat = readResponseFormat(body);
  const reasoning = readReasoning(body);
  const user = stringOf(body, 'safety_identifier', '', 4096) ?? stringOf(body, 'user', '', 4096);
  return {
    dialect: 'openai-chat',
    model: requiredString(body, 'model', '', MAX_MODEL_NAME),
    stream,
    includeUsage: (streamOptions && booleanOf(streamOptions, 'include_usage', 'stream_options')) ?? false,
    system,
    turns,
    tools: readTools(body),
    ...(toolChoice && { toolChoice }),
    ...(parallelToolCalls !== undefined && { parallelToolCalls }),
    ...(maxOutputTokens !== undefined && { maxOutputTokens }),
    ...(temperature !== undefined && { temperature }),
    ...(topP !== undefined && { topP }),
    ...(stop && { stop }),
    ...(n !== undefined && { n }),
    ...(responseFormat && { responseFormat }),
    ...(reasoning && { reasoning }),
    ...(user !== undefined && { user }),
    metadata: fieldsOf(body, 'metadata') ?? {},
    extras: extrasOf(body, KNOWN),
  };
}

function readMessages(body: Fields): { system: Part[]; turns: Turn[] } {
  const messages = listOf(body, 'messages', MAX_MESSAGES);
  if (messages === undefined || messages.length === 0) return wrong('messages', 'a non-empty array');
  const system: Part[] = [];
  const turns: Turn[] = [];
  for (const [at, message] of messages.entries()) {
    const path = `messages[${at}]`;
    if (!isFields(message)) return wrong(path, 'an object');
    const role = requiredString(message, 'role', path);
    if (role === 'system' || role === 'developer') {
      const parts = contentParts(message, path);
      if (turns.length === 0) system.push(...parts);
      else turns.push({ role: 'system', parts });
    } else turns.push(readTurn(message, role, path));
  }
  return { system, turns };
}

function readTurn(message: Fields, role: string, path: string): Turn {
  const name = stringOf(message, 'name', path, MAX_TOOL_NAME);
  switch (role) {
    case 'user':
      return { role: 'user', ...(name !== undefined && { name }), parts: contentParts(message, path) };
    case 'assistant':
      return { role: 'assistant', ...(name !== undefined && { name }), parts: assistantParts(message, path) };
    case 'tool':
    case 'function':
      return { role: 'user', parts: [toolResult(message, path)] };
    default:
      return wrong(`${path}.role`, 'one of system, developer, user, assistant, tool');
  }
}

function readTools(body: Fields): Tool[] {
  const tools = (listOf(body, 'tools', MAX_TOOLS) ?? []).map((tool, at): Tool => {
    const path = `tools[${at}]`;
    if (!isFields(tool)) return wrong(path, 'an object');
    const kind = requiredString(tool, 'type', path);
    if (kind !== 'function') return { name: textIn(tool, 'name') ?? kind, hosted: { kind, raw: tool } };
    const { function: described } = tool;
    if (!isFields(described)) return wrong(`${path}.function`, 'an object');
    return readFunction(described, `${path}.function`, tool['cache_control'] ?? described['cache_control']);
  });
  const functions = listOf(body, 'functions', MAX_TOOLS) ?? [];
  for (const [at, described] of functions.entries()) {
    if (!isFields(described)) return wrong(`functions[${at}]`, 'an object');
    tools.push(readFunction(described, `functions[${at}]`, undefined));
  }
  return tools;
}

function readFunction(described: Fields, path: string, cacheControl: unknown): Tool {
  const description = stringOf(described, 'description', path);
  const schema = fieldsOf(described, 'parameters', path);
  const strict = booleanOf(described, 'strict', path);
  return {
    name: requiredString(described, 'name', path, MAX_TOOL_NAME),
    ...(description !== undefined && { description }),
    ...(schema && { schema }),
    ...(strict !== undefined && { strict }),
    ...(cacheControl !== undefined && cacheControl !== null && { cacheControl }),
  };
}

function readToolChoice(body: Fields): ToolChoice | undefined {
  const choice = body['tool_choice'] ?? body['function_call'];
  if (choice === undefined || choice === null) return undefined;
  const param = 'tool_choice' in body ? 'tool_choice' : 'function_call';
  if (choice === 'auto' || choice === 'none' || choice === 'required') return { type: choice };
  if (!isFields(choice)) return wrong(param, "'auto', 'none', 'required' or an object");
  const allowed = choice['allowed_tools'];
  if (choice['type'] === 'allowed_tools' && isFields(allowed)) {
    const names = (listOf(allowed, 'tools', MAX_TOOLS, param) ?? []).map((tool, at) => nameOfChosen(tool) ?? wrong(`${param}.allowed_tools.tools[${at}]`, 'a named function'));
    return { type: 'allowed', mode: allowed['mode'] === 'required' ? 'required' : 'auto', names };
  }
  return { type: 'tool', name: nameOfChosen(choice) ?? wrong(param, 'a named function') };
}

/** `{type, function: {name}}`, `{type, custom: {name}}` or the legacy `{name}`. */
function nameOfChosen(choice: unknown): string | undefined {
  if (!isFields(choice)) return undefined;
  const inner = choice['function'] ?? choice['custom'] ?? choice;
  return isFields(inner) ? textIn(inner, 'name') : undefined;
}

function readResponseFormat(body: Fields): ResponseFormat | undefined {
  const format = fieldsOf(body, 'response_format');
  if (format === undefined) return undefined;
  const type = requiredString(format, 'type', 'response_format');
  if (type === 'text' || type === 'json_object') return { type };
  if (type !== 'json_schema') return wrong('response_format.type', "'text', 'json_object' or 'json_schema'");
  const described = fieldsOf(format, 'json_schema', 'response_format');
  if (described === undefined) return wrong('response_format.json_schema', 'an object');
  const name = stringOf(described, 'name', 'response_format.json_schema', MAX_TOOL_NAME);
  const schema = fieldsOf(described, 'schema', 'response_format.json_schema');
  const strict = booleanOf(described, 'strict', 'response_format.json_schema');
  return { type, ...(name !== undefined && { name }), ...(schema && { schema }), ...(strict !== undefined && { strict }) };
}

function readReasoning(body: Fields): Reasoning | undefined {
  const effort = stringOf(body, 'reasoning_effort', '', 32);
  if (effort === undefined) return undefined;
  return { mode: effort === 'none' ? 'off' : 'on', effort };
}
