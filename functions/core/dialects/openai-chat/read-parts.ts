import type { Part } from '../../conversation.ts';
import { parseDataUrl } from '../data-url.ts';
import { fieldsOf, isFields, listOf, MAX_PARTS, MAX_TOOL_NAME, requiredString, stringOf, textIn, wrong, type Fields } from '../fields.ts';

/** The content of a user or system message: a string, or parts; required. */
export function contentParts(message: Fields, path: string): Part[] {
  const { content } = message;
  if (typeof content === 'string') return [withCache({ type: 'text', text: content }, message)];
  if (!Array.isArray(content)) return wrong(`${path}.content`, 'a string or an array of parts');
  return readParts(message, path);
}

/**
 * An assistant message: reasoning first (D35), then text and refusals, then tool calls. `content` may be null or absent
 * beside calls; an empty string is no part.
 */
export function assistantParts(message: Fields, path: string): Part[] {
  const { content } = message;
  const parts = reasoningParts(message);
  if (typeof content === 'string') {
    if (content !== '') parts.push(withCache({ type: 'text', text: content }, message));
  } else if (content !== null && content !== undefined) parts.push(...readParts(message, path));
  const refusal = stringOf(message, 'refusal', path);
  if (refusal !== undefined && refusal !== '') parts.push({ type: 'refusal', text: refusal });
  const calls = listOf(message, 'tool_calls', MAX_PARTS, path) ?? [];
  for (const [at, call] of calls.entries()) parts.push(toolCall(call, `${path}.tool_calls[${at}]`));
  const legacy = fieldsOf(message, 'function_call', path);
  if (legacy) parts.push(calledFunction(legacy, `${path}.function_call`, undefined));
  const audio = message['audio'];
  if (isFields(audio)) parts.push({ type: 'unknown', kind: 'audio', raw: audio });
  return parts;
}

export function toolResult(message: Fields, path: string): Part {
  const id = stringOf(message, 'tool_call_id', path, 4096);
  const { content } = message;
  const parts = content === null || content === undefined || content === '' ? [] : contentParts(message, path);
  return { type: 'tool-result', ...(id !== undefined && { id }), content: parts };
}

function toolCall(call: unknown, path: string): Part {
  if (!isFields(call)) return wrong(path, 'an object');
  const kind = textIn(call, 'type') ?? 'function';
  if (kind !== 'function') return { type: 'unknown', kind, raw: call };
  const called = fieldsOf(call, 'function', path);
  if (called === undefined) return wrong(`${path}.function`, 'an object');
  const part = calledFunction(called, `${path}.function`, stringOf(call, 'id', path, 4096));
  return withCache(part, call);
}

function calledFunction(called: Fields, path: string, id: string | undefined): Part {
  return {
    type: 'tool-call',
    ...(id !== undefined && id !== '' && { id }),
    name: requiredString(called, 'name', path, MAX_TOOL_NAME),
    arguments: stringOf(called, 'arguments', path) ?? '',
  };
}

/** Reasoning as gateways hand it out beside the official fields; `thinking_blocks` carry the signatures, so they win. */
function reasoningParts(message: Fields): Part[] {
  const blocks = message['thinking_blocks'] ?? message['reasoning_details'];
  if (Array.isArray(blocks)) return blocks.flatMap(reasoningBlock);
  const text = textIn(message, 'reasoning_content') ?? textIn(message, 'reasoning') ?? '';
  return text === '' ? [] : [{ type: 'reasoning', text }];
}

function reasoningBlock(block: unknown): Part[] {
  if (!isFields(block)) return [];
  // OpenRouter names the signing provider; another's signature would be refused.
  const format = textIn(block, 'format');
  const ours = format === undefined || format.startsWith('anthropic');
  switch (block['type']) {
    case 'thinking':
    case 'reasoning.text': {
      const signature = textIn(block, 'signature');
      return [{ type: 'reasoning', text: textIn(block, 'thinking') ?? textIn(block, 'text') ?? '', ...(signature && ours && { signature }) }];
    }
    case 'redacted_thinking':
    case 'reasoning.encrypted':
      return ours ? [{ type: 'reasoning', text: '', redacted: textIn(block, 'data') ?? '' }] : [];
    default:
      return [];
  }
}

function readParts(message: Fields, path: string): Part[] {
  return (listOf(message, 'content', MAX_PARTS, path) ?? []).map((part, at) => {
    if (!isFields(part)) return wrong(`${path}.content[${at}]`, 'an object');
    return withCache(readPart(part, `${path}.content[${at}]`), part);
  });
}

function readPart(part: Fields, path: string): Part {
  const kind = requiredString(part, 'type', path);
  switch (kind) {
    case 'text':
      return { type: 'text', text: stringOf(part, 'text', path) ?? wrong(`${path}.text`, 'a string') };
    case 'refusal':
      return { type: 'refusal', text: stringOf(part, 'refusal', path) ?? '' };
    case 'image_url':
      return image(part, path);
    case 'file':
      return file(fieldsOf(part, 'file', path) ?? wrong(`${path}.file`, 'an object'), path);
    case 'input_audio': {
      const audio = fieldsOf(part, 'input_audio', path) ?? wrong(`${path}.input_audio`, 'an object');
      const [base64, format] = [stringOf(audio, 'data', path), stringOf(audio, 'format', path)];
      return { type: 'audio', ...(format !== undefined && { format }), ...(base64 !== undefined && { base64 }) };
    }
    default:
      return { type: 'unknown', kind, raw: part };
  }
}

function image(part: Fields, path: string): Part {
  const given = part['image_url'];
  const described = isFields(given) ? given : { url: given };
  const url = requiredString(described, 'url', `${path}.image_url`);
  const detail = stringOf(described, 'detail', `${path}.image_url`, 32);
  return { type: 'image', ...(parseDataUrl(url) ?? { url }), ...(detail !== undefined && { detail }) };
}

function file(described: Fields, path: string): Part {
  const data = stringOf(described, 'file_data', `${path}.file`);
  const fileId = stringOf(described, 'file_id', `${path}.file`, 512);
  const name = stringOf(described, 'filename', `${path}.file`, 512);
  return {
    type: 'document',
    ...(data !== undefined && (parseDataUrl(data) ?? { base64: data })),
    ...(fileId !== undefined && { fileId }),
    ...(name !== undefined && { name }),
  };
}

/** Keeps a cache marker that sits on the wire form of the part. */
function withCache(part: Part, wire: Fields): Part {
  const marker = wire['cache_control'];
  return marker === undefined || marker === null ? part : ({ ...part, cacheControl: marker } as Part);
}
