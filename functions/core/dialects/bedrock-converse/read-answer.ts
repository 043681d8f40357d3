import type { StreamPart } from '../../stream-part.ts';
import { fieldsIn, isFields, listIn, textIn, type Fields } from '../fields.ts';
import { unreadable } from '../map-in-band.ts';
import { readCitation } from './citation.ts';
import { readFinish, stopSequenceIn } from './finish.ts';
import { readUsage } from './usage.ts';

/** Reads a Converse response into the parts that its stream would have given. Without a message it is one error part. */
export function readAnswer(body: unknown): StreamPart[] {
  try {
    return read(body);
  } catch {
    // JSON nested so deep that it cannot be written again.
    return [{ type: 'error', failure: unreadable() }];
  }
}

function read(body: unknown): StreamPart[] {
  if (!isFields(body)) return [{ type: 'error', failure: unreadable() }];
  const message = fieldsIn(fieldsIn(body, 'output'), 'message');
  if (message === undefined || !Array.isArray(message['content'])) return [{ type: 'error', failure: unreadable() }];
  const parts: StreamPart[] = [{ type: 'start' }];
  let tools = 0;
  for (const block of message['content']) if (isFields(block)) tools += readBlock(block, tools, parts);
  const usage = readUsage(body['usage']);
  if (usage !== undefined) parts.push({ type: 'usage', usage });
  parts.push(readFinish(textIn(body, 'stopReason'), tools > 0, stopSequenceIn(body)));
  return parts;
}

/** A block is a union: one member of it is there. Returns how many tool calls it was: 0 or 1. */
function readBlock(block: Fields, index: number, parts: StreamPart[]): number {
  const text = textIn(block, 'text');
  if (text) parts.push({ type: 'text', text });
  const reasoning = fieldsIn(block, 'reasoningContent');
  if (reasoning !== undefined) readReasoning(reasoning, parts);
  const cited = fieldsIn(block, 'citationsContent');
  if (cited !== undefined) readCited(cited, parts);
  const call = fieldsIn(block, 'toolUse');
  if (call === undefined) return 0;
  const id = textIn(call, 'toolUseId');
  parts.push({ type: 'tool-start', index, ...(id && { id }), name: textIn(call, 'name') ?? '' });
  parts.push({ type: 'tool-delta', index, json: JSON.stringify(isFields(call['input']) ? call['input'] : {}) });
  parts.push({ type: 'tool-end', index });
  return 1;
}

function readReasoning(reasoning: Fields, parts: StreamPart[]): void {
  const said = fieldsIn(reasoning, 'reasoningText');
  const [text, signature, redacted] = [textIn(said, 'text'), textIn(said, 'signature'), textIn(reasoning, 'redactedContent')];
  if (text) parts.push({ type: 'reasoning', text });
  if (signature) parts.push({ type: 'reasoning-signature', signature });
  if (redacted !== undefined) parts.push({ type: 'reasoning-redacted', data: redacted });
}

function readCited(cited: Fields, parts: StreamPart[]): void {
  const text = listIn(cited, 'content').map((part) => (isFields(part) ? textIn(part, 'text') ?? '' : '')).join('');
  if (text !== '') parts.push({ type: 'text', text });
  for (const citation of listIn(cited, 'citations')) if (isFields(citation)) parts.push({ type: 'citation', raw: readCitation(citation) });
}
