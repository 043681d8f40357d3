import { tierServed } from '../../money/tier.ts';
import type { StreamPart } from '../../stream-part.ts';
import { countIn, fieldsIn, isFields, listIn, textIn, type Fields } from '../fields.ts';
import { mapInBandError, unreadable } from '../map-in-band.ts';
import { readFinish } from './finish.ts';
import { callOf, citation, hostedItem, thoughtOf } from './read-output.ts';
import { readUsage } from './usage.ts';

/** Reads a whole response into the parts that its stream would have given; a failed one, or a body without output, is one error part. */
export function readAnswer(body: unknown): StreamPart[] {
  if (!isFields(body)) return [{ type: 'error', failure: unreadable() }];
  const error = fieldsIn(body, 'error');
  if (error !== undefined) return [{ type: 'error', failure: mapInBandError(error) }];
  if (!Array.isArray(body['output'])) return [{ type: 'error', failure: unreadable() }];
  const parts: StreamPart[] = [startOf(body)];
  let calls = 0;
  for (const item of listIn(body, 'output')) {
    if (!isFields(item)) continue;
    const call = callOf(item);
    if (call === undefined) readItem(item, parts);
    else {
      parts.push({ type: 'tool-start', index: calls, ...(call.id !== undefined && { id: call.id }), name: call.name });
      if (call.json !== '') parts.push({ type: 'tool-delta', index: calls, json: call.json });
      parts.push({ type: 'tool-end', index: calls });
      calls += 1;
    }
  }
  const usage = readUsage(body['usage']);
  const tier = tierServed(body['service_tier']);
  if (usage !== undefined) parts.push({ type: 'usage', usage, ...(tier !== undefined && { tier }) });
  parts.push({ type: 'finish', ...readFinish(body, calls > 0) });
  return parts;
}

/** The start part of a `response` object. */
export function startOf(response: Fields): StreamPart {
  const [id, upstreamModel, created] = [textIn(response, 'id'), textIn(response, 'model'), countIn(response, 'created_at')];
  return { type: 'start', ...(id !== undefined && { id }), ...(upstreamModel !== undefined && { upstreamModel }), ...(created !== undefined && { created }) };
}

function readItem(item: Fields, parts: StreamPart[]): void {
  if (item['type'] === 'reasoning') {
    const text = thoughtOf(item);
    if (text !== '') parts.push({ type: 'reasoning', text });
  }
  parts.push(...hostedItem(item));
  if (item['type'] !== 'message') return;
  for (const part of listIn(item, 'content')) {
    if (!isFields(part)) continue;
    const text = textIn(part, 'text');
    const refusal = textIn(part, 'refusal');
    if (text) parts.push({ type: 'text', text });
    for (const annotation of listIn(part, 'annotations')) parts.push(...citation(annotation));
    if (refusal) parts.push({ type: 'refusal', text: refusal });
  }
}
