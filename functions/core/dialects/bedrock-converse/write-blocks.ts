import type { Part } from '../../conversation.ts';
import { fail } from '../../errors.ts';
import { toldReference } from '../tools.ts';
import { documentName } from './document-name.ts';
import type { Block, Writing } from './writing.ts';

const IMAGE_FORMATS: Readonly<Record<string, string>> = { 'image/jpeg': 'jpeg', 'image/jpg': 'jpeg', 'image/png': 'png', 'image/gif': 'gif', 'image/webp': 'webp' };
const DOCUMENT_FORMATS: Readonly<Record<string, string>> = {
  'application/pdf': 'pdf', 'text/csv': 'csv', 'text/html': 'html', 'text/markdown': 'md', 'application/json': 'txt', 'application/msword': 'doc', 'application/vnd.ms-excel': 'xls',
  'application/vnd.openxmlformats-officedocument.wordprocessingml.document': 'docx', 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet': 'xlsx',
};

/**
 * One part as a content block, which is a union with exactly one member; blank texts are no block, because Bedrock refuses
 * them (as D3, D12). Throws for what cannot be sent: images and files by address, which Bedrock does not fetch, and audio.
 */
export function writeBlock(part: Part, writing: Writing): Block | undefined {
  const { lost } = writing;
  switch (part.type) {
    case 'text':
    case 'refusal':
      return part.text.trim() === '' ? undefined : { text: part.text };
    case 'image':
      if (part.detail !== undefined && part.detail !== 'auto') lost.drop('detail');
      return { image: image(part) };
    case 'document':
      return { document: document(part, writing) };
    case 'audio':
      return fail('unsupported_parameter', 'Audio input is not available on this model.', { param: 'messages' });
    case 'unknown': {
      const reference = toldReference(part, writing.names);
      if (reference === undefined) lost.drop(part.kind);
      return reference === undefined ? undefined : { text: reference };
    }
    default:
      lost.drop(part.type);
      return undefined;
  }
}

function image(part: Extract<Part, { type: 'image' }>): Block {
  if (part.base64 === undefined) return fail('unsupported_parameter', 'This model takes images only as base64 data, not by address or file id.', { param: 'messages' });
  const format = IMAGE_FORMATS[part.mediaType?.toLowerCase() ?? ''];
  return format === undefined ? fail('invalid_request', 'Images must be JPEG, PNG, GIF or WebP.', { param: 'messages' }) : { format, source: { bytes: part.base64 } };
}

function document(part: Extract<Part, { type: 'document' }>, { documentNames }: Writing): Block {
  const bytes = part.text === undefined ? part.base64 : Buffer.from(part.text).toString('base64');
  if (bytes === undefined) return fail('unsupported_parameter', 'A file by id or address cannot be sent to this model; send its content as base64.', { param: 'messages' });
  const mediaType = part.text === undefined ? part.mediaType?.toLowerCase() ?? 'application/pdf' : 'text/plain';
  const format = DOCUMENT_FORMATS[mediaType] ?? (mediaType.startsWith('text/') ? 'txt' : undefined);
  if (format === undefined) return fail('invalid_request', 'Files must be PDF, Word, Excel, CSV, HTML, Markdown or text for this model.', { param: 'messages' });
  return { format, name: documentName(part.name, documentNames), source: { bytes }, ...(part.citations && { citations: { enabled: true } }) };
}
