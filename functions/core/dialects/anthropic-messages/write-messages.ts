import type { Part, Turn } from '../../conversation.ts';
import { fail } from '../../errors.ts';
import { parseArguments, shortHash } from '../tools.ts';
import { pairResults, type Group } from './pair-results.ts';
import { writeBlock, type Block } from './write-blocks.ts';
import type { Writing } from './writing.ts';

interface Message { readonly role: 'user' | 'assistant'; readonly content: Block[] }

/** Leading system texts, one block each, without the empty ones (D1, D3). */
export function writeSystem(writing: Writing): void {
  const blocks = writing.conversation.system.flatMap((part) => writeBlock(part, writing));
  if (blocks.length > 0) writing.body['system'] = blocks;
}

/**
 * The turns as alternating messages: same roles merged (D5), results first in their turn and in the order of the calls (D6,
 * D7), every call answered (D8, D9), nothing empty (D12).
 */
export function writeMessages(writing: Writing): Message[] {
  const { turns } = writing.conversation;
  const groups = grouped(turns, writing);
  const pairs = pairResults(groups);
  const messages: Message[] = [];
  for (const [at, group] of groups.entries()) {
    const ids = pairs[at] ?? new Map<Part, string>();
    const content = group.role === 'assistant' ? assistant(group.parts, ids, writing) : user(group.parts, ids, writing);
    if (content.length > 0) append(messages, { role: group.role, content });
  }
  if (messages.length === 0) fail('invalid_request', 'At least one user message with content is required besides system messages.', { param: 'messages' });
  finishPrefill(messages, writing);
  return messages;
}

/** Turns by speaker; a system message in mid-conversation is said by the user in place, so that the cached prefix stays (D2). */
function grouped(turns: readonly Turn[], { lost, same }: Writing): Group[] {
  const groups: { role: 'user' | 'assistant'; parts: Part[] }[] = [];
  for (const turn of turns) {
    if (turn.name !== undefined) lost.drop('name');
    if (turn.role === 'system' && !same) lost.clamp('system_position');
    const role = turn.role === 'assistant' ? 'assistant' : 'user';
    const last = groups.at(-1);
    if (last?.role === role) last.parts.push(...turn.parts);
    else groups.push({ role, parts: [...turn.parts] });
  }
  return groups;
}

/** A turn that came out empty may leave two of the same role side by side. */
function append(messages: Message[], message: Message): void {
  const last = messages.at(-1);
  if (last?.role === message.role) last.content.push(...message.content);
  else messages.push(message);
}

function user(parts: readonly Part[], ids: ReadonlyMap<Part, string>, writing: Writing): Block[] {
  const results: Block[] = [];
  // `ids` is in the order of the calls.
  for (const [part, id] of ids) {
    if (part.type !== 'tool-result') continue;
    const content = part.content.flatMap((inner) => writeBlock(inner, writing));
    results.push({
      type: 'tool_result',
      tool_use_id: id,
      ...(content.length > 0 && { content }),
      ...(part.isError && { is_error: true }),
      ...(part.cacheControl !== undefined && { cache_control: part.cacheControl }),
    });
  }
  return [...results, ...parts.flatMap((part) => (part.type === 'tool-result' ? [] : writeBlock(part, writing)))];
}

function assistant(parts: readonly Part[], ids: ReadonlyMap<Part, string>, writing: Writing): Block[] {
  const thinking: Block[] = [];
  const blocks: Block[] = [];
  for (const part of parts) {
    if (part.type === 'reasoning') thinking.push(...reasoning(part, writing));
    else if (part.type === 'tool-call') blocks.push(toolUse(part, ids.get(part), writing));
    else blocks.push(...writeBlock(part, writing));
  }
  return [...thinking, ...blocks];
}

/** Only reasoning that Anthropic signed may be shown to it again (D35); what carries no signature is left out. */
function reasoning(part: Extract<Part, { type: 'reasoning' }>, { lost, target }: Writing): Block[] {
  if (target.facts.thinking !== 'none') {
    if (part.redacted !== undefined && part.redacted !== '') return [{ type: 'redacted_thinking', data: part.redacted }];
    if (part.signature !== undefined) return [{ type: 'thinking', thinking: part.text, signature: part.signature }];
  }
  lost.drop('reasoning_content');
  return [];
}

function toolUse(part: Extract<Part, { type: 'tool-call' }>, id: string | undefined, { names }: Writing): Block {
  const input = parseArguments(part.arguments);
  if (input === undefined) {
    return fail('invalid_request', `The arguments of tool call '${(part.id ?? part.name).slice(0, 64)}' are not a JSON object.`, { param: 'messages' });
  }
  return {
    type: 'tool_use',
    id: id ?? `toolu_${shortHash(part.id ?? part.name, 24)}`,
    name: names.sent(part.name),
    input,
    ...(part.cacheControl !== undefined && { cache_control: part.cacheControl }),
  };
}

/** A trailing assistant message asks the model to go on from there, which newer models refuse (D15). */
function finishPrefill(messages: Message[], { target }: Writing): void {
  const last = messages.at(-1);
  if (last?.role !== 'assistant') return;
  if (target.facts.prefill === false) {
    fail('unsupported_parameter', 'This model does not continue a trailing assistant message; end the conversation with a user message.', { param: 'messages' });
  }
  const block = last.content.at(-1);
  if (block !== undefined && typeof block['text'] === 'string') last.content[last.content.length - 1] = { ...block, text: block['text'].trimEnd() };
}
