import type { Tool, ToolChoice } from '../../conversation.ts';
import { isFields } from '../fields.ts';
import { closedSchema } from '../json-schema.ts';
import { ANSWER_TOOL, objectSchema } from '../tools.ts';
import type { Writing } from './writing.ts';

/** Tools and the choice among them (D16–D19), and the stand-in tool for a JSON schema on models without a native mode (D32). */
export function writeTools(writing: Writing): void {
  const { conversation, body } = writing;
  const { toolChoice } = conversation;
  const offered = toolChoice?.type === 'allowed' ? conversation.tools.filter(({ name }) => toolChoice.names.includes(name)) : conversation.tools;
  const tools = offered.map((tool) => writeTool(tool, writing));
  const emulated = emulatesSchema(writing);
  if (emulated) {
    tools.push({
      name: ANSWER_TOOL,
      description: 'Gives the final answer. Call it exactly once, with the answer as its input.',
      input_schema: objectSchema(conversation.responseFormat?.schema),
    });
  }
  if (tools.length === 0) return;
  body['tools'] = tools;
  const choice = emulated ? emulatedChoice(offered) : chosen(toolChoice, writing);
  const single = conversation.parallelToolCalls === false && choice?.['type'] !== 'none';
  if (choice !== undefined || single) body['tool_choice'] = { ...(choice ?? { type: 'auto' }), ...(single && { disable_parallel_tool_use: true }) };
}

function emulatesSchema({ conversation, target }: Writing): boolean {
  return conversation.responseFormat?.type === 'json_schema' && target.facts.strictSchema === false;
}

/** Beside other tools the model may still call those first. */
function emulatedChoice(offered: readonly Tool[]): Record<string, unknown> {
  return offered.length === 0 ? { type: 'tool', name: ANSWER_TOOL } : { type: 'any' };
}

function writeTool(tool: Tool, { lost, names, target, same }: Writing): Record<string, unknown> {
  if (isFields(tool.hosted?.raw)) return { ...tool.hosted.raw };
  const strict = tool.strict === true && (same || target.facts.strictSchema === true);
  if (tool.strict === true && !strict) lost.drop('strict');
  return {
    name: names.sent(tool.name),
    ...(tool.description !== undefined && { description: tool.description }),
    input_schema: objectSchema(tool.schema),
    ...(strict && { strict }),
    ...(tool.cacheControl !== undefined && { cache_control: tool.cacheControl }),
  };
}

/** `none` keeps the tools, which the history may speak of. */
function chosen(choice: ToolChoice | undefined, { names }: Writing): Record<string, unknown> | undefined {
  if (choice === undefined) return undefined;
  if (choice.type === 'tool') return { type: 'tool', name: names.sent(choice.name) };
  if (choice.type === 'allowed') return { type: choice.mode === 'required' ? 'any' : 'auto' };
  return { type: choice.type === 'required' ? 'any' : choice.type };
}

const JSON_ONLY = 'Answer with one valid JSON object and nothing else: no prose, no code fence.';

/** JSON schemas natively (D32); "some JSON" only by instruction (D33). */
export function writeFormat(writing: Writing): void {
  const { conversation, body, lost, same } = writing;
  const { responseFormat } = conversation;
  if (responseFormat?.type === 'json_object') {
    const system = Array.isArray(body['system']) ? body['system'] : [];
    body['system'] = [...system, { type: 'text', text: JSON_ONLY }];
    lost.clamp('response_format');
  } else if (responseFormat?.type === 'json_schema' && !emulatesSchema(writing)) {
    const { schema, stripped } = same ? { schema: responseFormat.schema, stripped: false } : closedSchema(objectSchema(responseFormat.schema));
    if (stripped) lost.clamp('response_format');
    const config = isFields(body['output_config']) ? body['output_config'] : {};
    body['output_config'] = { ...config, format: { type: 'json_schema', schema } };
  }
}
