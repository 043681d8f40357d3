import type { Failure } from '../../errors.ts';
import { tierServed } from '../../money/tier.ts';
import type { StreamPart } from '../../stream-part.ts';
import type { StreamReader } from '../codec.ts';
import { countIn, fieldsIn, isFields, textIn, type Fields } from '../fields.ts';
import { mapInBandError, parseData, truncated, unreadable } from '../map-in-band.ts';
import type { SseEvent } from '../sse.ts';
import { readFinish } from './finish.ts';
import { startOf } from './read-answer.ts';
import { callOf, citation, hostedItem, thoughtOf } from './read-output.ts';
import { readUsage } from './usage.ts';

/**
 * Reads the events of a response (event types of the `openai` package). Only `response.completed` and `response.incomplete` are
 * good ends; `response.failed`, `error` and a stream that just stops are error parts. Of the provider's own tools
 * it is told that they run; their events say nothing to the caller of another API and are passed over.
 */
export function readStream(): ResponsesReader {
  return new ResponsesReader();
}

interface Call { readonly index: number; readonly freeform: boolean; streamed: boolean; ended: boolean }

export class ResponsesReader implements StreamReader {
  #started = false;
  #done = false;
  /** Tool calls by the place of their item. */
  readonly #calls = new Map<number, Call>();
  /** Reasoning items that were shown in pieces, by place. */
  readonly #thoughts = new Set<number>();
  /** Items of the provider's own tools that were told, by place. */
  readonly #hosted = new Set<number>();

  push(event: SseEvent): StreamPart[] {
    if (this.#done) return [];
    const data = parseData(event.data);
    return data === undefined ? this.#fail(unreadable()) : this.take(data, event.event);
  }

  /** One event, already parsed. */
  take(data: Fields, eventName?: string): StreamPart[] {
    if (this.#done) return [];
    const type = textIn(data, 'type') ?? eventName ?? '';
    const at = countIn(data, 'output_index') ?? 0;
    switch (type) {
      case 'response.created':
      case 'response.in_progress':
        return this.#start(fieldsIn(data, 'response'));
      case 'response.output_text.delta':
        return textPart('text', textIn(data, 'delta'));
      case 'response.refusal.delta':
        return textPart('refusal', textIn(data, 'delta'));
      case 'response.reasoning_summary_part.added':
        return this.#thoughts.has(at) ? [{ type: 'reasoning', text: '\n\n' }] : [];
      case 'response.reasoning_summary_text.delta':
      case 'response.reasoning_text.delta':
        this.#thoughts.add(at);
        return textPart('reasoning', textIn(data, 'delta'));
      case 'response.output_text.annotation.added':
        return citation(data['annotation']);
      case 'response.output_item.added':
        return this.#added(at, fieldsIn(data, 'item'));
      case 'response.function_call_arguments.delta':
        return this.#arguments(at, textIn(data, 'delta'));
      case 'response.output_item.done':
        return this.#itemDone(at, fieldsIn(data, 'item'));
      case 'response.completed':
      case 'response.incomplete':
        return this.#finish(fieldsIn(data, 'response') ?? {});
      case 'response.failed':
        return this.#failed(fieldsIn(data, 'response') ?? {});
      case 'error':
        return this.#fail(mapInBandError(fieldsIn(data, 'error') ?? withoutType(data)));
      default:
        return type === '' && isFields(data['error']) ? this.#fail(mapInBandError(data['error'])) : [];
    }
  }

  end(): StreamPart[] {
    return this.#done ? [] : this.#fail(truncated());
  }

  #start(response: Fields | undefined): StreamPart[] {
    if (this.#started || response === undefined) return [];
    this.#started = true;
    return [startOf(response)];
  }

  #added(at: number, item: Fields | undefined): StreamPart[] {
    if (item === undefined) return [];
    const call = callOf(item);
    if (call === undefined) return this.#hostedOnce(at, item);
    if (this.#calls.has(at)) return [];
    const index = this.#calls.size;
    this.#calls.set(at, { index, freeform: call.freeform, streamed: false, ended: false });
    return [{ type: 'tool-start', index, ...(call.id !== undefined && { id: call.id }), name: call.name }];
  }

  #arguments(at: number, delta: string | undefined): StreamPart[] {
    const call = this.#calls.get(at);
    if (call === undefined || call.ended || !delta) return [];
    call.streamed = true;
    return [{ type: 'tool-delta', index: call.index, json: delta }];
  }

  /** A whole item: what was not streamed of it is told now. */
  #itemDone(at: number, item: Fields | undefined): StreamPart[] {
    if (item === undefined) return [];
    if (item['type'] === 'reasoning') return this.#thoughts.has(at) ? [] : textPart('reasoning', thoughtOf(item));
    const described = callOf(item);
    if (described === undefined) return this.#hostedOnce(at, item);
    const parts = this.#added(at, item);
    const call = this.#calls.get(at);
    if (call === undefined || call.ended) return parts;
    call.ended = true;
    if (!call.streamed && described.json !== '') parts.push({ type: 'tool-delta', index: call.index, json: described.json });
    parts.push({ type: 'tool-end', index: call.index });
    return parts;
  }

  #hostedOnce(at: number, item: Fields): StreamPart[] {
    if (this.#hosted.has(at)) return [];
    this.#hosted.add(at);
    return hostedItem(item);
  }

  #finish(response: Fields): StreamPart[] {
    this.#done = true;
    const parts: StreamPart[] = [];
    for (const call of this.#calls.values()) if (!call.ended) parts.push({ type: 'tool-end', index: call.index });
    const usage = readUsage(response['usage']);
    const tier = tierServed(response['service_tier']);
    if (usage !== undefined) parts.push({ type: 'usage', usage, ...(tier !== undefined && { tier }) });
    parts.push({ type: 'finish', ...readFinish(response, this.#calls.size > 0) });
    return parts;
  }

  /** What was counted is reported: it was spent. */
  #failed(response: Fields): StreamPart[] {
    const usage = readUsage(response['usage']);
    return [...(usage === undefined ? [] : [{ type: 'usage' as const, usage }]), ...this.#fail(mapInBandError(fieldsIn(response, 'error') ?? {}))];
  }

  #fail(failure: Failure): StreamPart[] {
    this.#done = true;
    return [{ type: 'error', failure }];
  }
}

const textPart = (type: 'text' | 'refusal' | 'reasoning', text: string | undefined): StreamPart[] => (text ? [{ type, text }] : []);

/** `type: "error"` is the event's own, not the error's. */
function withoutType(data: Fields): Fields {
  const { type: _event, ...error } = data;
  return error;
}
