import type { Conversation, Part, Turn } from '../../conversation.ts';
import { fail } from '../../errors.ts';
import type { Disclosures } from '../disclosures.ts';
import { isFields, textIn } from '../fields.ts';
import { shortHash, toldReference, type ToolNames } from '../tools.ts';

interface Context { readonly lost: Disclosures; readonly names: ToolNames; readonly same: boolean; readonly replaysReasoning: boolean }
type Message = Record<string, unknown>;
type ContentPart = Record<string, unknown>;

/** OpenAI refuses longer ids of tool calls. */
const MAX_CALL_ID = 40;
const MOVED_IMAGE = '[the image of this tool result is in the next user message]';

/** All messages of a conversation, system first (translation cases D42–D51). */
export function writeMessages(conversation: Conversation, context: Context): Message[] {
  const messages: Message[] = [];
  const system = textOf(conversation.system, context);
  if (system !== '') messages.push({ role: 'system', content: system });
  const loop = loopStart(conversation.turns);
  for (const [at, turn] of conversation.turns.entries()) {
    if (turn.role === 'system') messages.push({ role: 'system', content: textOf(turn.parts, context) });
    else if (turn.role === 'assistant') messages.push(assistant(turn, at, at >= loop, context));
    else messages.push(...user(turn, context));
  }
  return messages;
}

/** Text parts as one string, blank line between them (D42). */
function textOf(parts: readonly Part[], context: Context): string {
  const texts: string[] = [];
  for (const part of parts) {
    if (part.type === 'text') {
      noteCache(part, context);
      if (part.text !== '') texts.push(part.text);
    } else if (!context.same) context.lost.drop(part.type === 'unknown' ? part.kind : part.type);
  }
  return texts.join('\n\n');
}

/** Prompt caching is automatic here; the marker itself has no place. */
function noteCache(part: Part, { lost, same }: Context): void {
  if (!same && 'cacheControl' in part && part.cacheControl !== undefined) lost.drop('cache_control');
}

/** Results first, one tool message each; then everything else of the turn in one user message (D43). */
function user(turn: Turn, context: Context): Message[] {
  const messages: Message[] = [];
  const rest: ContentPart[] = [];
  for (const [at, part] of turn.parts.entries()) {
    noteCache(part, context);
    if (part.type === 'tool-result') messages.push(toolMessage(part, at, rest, context));
  }
  for (const part of turn.parts) if (part.type !== 'tool-result') rest.push(...content(part, context));
  if (rest.length > 0 || messages.length === 0) {
    messages.push({ role: 'user', ...(turn.name !== undefined && context.same && { name: turn.name }), content: simplest(rest) });
  }
  return messages;
}

/** One text is a plain string, which every compatible server takes. */
function simplest(parts: readonly ContentPart[]): string | readonly ContentPart[] {
  const [first] = parts;
  if (first === undefined) return '';
  return parts.length === 1 && first['type'] === 'text' ? String(first['text']) : parts;
}

/** Tool messages are text only: images and documents move to the user message that follows (D45). */
function toolMessage(result: Extract<Part, { type: 'tool-result' }>, at: number, moved: ContentPart[], context: Context): Message {
  const texts: string[] = [];
  for (const part of result.content) {
    noteCache(part, context);
    if (part.type === 'text') texts.push(part.text);
    else if (part.type === 'image') {
      texts.push(MOVED_IMAGE);
      moved.push(...content(part, context));
    } else for (const written of content(part, context)) {
      if (written['type'] === 'text') texts.push(String(written['text']));
      else moved.push(written);
    }
  }
  const text = texts.join('\n');
  // OpenAI has no error flag on results (D44).
  return { role: 'tool', tool_call_id: callId(result.id, `result:${at}`, context), content: result.isError ? `[tool error] ${text}` : text };
}

function content(part: Part, context: Context): ContentPart[] {
  const { lost } = context;
  switch (part.type) {
    case 'text':
      return [{ type: 'text', text: part.text }];
    case 'refusal':
      return [{ type: 'text', text: part.text }];
    case 'image':
      return [image(part)];
    case 'document':
      if (part.citations) lost.drop('citations');
      return document(part);
    case 'audio':
      return [{ type: 'input_audio', input_audio: { data: part.base64 ?? '', format: part.format ?? 'wav' } }];
    case 'unknown':
      return unknownPart(part, context);
    default:
      lost.drop(part.type);
      return [];
  }
}

