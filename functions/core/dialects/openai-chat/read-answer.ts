import { tierServed } from '../../money/tier.ts';
import type { StreamPart } from '../../stream-part.ts';
import { countIn, isFields, listIn, textIn, type Fields } from '../fields.ts';
import { mapInBandError, unreadable } from '../map-in-band.ts';
import { finishFailure, finishIn, readFinish } from './finish.ts';
import { readContent } from './read-delta.ts';
import { argumentsOf } from './tool-calls.ts';
import { readUsage } from './usage.ts';

/**
 * Reads a whole chat completion into the parts that its stream would have given; of several choices the first. An error
 * object inside a 200, or a body without a message, is one error part.
 */
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
  const { error } = body;
  if (isFields(error)) return [{ type: 'error', failure: mapInBandError(error) }];
  const [choice] = listIn(body, 'choices');
  const message = isFields(choice) ? choice['message'] : undefined;
  if (!isFields(choice) || !isFields(message)) return [{ type: 'error', failure: unreadable() }];
  const parts: StreamPart[] = [];
  const [id, upstreamModel, created] = [textIn(body, 'id'), textIn(body, 'model'), countIn(body, 'created')];
  parts.push({ type: 'start', ...(id !== undefined && { id }), ...(upstreamModel !== undefined && { upstreamModel }), ...(created !== undefined && { created }) });
  readContent(message, parts);
  const hasCalls = readCalls(message, parts);
  const usage = readUsage(body['usage']);
  const tier = tierServed(body['service_tier']);
  if (usage !== undefined) parts.push({ type: 'usage', usage, ...(tier !== undefined && { tier }) });
  const raw = finishIn(choice);
  const reason = readFinish(raw ?? 'stop', hasCalls);
  if (reason === 'error') parts.push({ type: 'error', failure: finishFailure(raw ?? '') });
  else parts.push({ type: 'finish', reason, ...(raw !== undefined && { raw }) });
  return parts;
}

function readCalls(message: Fields, parts: StreamPart[]): boolean {
  const legacy = message['function_call'];
  const calls = [...listIn(message, 'tool_calls'), ...(isFields(legacy) ? [{ function: legacy }] : [])];
  let index = 0;
  for (const call of calls) {
    const called = isFields(call) ? call['function'] : undefined;
    if (!isFields(call) || !isFields(called)) continue;
    const id = textIn(call, 'id');
    const json = argumentsOf(called);
    parts.push({ type: 'tool-start', index, ...(id && { id }), name: textIn(called, 'name') ?? '' });
    if (json !== '') parts.push({ type: 'tool-delta', index, json });
    parts.push({ type: 'tool-end', index });
    index += 1;
  }
  return index > 0;
}
