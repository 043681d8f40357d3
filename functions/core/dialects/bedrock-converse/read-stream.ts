import type { Failure } from '../../errors.ts';
import type { StreamPart } from '../../stream-part.ts';
import type { StreamReader } from '../codec.ts';
import { fieldsIn, textIn, type Fields } from '../fields.ts';
import { parseData, truncated, unreadable } from '../map-in-band.ts';
import type { SseEvent } from '../sse.ts';
import { readCitation } from './citation.ts';
import { readFinish, stopSequenceIn } from './finish.ts';
import { exceptionOf, mapException } from './map-error.ts';
import { readUsage } from './usage.ts';

/**
 * Reads the events of ConverseStream (API reference, "ConverseStreamOutput"). Blocks of text and reasoning have no start event; usage
 * comes in `metadata` after `messageStop`, so the finish is held back until then or until the stream ends (as D98). Only
 * `messageStop` makes a good end (as D88). Tool calls are counted on their own, from 0 (as D78), and one without fragments has
 * the arguments `{}` (as D80). Unknown events, blocks and deltas are passed over (as D115).
 */
export function readStream(): StreamReader {
  return new ConverseReader();
}

interface OpenTool { readonly index: number; fragments: boolean }

class ConverseReader implements StreamReader {
  #done = false;
  #started = false;
  #stopped = false;
  #raw: string | undefined;
  #stopSequence: string | undefined;
  #tools = 0;
  /** Open tool blocks by block index. */
  readonly #open = new Map<unknown, OpenTool>();

  push(event: SseEvent): StreamPart[] {
    if (this.#done) return [];
    const data = parseData(event.data);
    const exception = exceptionOf(event.event ?? '');
    if (exception !== undefined) return this.#fail(mapException(exception, data));
    return data === undefined ? this.#fail(unreadable()) : this.#take(event.event, data);
  }

  end(): StreamPart[] {
    if (this.#done) return [];
    return this.#stopped ? this.#finish([]) : this.#fail(truncated());
  }

  #take(type: string | undefined, data: Fields): StreamPart[] {
    const parts: StreamPart[] = [];
    switch (type) {
      case 'contentBlockDelta':
        this.#delta(data, parts);
        break;
      case 'contentBlockStart':
        this.#blockStart(data, parts);
        break;
      case 'contentBlockStop':
        this.#blockStop(data['contentBlockIndex'], parts);
        break;
      case 'messageStart':
        if (!this.#started) parts.push({ type: 'start' });
        this.#started = true;
        break;
      case 'messageStop':
        for (const blockIndex of this.#open.keys()) this.#blockStop(blockIndex, parts);
        this.#stopped = true;
        this.#raw = textIn(data, 'stopReason');
        this.#stopSequence = stopSequenceIn(data);
        break;
      case 'metadata': {
        const usage = readUsage(data['usage']);
        if (usage !== undefined) parts.push({ type: 'usage', usage });
        if (this.#stopped) this.#finish(parts);
        break;
      }
      default:
    }
    return parts;
  }

  #blockStart(data: Fields, parts: StreamPart[]): void {
    const call = fieldsIn(fieldsIn(data, 'start'), 'toolUse');
    if (call === undefined) return;
    const id = textIn(call, 'toolUseId');
    this.#open.set(data['contentBlockIndex'], { index: this.#tools, fragments: false });
    parts.push({ type: 'tool-start', index: this.#tools, ...(id && { id }), name: textIn(call, 'name') ?? '' });
    this.#tools += 1;
  }

  #delta(data: Fields, parts: StreamPart[]): void {
    const delta = fieldsIn(data, 'delta');
    const text = textIn(delta, 'text');
    if (text !== undefined) {
      if (text !== '') parts.push({ type: 'text', text });
      return;
    }
    const json = textIn(fieldsIn(delta, 'toolUse'), 'input');
    if (json !== undefined) {
      const tool = this.#open.get(data['contentBlockIndex']);
      if (tool === undefined || json === '') return;
      tool.fragments = true;
      parts.push({ type: 'tool-delta', index: tool.index, json });
      return;
    }
    const citation = fieldsIn(delta, 'citation');
    if (citation !== undefined) parts.push({ type: 'citation', raw: readCitation(citation) });
    else this.#reasoning(fieldsIn(delta, 'reasoningContent'), parts);
  }

  #reasoning(reasoning: Fields | undefined, parts: StreamPart[]): void {
    const [text, signature, redacted] = [textIn(reasoning, 'text'), textIn(reasoning, 'signature'), textIn(reasoning, 'redactedContent')];
    if (text) parts.push({ type: 'reasoning', text });
    if (signature) parts.push({ type: 'reasoning-signature', signature });
    if (redacted !== undefined) parts.push({ type: 'reasoning-redacted', data: redacted });
  }

  #blockStop(blockIndex: unknown, parts: StreamPart[]): void {
    const tool = this.#open.get(blockIndex);
    if (tool === undefined) return;
    this.#open.delete(blockIndex);
    if (!tool.fragments) parts.push({ type: 'tool-delta', index: tool.index, json: '{}' });
    parts.push({ type: 'tool-end', index: tool.index });
  }

  #finish(parts: StreamPart[]): StreamPart[] {
    this.#done = true;
    parts.push(readFinish(this.#raw, this.#tools > 0, this.#stopSequence));
    return parts;
  }

  #fail(failure: Failure): StreamPart[] {
    this.#done = true;
    return [{ type: 'error', failure }];
  }
}