/** History of tools that ran at Anthropic is told as text (D49); other unknown parts are dropped and disclosed (D115). */
function unknownPart(part: Extract<Part, { type: 'unknown' }>, { lost, names, same }: Context): ContentPart[] {
  if (same) return isFields(part.raw) ? [{ ...part.raw }] : [];
  const reference = toldReference(part, names);
  if (reference !== undefined) return [{ type: 'text', text: reference }];
  if (part.kind === 'server_tool_use' || part.kind === 'mcp_tool_use' || part.kind.endsWith('_tool_result')) {
    const raw = isFields(part.raw) ? part.raw : {};
    const told = part.kind.endsWith('_use') ? `${textIn(raw, 'name') ?? ''} ${JSON.stringify(raw['input'] ?? {})}` : JSON.stringify(raw['content'] ?? null);
    return [{ type: 'text', text: `[${part.kind}] ${told}` }];
  }
  if (part.kind === 'search_result') {
    const raw = isFields(part.raw) ? part.raw : {};
    return [{ type: 'text', text: `[search result] ${textIn(raw, 'title') ?? ''} ${textIn(raw, 'source') ?? ''}\n${JSON.stringify(raw['content'] ?? [])}` }];
  }
  lost.drop(part.kind);
  return [];
}

function image(part: Extract<Part, { type: 'image' }>): ContentPart {
  const url = part.base64 === undefined ? part.url : `data:${part.mediaType ?? 'image/png'};base64,${part.base64}`;
  if (url === undefined) return fail('unsupported_parameter', 'An image by file id cannot be sent to this model; send it as base64 or URL.', { param: 'messages' });
  return { type: 'image_url', image_url: { url, ...(part.detail !== undefined && { detail: part.detail }) } };
}

function document(part: Extract<Part, { type: 'document' }>): ContentPart[] {
  if (part.text !== undefined) return [{ type: 'text', text: part.name === undefined ? part.text : `${part.name}\n\n${part.text}` }];
  if (part.base64 !== undefined) {
    const mediaType = part.mediaType ?? 'application/pdf';
    return [{ type: 'file', file: { filename: filename(part.name, mediaType), file_data: `data:${mediaType};base64,${part.base64}` } }];
  }
  return fail('unsupported_parameter', 'A document by URL or file id cannot be sent to this model; send it as base64 or text.', { param: 'messages' });
}

function filename(name: string | undefined, mediaType: string): string {
  if (name === undefined || name === '') return mediaType === 'application/pdf' ? 'document.pdf' : 'document';
  return mediaType === 'application/pdf' && !name.toLowerCase().endsWith('.pdf') ? `${name}.pdf` : name;
}

/** Where the tool loop that is still going on begins: after the last turn in which the user said something. */
function loopStart(turns: readonly Turn[]): number {
  return turns.findLastIndex((turn) => turn.role === 'user' && turn.parts.some((part) => part.type !== 'tool-result')) + 1;
}

function assistant(turn: Turn, turnAt: number, inLoop: boolean, context: Context): Message {
  const written: ContentPart[] = [];
  const calls: unknown[] = [];
  const refusals: string[] = [];
  const reasoning: Extract<Part, { type: 'reasoning' }>[] = [];
  for (const [at, part] of turn.parts.entries()) {
    noteCache(part, context);
    if (part.type === 'tool-call') {
      calls.push({
        id: callId(part.id, `call:${turnAt}:${at}`, context), type: 'function',
        function: { name: context.names.sent(part.name), arguments: part.arguments === '' ? '{}' : part.arguments },
      });
    } else if (part.type === 'reasoning') reasoning.push(part);
    else if (part.type === 'refusal') refusals.push(part.text);
    else if (part.type !== 'text' || part.text !== '') written.push(...content(part, context));
  }
  if (written.length > 0) written.push(...refusals.map((refusal) => ({ type: 'refusal', refusal })));
  return {
    role: 'assistant',
    ...(turn.name !== undefined && context.same && { name: turn.name }),
    content: written.length > 0 ? simplest(written) : calls.length > 0 || refusals.length > 0 ? null : '',
    ...(written.length === 0 && refusals.length > 0 && { refusal: refusals.join('') }),
    ...reasoningFields(reasoning, inLoop && calls.length > 0, context),
    ...(calls.length > 0 && { tool_calls: calls }),
  };
}

/** Foreign reasoning is replayed only where a server cannot go on without it; a signature never leaves its provider (D48). */
function reasoningFields(parts: readonly Extract<Part, { type: 'reasoning' }>[], beside: boolean, { same, lost, replaysReasoning }: Context): Message {
  if (parts.length === 0) return {};
  const plain = parts.map((part) => part.text).join('');
  if (!same && (!replaysReasoning || !beside || plain === '')) {
    lost.drop('thinking');
    return {};
  }
  return plain === '' ? {} : { reasoning_content: plain };
}

/** Ids that OpenAI would refuse are rewritten, calls and results alike, by the same rule (G3). */
function callId(id: string | undefined, place: string, { same }: Context): string {
  if (id === undefined) return `call_${shortHash(place, 24)}`;
  return same || id.length <= MAX_CALL_ID ? id : `call_${shortHash(id, 24)}`;
}
