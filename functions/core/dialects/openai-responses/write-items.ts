import type { Conversation, Part, Turn } from '../../conversation.ts';
import { fail } from '../../errors.ts';
import type { Disclosures } from '../disclosures.ts';
import { isFields } from '../fields.ts';
import { shortHash } from '../tools.ts';
import { unwrapInput } from './freeform.ts';
import type { WireName } from './namespaces.ts';

interface Context { readonly lost: Disclosures; readonly wire: (name: string) => WireName; readonly freeform: ReadonlySet<string>; readonly same: boolean }
type Item = Record<string, unknown>;

/** All turns as input items: a turn's results first, then its content, with calls and results as items of their own. */
export function writeItems(conversation: Conversation, context: Context): Item[] {
  return conversation.turns.flatMap((turn, at) => (turn.role === 'assistant' ? assistant(turn, at, context) : other(turn, at, context)));
}

/** Instructions: the texts of the system parts, a blank line between them. */
export function instructionsOf(conversation: Conversation, { lost, same }: Context): string | undefined {
  const texts: string[] = [];
  for (const part of conversation.system) {
    if (part.type === 'text') {
      if (part.text !== '') texts.push(part.text);
      if (part.cacheControl !== undefined && !same) lost.drop('cache_control');
    } else lost.drop(part.type === 'unknown' ? part.kind : part.type);
  }
  return texts.length === 0 ? undefined : texts.join('\n\n');
}

function other(turn: Turn, turnAt: number, context: Context): Item[] {
  const items: Item[] = [];
  const content: Item[] = [];
  for (const [at, part] of turn.parts.entries()) {
    if (part.type === 'tool-result') items.push(result(part, `result:${turnAt}:${at}`, context));
    else content.push(...inputPart(part, context));
  }
  if (content.length > 0 || items.length === 0) items.push({ type: 'message', role: turn.role === 'system' ? 'developer' : 'user', content });
  return items;
}

function assistant(turn: Turn, turnAt: number, context: Context): Item[] {
  const items: Item[] = [];
  let content: Item[] = [];
  const flush = (): void => {
    if (content.length > 0) items.push({ type: 'message', role: 'assistant', content });
    content = [];
  };
  for (const [at, part] of turn.parts.entries()) {
    if (part.type === 'text') {
      if (part.text !== '') content.push({ type: 'output_text', text: part.text });
    } else if (part.type === 'refusal') content.push({ type: 'refusal', refusal: part.text });
    else if (part.type === 'tool-call') {
      flush();
      items.push(call(part, `call:${turnAt}:${at}`, context));
    } else if (part.type === 'unknown' && context.same && isFields(part.raw)) {
      flush();
      items.push({ ...part.raw });
    } else context.lost.drop(part.type === 'reasoning' ? 'thinking' : part.type === 'unknown' ? part.kind : part.type);
  }
  flush();
  return items;
}

function call(part: Extract<Part, { type: 'tool-call' }>, place: string, { wire, freeform }: Context): Item {
  const call_id = part.id ?? `call_${shortHash(place, 24)}`;
  if (freeform.has(part.name)) return { type: 'custom_tool_call', call_id, ...wire(part.name), input: unwrapInput(part.arguments) };
  return { type: 'function_call', call_id, ...wire(part.name), arguments: part.arguments === '' ? '{}' : part.arguments };
}

function result(part: Extract<Part, { type: 'tool-result' }>, place: string, context: Context): Item {
  const content = part.content.flatMap((inner) => inputPart(inner, context));
  const [only] = content;
  const text = content.length === 0 ? '' : content.length === 1 && only?.['type'] === 'input_text' ? String(only['text']) : undefined;
  const output = text === undefined ? content : part.isError ? `[tool error] ${text}` : text;
  return { type: 'function_call_output', call_id: part.id ?? `call_${shortHash(place, 24)}`, output };
}

function inputPart(part: Part, { lost, same }: Context): Item[] {
  if ('cacheControl' in part && part.cacheControl !== undefined && !same) lost.drop('cache_control');
  switch (part.type) {
    case 'text':
    case 'refusal':
      return [{ type: 'input_text', text: part.text }];
    case 'image': {
      const url = part.base64 === undefined ? part.url : `data:${part.mediaType ?? 'image/png'};base64,${part.base64}`;
      if (url === undefined && !same) return fail('unsupported_parameter', 'An image by file id cannot be sent to this model; send it as base64 or URL.', { param: 'input' });
      return [{ type: 'input_image', ...(url === undefined ? { file_id: part.fileId } : { image_url: url }), detail: part.detail ?? 'auto' }];
    }
    case 'document':
      return document(part, same, lost);
    case 'audio':
      return [{ type: 'input_audio', input_audio: { data: part.base64 ?? '', format: part.format ?? 'wav' } }];
    default:
      if (part.type === 'unknown' && same && isFields(part.raw)) return [{ ...part.raw }];
      lost.drop(part.type === 'unknown' ? part.kind : part.type);
      return [];
  }
}

function document(part: Extract<Part, { type: 'document' }>, same: boolean, lost: Disclosures): Item[] {
  if (part.citations) lost.drop('citations');
  if (part.text !== undefined) return [{ type: 'input_text', text: part.name === undefined ? part.text : `${part.name}\n\n${part.text}` }];
  if (part.base64 !== undefined) {
    const mediaType = part.mediaType ?? 'application/pdf';
    return [{ type: 'input_file', filename: part.name ?? 'document.pdf', file_data: `data:${mediaType};base64,${part.base64}` }];
  }
  if (part.url !== undefined) return [{ type: 'input_file', file_url: part.url }];
  if (same) return [{ type: 'input_file', file_id: part.fileId }];
  return fail('unsupported_parameter', 'A document by file id cannot be sent to this model; send it as base64 or text.', { param: 'input' });
}
