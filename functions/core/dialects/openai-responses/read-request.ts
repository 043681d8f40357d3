import type { Conversation, Reasoning, ResponseFormat, Tool, ToolChoice } from '../../conversation.ts';
import { fail } from '../../errors.ts';
import {
  booleanOf, extrasOf, fieldsOf, integerOf, isFields, listOf, MAX_MODEL_NAME, MAX_TOOL_NAME, MAX_TOOLS, numberOf, requiredString, stringOf, textIn, wrong, type Fields,
} from '../fields.ts';
import { FREEFORM_SCHEMA } from './freeform.ts';
import { joined, neutralName } from './namespaces.ts';
import { readInput } from './read-items.ts';

const KNOWN = new Set([
  'model', 'input', 'instructions', 'stream', 'stream_options', 'tools', 'tool_choice', 'parallel_tool_calls', 'max_output_tokens', 'temperature', 'top_p',
  'text', 'reasoning', 'user', 'safety_identifier', 'metadata', 'store', 'include', 'truncation', 'background',
]);

/** Members that ask for state which is not kept here, and what to do instead. */
const STATEFUL: readonly (readonly [name: string, advice: string])[] = [
  ['previous_response_id', 'Responses are not stored here: send the whole conversation as input instead of previous_response_id.'],
  ['conversation', 'Conversations are not stored here: send the whole conversation as input.'],
  ['prompt', 'Prompt templates are not stored here: send instructions and input.'],
];

/**
 * Reads a Responses body (request types of the `openai` package, version 6) as if `store` were false. Throws
 * `invalid_request` naming the member for missing or mistyped members and broken bounds, `unsupported_parameter` for what needs
 * stored state; unknown members, item types and tool kinds are kept.
 */
export function readRequest(body: unknown): Conversation {
  if (!isFields(body)) return wrong('body', 'a JSON object');
  refuseState(body);
  const { system, turns } = readInput(body);
  const instructions = stringOf(body, 'instructions');
  const text = fieldsOf(body, 'text') ?? {};
  const toolChoice = readToolChoice(body);
  const parallelToolCalls = booleanOf(body, 'parallel_tool_calls');
  const maxOutputTokens = integerOf(body, 'max_output_tokens', 1, Number.MAX_SAFE_INTEGER);
  const temperature = numberOf(body, 'temperature');
  const topP = numberOf(body, 'top_p');
  const responseFormat = readFormat(text);
  const reasoning = readReasoning(body);
  const user = stringOf(body, 'safety_identifier', '', 4096) ?? stringOf(body, 'user', '', 4096);
  return {
    dialect: 'openai-responses',
    model: requiredString(body, 'model', '', MAX_MODEL_NAME),
    stream: booleanOf(body, 'stream') ?? false,
    includeUsage: true,
    system: [...(instructions ? [{ type: 'text' as const, text: instructions }] : []), ...system],
    turns,
    tools: readTools(body),
    ...(toolChoice && { toolChoice }),
    ...(parallelToolCalls !== undefined && { parallelToolCalls }),
    ...(maxOutputTokens !== undefined && { maxOutputTokens }),
    ...(temperature !== undefined && { temperature }),
    ...(topP !== undefined && { topP }),
    ...(responseFormat && { responseFormat }),
    ...(reasoning && { reasoning }),
    ...(user !== undefined && { user }),
    metadata: fieldsOf(body, 'metadata') ?? {},
    extras: extras(body, text),
  };
}

function refuseState(body: Fields): void {
  for (const [name, advice] of STATEFUL) {
    if (body[name] !== undefined && body[name] !== null) fail('unsupported_parameter', advice, { param: name });
  }
  if (body['background'] === true) fail('unsupported_parameter', 'Background responses are not served: leave background out and use stream.', { param: 'background' });
}

/** What has no neutral meaning; members whose value asks for nothing beyond the default are no loss. */
function extras(body: Fields, text: Fields): Record<string, unknown> {
  const rest = extrasOf(body, KNOWN);
  if (body['store'] === true) rest['store'] = true;
  if (body['truncation'] !== undefined && body['truncation'] !== 'disabled' && body['truncation'] !== null) rest['truncation'] = body['truncation'];
  const include = (listOf(body, 'include', 64) ?? []).filter((name) => name !== 'reasoning.encrypted_content');
  if (include.length > 0) rest['include'] = include;
  if (text['verbosity'] !== undefined && text['verbosity'] !== null) rest['verbosity'] = text['verbosity'];
  return rest;
}

