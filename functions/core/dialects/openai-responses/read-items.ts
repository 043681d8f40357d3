import type { Part, Turn } from '../../conversation.ts';
import { isReasoningReference } from '../foreign-state.ts';
import { fail } from '../../errors.ts';
import { isFields, listOf, MAX_MESSAGES, MAX_PARTS, MAX_TOOL_NAME, requiredString, stringOf, textIn, wrong, type Fields } from '../fields.ts';
import { parseDataUrl } from '../data-url.ts';
import { wrapInput } from './freeform.ts';
import { neutralName } from './namespaces.ts';
import { unpackState } from './reasoning-state.ts';

/**
 * `input` as turns: a text, or items (request types of the `openai` package, version 6). Neighbouring items of one side
 * make one turn, since other APIs want a turn's calls, and its results, together. Leading system and developer messages
 * are given apart.
 */
export function readInput(body: Fields): { system: Part[]; turns: Turn[] } {
  const { input } = body;
  if (typeof input === 'string') return { system: [], turns: [{ role: 'user', parts: [{ type: 'text', text: input }] }] };
  const items = listOf(body, 'input', MAX_MESSAGES);
  if (items === undefined || items.length === 0) return wrong('input', 'a string or a non-empty array');
  const system: Part[] = [];
  const turns: { role: Turn['role']; parts: Part[]; open: boolean }[] = [];
  for (const [at, item] of items.entries()) {
    const path = `input[${at}]`;
    if (!isFields(item)) return wrong(path, 'an object');
    const { role, parts, joins } = readItem(item, path);
    const last = turns.at(-1);
    if (role === 'system' && last === undefined) system.push(...parts);
    else if (joins && last?.open === true && last.role === role) last.parts.push(...parts);
    else turns.push({ role, parts: [...parts], open: joins });
  }
  return { system, turns: turns.map(({ role, parts }) => ({ role, parts })) };
}

/** `joins`: the item belongs to its neighbours of the same side (an answer's items, a round of results). */
interface Read { readonly role: Turn['role']; readonly parts: readonly Part[]; readonly joins: boolean }

function readItem(item: Fields, path: string): Read {
  const type = stringOf(item, 'type', path, 256) ?? 'message';
  switch (type) {
    case 'message':
      return message(item, path);
    case 'function_call':
    case 'custom_tool_call':
      return { role: 'assistant', parts: [call(item, type, path)], joins: true };
    case 'function_call_output':
    case 'custom_tool_call_output':
      return { role: 'user', parts: [output(item, path)], joins: true };
    case 'reasoning':
      return { role: 'assistant', parts: reasoning(item, path), joins: true };
    case 'item_reference':
      // Some clients refer to what a model thought unless they are told otherwise; an answer loses nothing that could be had without it.
      if (isReasoningReference(item)) return { role: 'assistant', parts: [{ type: 'reasoning', text: '' }], joins: true };
      return fail('unsupported_parameter', 'Items are not stored here, so they cannot be referred to; send their content (many clients do so with store: false).', { param: path });
    default:
      return { role: 'assistant', parts: [{ type: 'unknown', kind: type, raw: item }], joins: true };
  }
}

function message(item: Fields, path: string): Read {
  const role = requiredString(item, 'role', path);
  const parts = content(item, path);
  if (role === 'assistant') return { role, parts, joins: true };
  if (role === 'user') return { role, parts, joins: false };
  if (role === 'system' || role === 'developer') return { role: 'system', parts, joins: false };
  return wrong(`${path}.role`, 'one of system, developer, user, assistant');
}

function content(item: Fields, path: string): Part[] {
  if (typeof item['content'] === 'string') return [{ type: 'text', text: item['content'] }];
  const list = listOf(item, 'content', MAX_PARTS, path) ?? wrong(`${path}.content`, 'a string or an array of parts');
  return list.map((part, at) => (isFields(part) ? readPart(part, `${path}.content[${at}]`) : wrong(`${path}.content[${at}]`, 'an object')));
}

