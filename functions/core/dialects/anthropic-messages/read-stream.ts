import type { Failure } from '../../errors.ts';
import type { TokenUsage } from '../../money/usage.ts';
import type { StreamPart } from '../../stream-part.ts';
import type { StreamReader } from '../codec.ts';
import { fieldsIn, isFields, textIn, type Fields } from '../fields.ts';
import { mapInBandError, parseData, truncated, unreadable } from '../map-in-band.ts';
import type { SseEvent } from '../sse.ts';
import { readFinish } from './finish.ts';
import { hostedBlock } from './read-answer.ts';
import { mergeReports, readTier, readUsage } from './usage.ts';

/**
 * Reads message events (types of `@anthropic-ai/sdk`). Usage reports are cumulative (D83); only `message_stop` is a good
 * end (D88); pings, unknown events and deltas are passed over (D82, D115), blocks of the provider's own tools are told by their kind. Tool calls are counted on their own, from
 * 0 (D78), and one without fragments gets its start block's input, at least `{}` (D80).
 */
export function readStream(): MessagesReader {
  return new MessagesReader();
}

interface OpenTool { readonly index: number; readonly input: unknown; fragments: boolean }

export class MessagesReader implements StreamReader {
  #done = false;
  #started = false;
  #tools = 0;
  /** Open tool blocks by block index. */
  readonly #open = new Map<unknown, OpenTool>();
  #usage: TokenUsage = {};
  #tier: string | undefined;
  #stop: { raw?: string; stopSequence?: string } = {};

  push(event: SseEvent): StreamPart[] {
    if (this.#done) return [];
    const data = parseData(event.data);
    return data === undefined ? this.#fail(unreadable(), []) : this.take(data, event.event);
  }

  /** One event, already parsed. Its type is inside; servers that leave it out name the event instead. */
  take(event: Fields, eventName?: string): StreamPart[] {
    if (this.#done) return [];
    try {
      return this.#take(event, eventName);
    } catch {
      // JSON nested so deep that it cannot be written again.
      return this.#fail(unreadable(), []);
    }
  }

  #take(event: Fields, eventName: string | undefined): StreamPart[] {
    const parts: StreamPart[] = [];
    switch (textIn(event, 'type') ?? eventName) {
      case 'content_block_delta':
        this.#delta(event, parts);
        return parts;
      case 'content_block_start':
        this.#blockStart(event, parts);
        return parts;
      case 'content_block_stop':
        this.#blockStop(event['index'], parts);
        return parts;
      case 'message_start':
        this.#messageStart(event, parts);
        return parts;
      case 'message_delta':
        this.#messageDelta(event, parts);
        return parts;
      case 'message_stop':
        return this.#close(parts);
      case 'error':
        return this.#fail(mapInBandError(fieldsIn(event, 'error') ?? event), parts);
      default:
        return isFields(event['error']) ? this.#fail(mapInBandError(event['error']), parts) : parts;
    }
  }

  end(): StreamPart[] {
    return this.#done ? [] : this.#fail(truncated(), []);
  }

  #messageStart(event: Fields, parts: StreamPart[]): void {
    if (this.#started) return;
    this.#started = true;
    const message = fieldsIn(event, 'message');
    const [id, upstreamModel] = [textIn(message, 'id'), textIn(message, 'model')];
    parts.push({ type: 'start', ...(id !== undefined && { id }), ...(upstreamModel !== undefined && { upstreamModel }) });
    this.#report(message?.['usage'], parts);
  }

  #report(value: unknown, parts: StreamPart[]): void {
    const later = readUsage(value);
    if (later === undefined) return;
    this.#usage = mergeReports(this.#usage, later);
    this.#tier = readTier(value) ?? this.#tier;
    parts.push({ type: 'usage', usage: this.#usage, ...(this.#tier !== undefined && { tier: this.#tier }) });
  }

  #blockStart(event: Fields, parts: StreamPart[]): void {
    const block = fieldsIn(event, 'content_block');
    switch (block?.['type']) {
      case 'text':
        this.#text('text', textIn(block, 'text'), parts);
        break;
      case 'thinking': {
        this.#text('reasoning', textIn(block, 'thinking'), parts);
        const signature = textIn(block, 'signature');
        if (signature) parts.push({ type: 'reasoning-signature', signature });
        break;
      }
      case 'redacted_thinking':
        parts.push({ type: 'reasoning-redacted', data: textIn(block, 'data') ?? '' });
        break;
      case 'tool_use': {
        const id = textIn(block, 'id');
        this.#open.set(event['index'], { index: this.#tools, input: block['input'], fragments: false });
        parts.push({ type: 'tool-start', index: this.#tools, ...(id && { id }), name: textIn(block, 'name') ?? '' });
        this.#tools += 1;
        break;
      }
      default:
        parts.push(...hostedBlock(block));
    }
  }

  #delta(event: Fields, parts: StreamPart[]): void {
    const delta = fieldsIn(event, 'delta');
    switch (delta?.['type']) {
      case 'text_delta':
        this.#text('text', textIn(delta, 'text'), parts);
        break;
      case 'thinking_delta':
        this.#text('reasoning', textIn(delta, 'thinking'), parts);
        break;
      case 'signature_delta':
        parts.push({ type: 'reasoning-signature', signature: textIn(delta, 'signature') ?? '' });
        break;
      case 'input_json_delta': {
        const tool = this.#open.get(event['index']);
        const json = textIn(delta, 'partial_json');
        if (tool === undefined || !json) break;
        tool.fragments = true;
        parts.push({ type: 'tool-delta', index: tool.index, json });
        break;
      }
      case 'citations_delta':
        parts.push({ type: 'citation', raw: delta['citation'] });
        break;
      default:
    }
  }

  #text(type: 'text' | 'reasoning', text: string | undefined, parts: StreamPart[]): void {
    if (text) parts.push({ type, text });
  }

  #blockStop(blockIndex: unknown, parts: StreamPart[]): void {
    const tool = this.#open.get(blockIndex);
    if (tool === undefined) return;
    this.#open.delete(blockIndex);
    if (!tool.fragments) parts.push({ type: 'tool-delta', index: tool.index, json: JSON.stringify(isFields(tool.input) ? tool.input : {}) });
    parts.push({ type: 'tool-end', index: tool.index });
  }

  #messageDelta(event: Fields, parts: StreamPart[]): void {
    const delta = fieldsIn(event, 'delta');
    const [raw, stopSequence] = [textIn(delta, 'stop_reason'), textIn(delta, 'stop_sequence')];
    this.#stop = { ...this.#stop, ...(raw !== undefined && { raw }), ...(stopSequence !== undefined && { stopSequence }) };
    this.#report(event['usage'], parts);
  }

  #close(parts: StreamPart[]): StreamPart[] {
    for (const blockIndex of this.#open.keys()) this.#blockStop(blockIndex, parts);
    parts.push({ type: 'finish', reason: readFinish(this.#stop.raw), ...this.#stop });
    this.#done = true;
    return parts;
  }

  #fail(failure: Failure, parts: StreamPart[]): StreamPart[] {
    this.#done = true;
    parts.push({ type: 'error', failure });
    return parts;
  }
}
