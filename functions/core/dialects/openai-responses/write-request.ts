import type { Conversation, ToolChoice } from '../../conversation.ts';
import type { WriteTarget, WrittenRequest } from '../codec.ts';
import { Disclosures } from '../disclosures.ts';
import { qualifiesForStrict } from '../json-schema.ts';
import { objectSchema, refuseHosted, shortHash, ToolNames } from '../tools.ts';
import { wireNames, wireTools, type WireName } from './namespaces.ts';
import { instructionsOf, writeItems } from './write-items.ts';

const MAX_TOOL_NAME = 64;

interface Writing {
  readonly conversation: Conversation;
  readonly target: WriteTarget;
  readonly body: Record<string, unknown>;
  readonly lost: Disclosures;
  readonly names: ToolNames;
  readonly wire: (name: string) => WireName;
  readonly same: boolean;
}

/** Writes a Responses body that keeps nothing at the provider (`store: false`). Throws `unsupported_parameter` for hosted tools and foreign file ids. */
export function writeRequest(conversation: Conversation, target: WriteTarget): WrittenRequest {
  const lost = new Disclosures();
  const same = conversation.dialect === 'openai-responses';
  if (!same) refuseHosted(conversation);
  const names = new ToolNames(MAX_TOOL_NAME, conversation.tools);
  const freeform = new Set(conversation.tools.filter((tool) => tool.freeform !== undefined).map((tool) => tool.name));
  const known = wireNames(conversation.tools);
  const wire = (name: string): WireName => (known(name).namespace === undefined ? { name: names.sent(name) } : known(name));
  const context = { lost, wire, freeform, same };
  const instructions = instructionsOf(conversation, context);
  const body: Record<string, unknown> = { model: target.upstreamModel, store: false, ...(instructions !== undefined && { instructions }), input: writeItems(conversation, context) };
  const writing: Writing = { conversation, target, body, lost, names, wire, same };
  writeTools(writing);
  writeSettings(writing);
  writeText(writing);
  if (conversation.stream) body['stream'] = true;
  const toolNames = names.originals();
  return { body, disclosures: lost.list(), ...(toolNames && { toolNames }) };
}

function writeTools({ conversation, body, lost, names, wire, same }: Writing): void {
  const { tools, toolChoice, parallelToolCalls } = conversation;
  if (tools.length === 0) return;
  body['tools'] = wireTools(tools, (tool) => {
    if (tool.hosted !== undefined) return tool.hosted.raw;
    if (tool.freeform !== undefined) return tool.freeform;
    const strict = tool.strict === true && (same || qualifiesForStrict(tool.schema));
    if (tool.strict === true && !strict) lost.drop('strict');
    if (tool.cacheControl !== undefined && !same) lost.drop('cache_control');
    return { type: 'function', name: names.sent(tool.name), ...(tool.description !== undefined && { description: tool.description }), parameters: objectSchema(tool.schema), strict };
  });
  if (toolChoice !== undefined) body['tool_choice'] = chosen(toolChoice, wire);
  if (parallelToolCalls !== undefined && (same || !parallelToolCalls)) body['parallel_tool_calls'] = parallelToolCalls;
}

function chosen(choice: ToolChoice, wire: (name: string) => WireName): unknown {
  const named = (name: string): unknown => ({ type: 'function', ...wire(name) });
  if (choice.type === 'tool') return named(choice.name);
  return choice.type === 'allowed' ? { type: 'allowed_tools', mode: choice.mode, tools: choice.names.map(named) } : choice.type;
}

/** Reasoning models refuse sampling parameters unless the catalogue says otherwise; `stop` and `n` have no place in this API. */
function writeSettings({ conversation, target, body, lost, same }: Writing): void {
  const { facts } = target;
  const asked = conversation.maxOutputTokens;
  const most = Math.min(target.maxOutputTokens ?? Infinity, facts.maxOutput ?? Infinity);
  if (asked !== undefined && asked > most) lost.clamp('max_tokens');
  if (asked !== undefined) body['max_output_tokens'] = Math.min(asked, most);
  else if (target.maxOutputTokens !== undefined) body['max_output_tokens'] = Math.min(target.maxOutputTokens, most);
  const samples = facts.sampling ?? facts.reasoning !== true;
  for (const [name, value] of [['temperature', conversation.temperature], ['top_p', conversation.topP]] as const) {
    if (value !== undefined && samples) body[name] = value;
    else if (value !== undefined && value !== 1) lost.drop(name);
  }
  if (conversation.topK !== undefined) lost.drop('top_k');
  if (conversation.stop !== undefined && conversation.stop.length > 0) lost.drop('stop');
  if (conversation.user !== undefined) body['safety_identifier'] = same ? conversation.user : `user_${shortHash(conversation.user, 32)}`;
  const { reasoning } = conversation;
  if (reasoning !== undefined && facts.reasoning === true) body['reasoning'] = { effort: reasoning.mode === 'off' ? 'low' : reasoning.effort ?? 'medium' };
  else if (reasoning !== undefined && reasoning.mode !== 'off') lost.drop('thinking');
  if (same) Object.assign(body, conversation.extras, { store: false });
  else for (const [name, value] of Object.entries(conversation.extras)) if (value !== null && value !== undefined) lost.drop(name);
}

function writeText({ conversation: { responseFormat }, body, same }: Writing): void {
  if (responseFormat === undefined) return;
  const { type, name, schema, strict } = responseFormat;
  if (type !== 'json_schema') {
    body['text'] = { format: { type } };
    return;
  }
  const isStrict = same ? strict : qualifiesForStrict(schema);
  body['text'] = { format: { type, name: name ?? 'answer', schema: schema ?? {}, ...(isStrict !== undefined && { strict: isStrict }) } };
}
