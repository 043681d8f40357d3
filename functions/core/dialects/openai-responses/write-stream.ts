import type { StreamPart } from '../../stream-part.ts';
import type { AnswerEnvelope, StreamWriter } from '../codec.ts';
import { truncated } from '../map-in-band.ts';
import { AnswerUnwrapper } from '../unwrap-answer.ts';
import { errorEvent } from './map-error.ts';
import { OutputBuilder } from './output-builder.ts';
import { endingOf, ResponseObject, type Item } from './response-object.ts';

/**
 * Writes the events of a response: `response.created` and `response.in_progress`, the output items, then exactly one of
 * `response.completed`, `response.incomplete` and `error`. Every event carries its type and a number counted from 0.
 */
export function writeStream(envelope: AnswerEnvelope): StreamWriter {
  return new ResponsesWriter(envelope);
}

class ResponsesWriter implements StreamWriter {
  readonly #response: ResponseObject;
  readonly #builder: OutputBuilder;
  readonly #unwrapper = new AnswerUnwrapper();
  #text = '';
  #sequence = 0;
  #opened = false;
  #done = false;

  constructor(envelope: AnswerEnvelope) {
    this.#response = new ResponseObject(envelope);
    this.#builder = new OutputBuilder(envelope, (type, members) => this.#event(type, members));
  }

  write(part: StreamPart): string {
    if (this.#done) return '';
    const unwrapped = this.#unwrapper.take(part);
    if (unwrapped === undefined) return '';
    switch (unwrapped.type) {
      case 'start':
        break;
      case 'usage':
        this.#response.count(unwrapped.usage);
        break;
      case 'finish':
        this.#finish(unwrapped);
        break;
      case 'error':
        this.#done = true;
        return errorEvent(unwrapped.failure, this.#sequence);
      default:
        this.#open();
        this.#builder.take(unwrapped);
    }
    return this.#taken();
  }

  heartbeat(): string {
    return ': keepalive\n\n';
  }

  end(): string {
    return this.#done ? '' : this.write({ type: 'error', failure: truncated() });
  }

  /** Only with the first output, so that an earlier failure can still be a status. */
  #open(): void {
    if (this.#opened) return;
    this.#opened = true;
    const response = this.#response.inProgress();
    this.#event('response.created', { response });
    this.#event('response.in_progress', { response });
  }

  #finish(part: Extract<StreamPart, { type: 'finish' }>): void {
    this.#open();
    const ending = endingOf(part.reason);
    const output = this.#builder.finish(ending.status);
    this.#event(`response.${ending.status}`, { response: this.#response.ended(ending, output) });
    this.#done = true;
  }

  #event(type: string, members: Item): void {
    const data = JSON.stringify(members);
    this.#text += `event: ${type}\ndata: {"type":"${type}","sequence_number":${this.#sequence},${data.slice(1)}\n\n`;
    this.#sequence += 1;
  }

  #taken(): string {
    const text = this.#text;
    this.#text = '';
    return text;
  }
}