function readPart(part: Fields, path: string): Part {
  const kind = requiredString(part, 'type', path);
  switch (kind) {
    case 'input_text':
    case 'output_text':
    case 'text':
      return { type: 'text', text: stringOf(part, 'text', path) ?? wrong(`${path}.text`, 'a string') };
    case 'refusal':
      return { type: 'refusal', text: stringOf(part, 'refusal', path) ?? '' };
    case 'input_image':
      return image(part, path);
    case 'input_file':
      return file(part, path);
    case 'input_audio': {
      const audio = isFields(part['input_audio']) ? part['input_audio'] : part;
      const [base64, format] = [textIn(audio, 'data'), textIn(audio, 'format')];
      return { type: 'audio', ...(format !== undefined && { format }), ...(base64 !== undefined && { base64 }) };
    }
    default:
      return { type: 'unknown', kind, raw: part };
  }
}

function image(part: Fields, path: string): Part {
  const url = stringOf(part, 'image_url', path);
  const fileId = stringOf(part, 'file_id', path, 512);
  const detail = stringOf(part, 'detail', path, 32);
  if (url === undefined && fileId === undefined) return wrong(`${path}.image_url`, 'a string');
  return { type: 'image', ...(url !== undefined && (parseDataUrl(url) ?? { url })), ...(fileId !== undefined && { fileId }), ...(detail !== undefined && { detail }) };
}

function file(part: Fields, path: string): Part {
  const data = stringOf(part, 'file_data', path);
  const url = stringOf(part, 'file_url', path);
  const fileId = stringOf(part, 'file_id', path, 512);
  const name = stringOf(part, 'filename', path, 512);
  return {
    type: 'document',
    ...(data !== undefined && (parseDataUrl(data) ?? { base64: data })),
    ...(url !== undefined && { url }),
    ...(fileId !== undefined && { fileId }),
    ...(name !== undefined && { name }),
  };
}

function call(item: Fields, type: string, path: string): Part {
  const id = stringOf(item, 'call_id', path, 4096) ?? stringOf(item, 'id', path, 4096);
  const text = type === 'function_call' ? stringOf(item, 'arguments', path) ?? '' : wrapInput(stringOf(item, 'input', path) ?? '');
  return { type: 'tool-call', ...(id !== undefined && id !== '' && { id }), name: neutralName(item, requiredString(item, 'name', path, MAX_TOOL_NAME), path), arguments: text };
}

function output(item: Fields, path: string): Part {
  const id = stringOf(item, 'call_id', path, 4096);
  const { output: given } = item;
  const parts = typeof given === 'string' ? (given === '' ? [] : [{ type: 'text' as const, text: given }])
    : (listOf(item, 'output', MAX_PARTS, path) ?? []).map((part, at) => (isFields(part) ? readPart(part, `${path}.output[${at}]`) : wrong(`${path}.output[${at}]`, 'an object')));
  return { type: 'tool-result', ...(id !== undefined && { id }), content: parts };
}

/** A reasoning item; its encrypted content means something only where it came from (D35, D114). */
function reasoning(item: Fields, path: string): Part[] {
  const texts = [...(listOf(item, 'content', MAX_PARTS, path) ?? []), ...(listOf(item, 'summary', MAX_PARTS, path) ?? [])];
  const text = texts.map((part) => (isFields(part) ? textIn(part, 'text') ?? '' : '')).join('\n\n');
  const encrypted = textIn(item, 'encrypted_content') ?? '';
  const state = unpackState(encrypted);
  if (state?.redacted !== undefined) return [{ type: 'reasoning', text: '', redacted: state.redacted }];
  // What only its origin can read is kept as empty reasoning, so that leaving it out is disclosed.
  return text === '' && encrypted === '' ? [] : [{ type: 'reasoning', text, ...(state?.signature !== undefined && { signature: state.signature }) }];
}