function readTools(body: Fields): Tool[] {
  return (listOf(body, 'tools', MAX_TOOLS) ?? []).flatMap((tool, at): Tool[] => {
    const path = `tools[${at}]`;
    if (!isFields(tool)) return wrong(path, 'an object');
    return tool['type'] === 'namespace' ? readNamespace(tool, path) : [readTool(tool, path)];
  });
}

function readTool(tool: Fields, path: string): Tool {
  const kind = requiredString(tool, 'type', path);
  if (kind !== 'function' && kind !== 'custom') return { name: textIn(tool, 'name') ?? kind, hosted: { kind, raw: tool } };
  const description = stringOf(tool, 'description', path);
  const schema = kind === 'custom' ? FREEFORM_SCHEMA : fieldsOf(tool, 'parameters', path);
  const strict = kind === 'custom' ? undefined : booleanOf(tool, 'strict', path);
  return {
    name: requiredString(tool, 'name', path, MAX_TOOL_NAME),
    ...(description !== undefined && { description }),
    ...(schema && { schema }),
    ...(strict !== undefined && { strict }),
    ...(kind === 'custom' && { freeform: tool }),
  };
}

/** Its tools, each under a name of its own. */
function readNamespace(raw: Fields, path: string): Tool[] {
  const name = requiredString(raw, 'name', path, MAX_TOOL_NAME);
  return (listOf(raw, 'tools', MAX_TOOLS, path) ?? []).map((inner, at): Tool => {
    const place = `${path}.tools[${at}]`;
    const tool = isFields(inner) ? readTool(inner, place) : wrong(place, 'an object');
    return { ...tool, name: joined(name, tool.name), namespace: { name, tool: tool.name, raw } };
  });
}

function readToolChoice(body: Fields): ToolChoice | undefined {
  const choice = body['tool_choice'];
  if (choice === undefined || choice === null) return undefined;
  if (choice === 'auto' || choice === 'none' || choice === 'required') return { type: choice };
  if (!isFields(choice)) return wrong('tool_choice', "'auto', 'none', 'required' or an object");
  if (choice['type'] === 'allowed_tools') {
    const names = (listOf(choice, 'tools', MAX_TOOLS, 'tool_choice') ?? []).map((tool) => (isFields(tool) ? nameIn(tool) ?? '' : ''));
    return { type: 'allowed', mode: choice['mode'] === 'required' ? 'required' : 'auto', names };
  }
  return { type: 'tool', name: nameIn(choice) ?? wrong('tool_choice', 'a named function') };
}

/** Provider-run tools have no name but their type. */
function nameIn(choice: Fields): string | undefined {
  const name = textIn(choice, 'name') ?? textIn(choice, 'type');
  return name === undefined ? undefined : neutralName(choice, name, 'tool_choice');
}

function readFormat(text: Fields): ResponseFormat | undefined {
  const format = fieldsOf(text, 'format', 'text');
  if (format === undefined) return undefined;
  const type = requiredString(format, 'type', 'text.format');
  if (type === 'text' || type === 'json_object') return { type };
  if (type !== 'json_schema') return wrong('text.format.type', "'text', 'json_object' or 'json_schema'");
  const name = stringOf(format, 'name', 'text.format', MAX_TOOL_NAME);
  const schema = fieldsOf(format, 'schema', 'text.format');
  const strict = booleanOf(format, 'strict', 'text.format');
  return { type, ...(name !== undefined && { name }), ...(schema && { schema }), ...(strict !== undefined && { strict }) };
}

function readReasoning(body: Fields): Reasoning | undefined {
  const reasoning = fieldsOf(body, 'reasoning');
  const effort = reasoning && stringOf(reasoning, 'effort', 'reasoning', 32);
  if (effort === undefined) return undefined;
  return { mode: effort === 'none' ? 'off' : 'on', effort };
}
