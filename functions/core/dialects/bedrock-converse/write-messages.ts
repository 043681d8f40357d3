import type { Part, Turn } from '../../conversation.ts';
import { fail } from '../../errors.ts';
import { pairResults, type Group } from '../anthropic-messages/pair-results.ts';
import { parseArguments, shortHash } from '../tools.ts';
import { addCachePoint } from './cache-points.ts';
import { writeBlock } from './write-blocks.ts';
import type { Block, Writing } from './writing.ts';

export interface Message { readonly role: 'user' | 'assistant'; readonly content: Block[] }

const MAX_TOOL_USE_ID = 64;
/** Said where Bedrock demands a text and the caller gave none. */
const DOCUMENT_ATTACHED = 'Document attached.', NO_OUTPUT = '(no output)', BEGINNING = '(beginning of the conversation)';

/** Leading system texts, one block each, without the blank ones (D1, D3). */
export function writeSystem(writing: Writing): Block[] {
  const blocks: Block[] = [];
  for (const part of writing.conversation.system) {
    if (part.type === 'text') add(blocks, part, writing);
    else writing.lost.drop(part.type === 'unknown' ? part.kind : part.type);
  }
  return blocks;
}

/**
 * The turns as alternating messages that begin with the user's: same roles merged (D5), results first in their turn and in the order of
 * the calls (D6, D7), every call answered (D8, D9), nothing empty (D12). Throws `invalid_request` where that cannot be.
 */
export function writeMessages(writing: Writing): Message[] {
  const groups = grouped(writing.conversation.turns, writing);
  const pairs = pairResults(groups);
  const messages: Message[] = [];
  for (const [at, group] of groups.entries()) {
    const ids = pairs[at] ?? new Map<Part, string>();
    const content = group.role === 'assistant' ? assistant(group.parts, ids, writing) : user(group.parts, ids, writing);
    if (content.length > 0) append(messages, { role: group.role, content });
  }
  const [first] = messages;
  if (first === undefined) return fail('invalid_request', 'At least one user message with content is required besides system messages.', { param: 'messages' });
  if (first.role === 'assistant') {
    messages.unshift({ role: 'user', content: [{ text: BEGINNING }] });
    writing.lost.clamp('first_message');
  }
  finishPrefill(messages, writing);
  return messages;
}

/** Turns by speaker; a system message in mid-conversation is said by the user in place, so that the cached prefix stays (D2). */
function grouped(turns: readonly Turn[], { lost }: Writing): Group[] {
  const groups: { role: 'user' | 'assistant'; parts: Part[] }[] = [];
  for (const turn of turns) {
    if (turn.name !== undefined) lost.drop('name');
    if (turn.role === 'system') lost.clamp('system_position');
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

function add(blocks: Block[], part: Part, writing: Writing): void {
  const block = writeBlock(part, writing);
  if (block === undefined) return;
  blocks.push(block);
  addCachePoint(blocks, markerOf(part), writing);
}

function markerOf(part: Part): unknown {
  return 'cacheControl' in part ? part.cacheControl : undefined;
}

function user(parts: readonly Part[], ids: ReadonlyMap<Part, string>, writing: Writing): Block[] {
  const blocks: Block[] = [];
  // `ids` is in the order of the calls.
  for (const [part, id] of ids) {
    if (part.type !== 'tool-result') continue;
    const content = part.content.flatMap((inner) => writeBlock(inner, writing) ?? []);
    blocks.push({ toolResult: { toolUseId: wireId(id), content: content.length > 0 ? content : [{ text: NO_OUTPUT }], ...(part.isError && { status: 'error' }) } });
    // A cache point has no place inside a result.
    addCachePoint(blocks, part.cacheControl ?? part.content.map(markerOf).findLast((marker) => marker !== undefined), writing);
  }
  for (const part of parts) if (part.type !== 'tool-result') add(blocks, part, writing);
  const document = blocks.findIndex((block) => 'document' in block);
  if (document >= 0 && !blocks.some((block) => 'text' in block)) blocks.splice(document, 0, { text: DOCUMENT_ATTACHED });
  return blocks;
}

function assistant(parts: readonly Part[], ids: ReadonlyMap<Part, string>, writing: Writing): Block[] {
  const blocks: Block[] = parts.flatMap((part) => (part.type === 'reasoning' ? reasoning(part, writing) : []));
  for (const part of parts) {
    if (part.type === 'tool-call') {
      blocks.push(toolUse(part, ids.get(part), writing));
      addCachePoint(blocks, part.cacheControl, writing);
    } else if (part.type !== 'reasoning') add(blocks, part, writing);
  }
  return blocks;
}

const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;

/** Only signed reasoning may be shown again (D35), and what is redacted only as the bytes that the API takes it for. */
function reasoning(part: Extract<Part, { type: 'reasoning' }>, { lost, target }: Writing): Block[] {
  if (target.facts.thinking !== 'none') {
    if (part.redacted !== undefined && BASE64.test(part.redacted)) return [{ reasoningContent: { redactedContent: part.redacted } }];
    if (part.signature !== undefined) return [{ reasoningContent: { reasoningText: { text: part.text, signature: part.signature } } }];
  }
  lost.drop('reasoning_content');
  return [];
}

function toolUse(part: Extract<Part, { type: 'tool-call' }>, id: string | undefined, { names }: Writing): Block {
  const input = parseArguments(part.arguments);
  if (input === undefined) {
    return fail('invalid_request', `The arguments of tool call '${(part.id ?? part.name).slice(0, 64)}' are not a JSON object.`, { param: 'messages' });
  }
  return { toolUse: { toolUseId: wireId(id ?? part.id ?? part.name), name: names.sent(part.name), input } };
}

/** `pairResults` leaves only letters, digits, `_` and `-`; what is too long as well is replaced by its hash, the same on both sides (D10). */
function wireId(id: string): string {
  return id.length <= MAX_TOOL_USE_ID ? id : `tooluse_${shortHash(id, 24)}`;
}

/** A trailing assistant message asks the model to go on from there, which newer models refuse (D15). */
function finishPrefill(messages: Message[], { target }: Writing): void {
  const last = messages.at(-1);
  if (last?.role !== 'assistant') return;
  if (target.facts.prefill === false) {
    fail('unsupported_parameter', 'This model does not continue a trailing assistant message; end the conversation with a user message.', { param: 'messages' });
  }
  const block = last.content.at(-1);
  if (block !== undefined && typeof block['text'] === 'string') last.content[last.content.length - 1] = { text: block['text'].trimEnd() };
}
