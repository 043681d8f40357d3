import type { Tool, ToolChoice } from '../../conversation.ts';
import { closedSchema } from '../json-schema.ts';
import { ANSWER_TOOL, objectSchema } from '../tools.ts';
import { addCachePoint } from './cache-points.ts';
import type { Message } from './write-messages.ts';
import type { Block, Writing } from './writing.ts';

/**
 * Tools and the choice among them (D16–D19). Converse knows no choice "none": without tools in the history they are simply left
 * out; with them they must stay, because Bedrock refuses tool blocks without a tool configuration, and the wish is disclosed as
 * lost. A history of tools that are no longer offered gets them back by name alone, for the same reason.
 */
export function writeTools(writing: Writing, messages: readonly Message[]): Block[] {
  const { conversation, body, lost } = writing;
  const { toolChoice } = conversation;
  const used = usedNames(messages);
  if (toolChoice?.type === 'none' && used.length === 0) return [];
  const tools: Block[] = [];
  for (const tool of conversation.tools) {
    if (toolChoice?.type === 'allowed' && !toolChoice.names.includes(tool.name)) continue;
    tools.push({ toolSpec: specification(tool, writing) });
    addCachePoint(tools, tool.cacheControl, writing);
  }
  const offered = tools.length > 0;
  const emulated = emulatesSchema(writing);
  if (emulated) tools.push({ toolSpec: { name: ANSWER_TOOL, description: 'Gives the final answer. Call it exactly once, with the answer as its input.', inputSchema: { json: objectSchema(conversation.responseFormat?.schema) } } });
  if (tools.length === 0) {
    for (const name of used) tools.push({ toolSpec: { name, inputSchema: { json: objectSchema(undefined) } } });
    if (used.length > 0) lost.clamp('tools');
  }
  if (tools.length === 0) return [];
  if (toolChoice?.type === 'none') lost.clamp('tool_choice');
  if (conversation.parallelToolCalls === false && offered) lost.drop('parallel_tool_calls');
  const choice = emulated ? emulatedChoice(offered) : chosen(toolChoice, offered, writing);
  body['toolConfig'] = { tools, ...(choice && { toolChoice: choice }) };
  return tools;
}

function specification(tool: Tool, { lost, names, target }: Writing): Block {
  const strict = tool.strict === true && target.facts.strictSchema === true;
  if (tool.strict === true && !strict) lost.drop('strict');
  return { name: names.sent(tool.name), ...(tool.description && { description: tool.description }), inputSchema: { json: objectSchema(tool.schema) }, ...(strict && { strict }) };
}

function usedNames(messages: readonly Message[]): string[] {
  const used = new Set<string>();
  for (const { content } of messages) {
    for (const { toolUse } of content) if (typeof toolUse === 'object' && toolUse !== null && 'name' in toolUse) used.add(String(toolUse.name));
  }
  return [...used];
}

/** `auto` is what happens anyway, and some models refuse to hear it. */
function chosen(choice: ToolChoice | undefined, offered: boolean, { names }: Writing): Block | undefined {
  if (choice === undefined || choice.type === 'none' || !offered) return undefined;
  if (choice.type === 'tool') return { tool: { name: names.sent(choice.name) } };
  return (choice.type === 'allowed' ? choice.mode : choice.type) === 'required' ? { any: {} } : undefined;
}

/** Beside other tools the model may still call those first. */
function emulatedChoice(offered: boolean): Block {
  return offered ? { any: {} } : { tool: { name: ANSWER_TOOL } };
}

/** The stand-in tool for a JSON schema on models without a native mode (D32). */
function emulatesSchema({ conversation, target }: Writing): boolean {
  return conversation.responseFormat?.type === 'json_schema' && target.facts.strictSchema === false;
}

const JSON_ONLY = 'Answer with one valid JSON object and nothing else: no prose, no code fence.';

/** JSON schemas natively, as text (D32; user guide, "structured output"); "some JSON" only by instruction (D33). */
export function writeFormat(writing: Writing, system: Block[]): void {
  const { conversation, body, lost } = writing;
  const { responseFormat } = conversation;
  if (responseFormat?.type === 'json_object') {
    system.push({ text: JSON_ONLY });
    lost.clamp('response_format');
  } else if (responseFormat?.type === 'json_schema' && !emulatesSchema(writing)) {
    const { schema, stripped } = closedSchema(objectSchema(responseFormat.schema));
    if (stripped) lost.clamp('response_format');
    const name = (responseFormat.name ?? '').replace(/[^A-Za-z0-9_-]/g, '_').slice(0, 64);
    body['outputConfig'] = { textFormat: { type: 'json_schema', structure: { jsonSchema: { schema: JSON.stringify(schema), name: name === '' ? 'answer' : name } } } };
  }
}
