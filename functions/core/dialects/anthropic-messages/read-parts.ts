import type { Part } from '../../conversation.ts';
import { booleanOf, fieldsOf, isFields, listOf, MAX_PARTS, MAX_TOOL_NAME, requiredString, stringOf, textIn, wrong, type Fields } from '../fields.ts';

/** A member that holds a string or a list of content blocks. */
export function contentParts(fields: Fields, name: string, path: string): Part[] {
  const content = fields[name];
  if (typeof content === 'string') return [{ type: 'text', text: content }];
  if (!Array.isArray(content)) return wrong(path, 'a string or an array of content blocks');
  const outer = path.slice(0, Math.max(0, path.length - name.length - 1));
  return (listOf(fields, name, MAX_PARTS, outer) ?? []).map((block, at) => {
    if (!isFields(block)) return wrong(`${path}[${at}]`, 'an object');
    const part = readBlock(block, `${path}[${at}]`);
    const marker = block['cache_control'];
    return marker === undefined || marker === null ? part : ({ ...part, cacheControl: marker } as Part);
  });
}

function readBlock(block: Fields, path: string): Part {
  const kind = requiredString(block, 'type', path);
  switch (kind) {
    case 'text':
      return { type: 'text', text: stringOf(block, 'text', path) ?? wrong(`${path}.text`, 'a string') };
    case 'image':
      return { type: 'image', ...source(block, path) };
    case 'document':
      return document(block, path);
    case 'tool_use':
      return {
        type: 'tool-call',
        id: requiredString(block, 'id', path, 4096),
        name: requiredString(block, 'name', path, MAX_TOOL_NAME),
        arguments: JSON.stringify(fieldsOf(block, 'input', path) ?? {}),
      };
    case 'tool_result':
      return toolResult(block, path);
    case 'thinking': {
      const signature = stringOf(block, 'signature', path);
      return { type: 'reasoning', text: stringOf(block, 'thinking', path) ?? '', ...(signature && { signature }) };
    }
    case 'redacted_thinking':
      return { type: 'reasoning', text: '', redacted: stringOf(block, 'data', path) ?? '' };
    default:
      return { type: 'unknown', kind, raw: block };
  }
}

function toolResult(block: Fields, path: string): Part {
  const content = block['content'];
  const isError = booleanOf(block, 'is_error', path);
  return {
    type: 'tool-result',
    id: requiredString(block, 'tool_use_id', path, 4096),
    content: content === undefined || content === null || content === '' ? [] : contentParts(block, 'content', `${path}.content`),
    ...(isError && { isError }),
  };
}

interface Source { mediaType?: string; base64?: string; url?: string; fileId?: string; text?: string }

function source(block: Fields, path: string): Source {
  const given = fieldsOf(block, 'source', path) ?? wrong(`${path}.source`, 'an object');
  const at = `${path}.source`;
  const type = requiredString(given, 'type', at);
  const mediaType = stringOf(given, 'media_type', at, 256);
  const media = mediaType === undefined ? {} : { mediaType };
  switch (type) {
    case 'base64':
      return { ...media, base64: requiredString(given, 'data', at) };
    case 'url':
      return { url: requiredString(given, 'url', at) };
    case 'file':
      return { fileId: requiredString(given, 'file_id', at, 512) };
    case 'text':
      return { ...media, text: stringOf(given, 'data', at) ?? '' };
    case 'content':
      return { text: flattened(given['content']) };
    default:
      return {};
  }
}

/** The text of a document that is given as blocks. */
function flattened(content: unknown): string {
  if (typeof content === 'string') return content;
  return Array.isArray(content) ? content.map((block) => (isFields(block) ? textIn(block, 'text') ?? '' : '')).join('\n') : '';
}

function document(block: Fields, path: string): Part {
  const name = stringOf(block, 'title', path, 4096);
  const citations = fieldsOf(block, 'citations', path)?.['enabled'] === true;
  return { type: 'document', ...source(block, path), ...(name !== undefined && { name }), ...(citations && { citations }) };
}
