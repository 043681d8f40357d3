import type { StreamPart } from '../../stream-part.ts';
import { fieldsIn, isFields, listIn, textIn, type Fields } from '../fields.ts';
import { mapInBandError, unreadable } from '../map-in-band.ts';
import { readFinish } from './finish.ts';
import { readTier, readUsage } from './usage.ts';

/** Reads a whole message into the parts that its stream would have given. An error object, or no content, is one error part. */
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
  const error = fieldsIn(body, 'error');
  if (error !== undefined) return [{ type: 'error', failure: mapInBandError(error) }];
  if (!Array.isArray(body['content'])) return [{ type: 'error', failure: unreadable() }];
  const parts: StreamPart[] = [];
  const [id, upstreamModel] = [textIn(body, 'id'), textIn(body, 'model')];
  parts.push({ type: 'start', ...(id !== undefined && { id }), ...(upstreamModel !== undefined && { upstreamModel }) });
  let tools = 0;
  for (const block of body['content']) if (isFields(block)) tools += readBlock(block, tools, parts);
  const usage = readUsage(body['usage']);
  const tier = readTier(body['usage']);
  if (usage !== undefined) parts.push({ type: 'usage', usage, ...(tier !== undefined && { tier }) });
  const [raw, stopSequence] = [textIn(body, 'stop_reason'), textIn(body, 'stop_sequence')];
  parts.push({ type: 'finish', reason: readFinish(raw), ...(raw !== undefined && { raw }), ...(stopSequence !== undefined && { stopSequence }) });
  return parts;
}

/** Returns how many tool calls the block was: 0 or 1. */
function readBlock(block: Fields, index: number, parts: StreamPart[]): number {
  switch (block['type']) {
    case 'text': {
      const text = textIn(block, 'text');
      if (text) parts.push({ type: 'text', text });
      for (const raw of listIn(block, 'citations')) parts.push({ type: 'citation', raw });
      return 0;
    }
    case 'thinking': {
      const [text, signature] = [textIn(block, 'thinking'), textIn(block, 'signature')];
      if (text) parts.push({ type: 'reasoning', text });
      if (signature) parts.push({ type: 'reasoning-signature', signature });
      return 0;
    }
    case 'redacted_thinking':
      parts.push({ type: 'reasoning-redacted', data: textIn(block, 'data') ?? '' });
      return 0;
    case 'tool_use': {
      const id = textIn(block, 'id');
      parts.push({ type: 'tool-start', index, ...(id && { id }), name: textIn(block, 'name') ?? '' });
      parts.push({ type: 'tool-delta', index, json: JSON.stringify(isFields(block['input']) ? block['input'] : {}) });
      parts.push({ type: 'tool-end', index });
      return 1;
    }
    default:
      parts.push(...hostedBlock(block));
      return 0;
  }
}

/** What a block that is none of the caller's own says: that the provider runs a tool, or has run one. */
export function hostedBlock(block: Fields | undefined): StreamPart[] {
  const kind = textIn(block, 'type');
  return kind === undefined ? [] : [{ type: 'hosted', kind }];
}
