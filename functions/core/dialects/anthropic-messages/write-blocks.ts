import type { Part } from '../../conversation.ts';
import { fail } from '../../errors.ts';
import { isFields } from '../fields.ts';
import type { Writing } from './writing.ts';

export type Block = Record<string, unknown>;

const IMAGE_TYPES = new Set(['image/jpeg', 'image/png', 'image/gif', 'image/webp']);

/** One part as content blocks; empty and blank texts are no block, because the API refuses them (D3, D12). */
export function writeBlock(part: Part, writing: Writing): Block[] {
  const { lost, same } = writing;
  const marker = 'cacheControl' in part && part.cacheControl !== undefined ? { cache_control: part.cacheControl } : {};
  switch (part.type) {
    case 'text':
      return part.text.trim() === '' ? [] : [{ type: 'text', text: part.text, ...marker }];
    case 'refusal':
      return part.text.trim() === '' ? [] : [{ type: 'text', text: part.text }];
    case 'image':
      if (part.detail !== undefined && part.detail !== 'auto') lost.drop('detail');
      return [{ type: 'image', source: imageSource(part, same), ...marker }];
    case 'document':
      return [{
        type: 'document', source: documentSource(part, same), ...(part.name !== undefined && { title: part.name }),
        ...(part.citations && { citations: { enabled: true } }), ...marker,
      }];
    case 'audio':
      return fail('unsupported_parameter', 'Audio input is not available on this model.', { param: 'messages' });
    case 'unknown':
      if (same && isFields(part.raw)) return [{ ...part.raw }];
      lost.drop(part.kind);
      return [];
    default:
      lost.drop(part.type);
      return [];
  }
}

function imageSource(part: Extract<Part, { type: 'image' }>, same: boolean): Block {
  if (part.base64 !== undefined) {
    const mediaType = part.mediaType === 'image/jpg' ? 'image/jpeg' : part.mediaType;
    if (mediaType === undefined || !IMAGE_TYPES.has(mediaType)) {
      return fail('invalid_request', 'Images must be JPEG, PNG, GIF or WebP.', { param: 'messages' });
    }
    return { type: 'base64', media_type: mediaType, data: part.base64 };
  }
  if (part.url !== undefined && /^https?:\/\//i.test(part.url)) return { type: 'url', url: part.url };
  if (part.fileId !== undefined && same) return { type: 'file', file_id: part.fileId };
  return fail('invalid_request', 'An image must be a base64 data URL or an http(s) URL.', { param: 'messages' });
}

/** PDFs as they are, text files as text (D23). */
function documentSource(part: Extract<Part, { type: 'document' }>, same: boolean): Block {
  if (part.text !== undefined) return { type: 'text', media_type: 'text/plain', data: part.text };
  if (part.base64 !== undefined) {
    const mediaType = part.mediaType ?? 'application/pdf';
    if (mediaType === 'application/pdf') return { type: 'base64', media_type: mediaType, data: part.base64 };
    if (mediaType.startsWith('text/') || mediaType === 'application/json') {
      return { type: 'text', media_type: 'text/plain', data: Buffer.from(part.base64, 'base64').toString('utf8') };
    }
    return fail('invalid_request', 'Files must be PDF or text for this model.', { param: 'messages' });
  }
  if (same && part.url !== undefined) return { type: 'url', url: part.url };
  if (same && part.fileId !== undefined) return { type: 'file', file_id: part.fileId };
  return fail('unsupported_parameter', 'A file by id or URL cannot be sent to this model; send its content as base64.', { param: 'messages' });
}
