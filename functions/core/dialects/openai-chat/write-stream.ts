import { mergeUsage, type TokenUsage } from '../../money/usage.ts';
import type { StreamPart } from '../../stream-part.ts';
import type { AnswerEnvelope, StreamWriter } from '../codec.ts';
import { truncated } from '../map-in-band.ts';
import { AnswerUnwrapper } from '../unwrap-answer.ts';
import { annotation } from './annotations.ts';
import { errorEvent } from './map-error.ts';
import { writeFinish } from './finish.ts';
import { writeUsage } from './usage.ts';
import { missingId } from './write-answer.ts';

/**
 * Writes chat-completion chunks: the role first, then deltas, then exactly one chunk with `finish_reason` and an empty delta,
 * then, if asked for and known, one with usage and no choices, then `[DONE]` (translation cases D77–D89). All chunks share id, time
 * and model; with usage asked for, all others carry `usage: null`. An error is one `{"error": …}` event and the end.
 */
export function writeStream(envelope: AnswerEnvelope & { readonly includeUsage: boolean }): StreamWriter {
  return new ChatWriter(envelope);
}

class ChatWriter implements StreamWriter {
  readonly #requestId: string;
  readonly #includeUsage: boolean;
  /** Everything of a chunk before and after its delta; only the delta varies from chunk to chunk. */
  readonly #envelope: string;
  readonly #head: string;
  readonly #tail: string;
  readonly #unwrapper = new AnswerUnwrapper();
  readonly #withArguments = new Set<number>();
  #opened = false;
  #done = false;
  #usage: TokenUsage | undefined;
  #thought = '';
  #text = '';
  #refused = false;

  constructor(envelope: AnswerEnvelope & { readonly includeUsage: boolean }) {
    this.#requestId = envelope.requestId;
    this.#includeUsage = envelope.includeUsage;
    const fields = { id: `chatcmpl-${envelope.requestId}`, object: 'chat.completion.chunk', created: envelope.created, model: envelope.model };
    this.#envelope = `data: ${JSON.stringify(fields).slice(0, -1)}`;
    this.#head = `${this.#envelope},"choices":[{"index":0,"delta":`;
    this.#tail = `,"logprobs":null,"finish_reason":null}]${envelope.includeUsage ? ',"usage":null' : ''}}\n\n`;
  }

  write(part: StreamPart): string {
    if (this.#done) return '';
    const unwrapped = this.#unwrapper.take(part);
    return unwrapped === undefined ? '' : this.#write(unwrapped);
  }

  heartbeat(): string {
    return ': keepalive\n\n';
  }

  end(): string {
    return this.#done ? '' : this.#write({ type: 'error', failure: truncated() });
  }

  #write(part: StreamPart): string {
    switch (part.type) {
      case 'text':
        this.#text += part.text;
        return this.#delta(`{"content":${JSON.stringify(part.text)}}`);
      case 'reasoning':
        this.#thought += part.text;
        return this.#delta(`{"reasoning_content":${JSON.stringify(part.text)}}`);
      case 'reasoning-signature':
        return this.#signature(part.signature);
      case 'reasoning-redacted':
        return this.#delta(`{"thinking_blocks":[${JSON.stringify({ type: 'redacted_thinking', data: part.data })}]}`);
      case 'refusal':
        this.#refused = true;
        return this.#delta(`{"refusal":${JSON.stringify(part.text)}}`);
      case 'tool-start': {
        const id = part.id ?? missingId(this.#requestId, part.index);
        return this.#delta(JSON.stringify({ tool_calls: [{ index: part.index, id, type: 'function', function: { name: part.name, arguments: '' } }] }));
      }
      case 'tool-delta':
        if (part.json === '') return '';
        this.#withArguments.add(part.index);
        return this.#arguments(part.index, part.json);
      case 'tool-end':
        return this.#withArguments.has(part.index) ? '' : this.#arguments(part.index, '{}');
      case 'citation': {
        const written = annotation(part.raw, this.#text.length);
        return written === undefined ? '' : this.#delta(JSON.stringify({ annotations: [written] }));
      }
      case 'usage':
        this.#usage = mergeUsage(this.#usage, part.usage);
        return '';
      case 'finish':
        return this.#finish(part);
      case 'error':
        this.#done = true;
        return errorEvent(part.failure, this.#requestId);
      default:
        return '';
    }
  }

  #delta(delta: string): string {
    return `${this.#opening()}${this.#head}${delta}${this.#tail}`;
  }

  #opening(): string {
    if (this.#opened) return '';
    this.#opened = true;
    return `${this.#head}{"role":"assistant","content":""}${this.#tail}`;
  }

  #arguments(index: number, json: string): string {
    return this.#delta(`{"tool_calls":[{"index":${index},"function":{"arguments":${JSON.stringify(json)}}}]}`);
  }

  /** The whole block again with its signature, which is what a client must send back. */
  #signature(signature: string): string {
    const block = { type: 'thinking', thinking: this.#thought, signature };
    this.#thought = '';
    return this.#delta(`{"thinking_blocks":[${JSON.stringify(block)}]}`);
  }

  /** A refusal that the upstream put into plain text is said in both places, once it is known to be one (D66). */
  #refusal(raw: string | undefined): string {
    return raw === 'refusal' && !this.#refused && this.#text !== '' ? `${this.#head}${JSON.stringify({ refusal: this.#text })}${this.#tail}` : '';
  }

  #finish(part: Extract<StreamPart, { type: 'finish' }>): string {
    this.#done = true;
    const native = part.raw === undefined ? '' : `,"native_finish_reason":${JSON.stringify(part.raw)}`;
    const last = `${this.#head}{},"logprobs":null,"finish_reason":"${writeFinish(part.reason)}"${native}}]${this.#includeUsage ? ',"usage":null' : ''}}\n\n`;
    const usage = this.#includeUsage ? writeUsage(this.#usage) : undefined;
    const counted = usage === undefined ? '' : `${this.#envelope},"choices":[],"usage":${JSON.stringify(usage)}}\n\n`;
    return `${this.#opening()}${this.#refusal(part.raw)}${last}${counted}data: [DONE]\n\n`;
  }
}
