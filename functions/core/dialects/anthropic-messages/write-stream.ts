import { fail } from '../../errors.ts';
import { mergeUsage, type TokenUsage } from '../../money/usage.ts';
import type { StreamPart } from '../../stream-part.ts';
import type { AnswerEnvelope, StreamWriter } from '../codec.ts';
import { truncated } from '../map-in-band.ts';
import { parseArguments } from '../tools.ts';
import { AnswerUnwrapper } from '../unwrap-answer.ts';
import { writeFinish } from './finish.ts';
import { errorEvent } from './map-error.ts';
import { writeUsage } from './usage.ts';
import { missingId } from './write-answer.ts';

const PING = 'event: ping\ndata: {"type":"ping"}\n\n';
/** Reasoning that is not shown still has to keep the connection alive: one ping for so many parts. */
const PARTS_PER_PING = 32;
/** Parts of interleaved tool calls that may wait for their turn, in characters. */
const MAX_WAITING_CHARS = 8 * 1024 * 1024;

/**
 * Writes message events in the only legal order: `message_start`, blocks one after another (start, deltas, stop; indexes 0, 1,
 * 2 …), one `message_delta`, `message_stop` (translation cases D91–D100). Blocks open lazily. While a tool call is open, everything
 * that is not its own waits for its end (D95). Unsigned reasoning is not shown (D74). An error is one `error` event and the end.
 * `write` throws `upstream_invalid_response` at a finish after a call whose arguments are no JSON object (D72): clients parse what
 * they have leniently and would run the tool with `{}`. An answer that was cut off by its length may end within a call.
 */
export function writeStream(envelope: AnswerEnvelope & { readonly includeUsage: boolean }): StreamWriter {
  return new MessagesWriter(envelope);
}

type OpenBlock = { readonly kind: 'text' } | { readonly kind: 'tool'; readonly tool: number };

class MessagesWriter implements StreamWriter {
  readonly #envelope: AnswerEnvelope;
  readonly #unwrapper = new AnswerUnwrapper();
  #started = false;
  #done = false;
  #index = -1;
  #open: OpenBlock | undefined;
  #waiting: StreamPart[] = [];
  #waitingChars = 0;
  #usage: TokenUsage | undefined;
  #refused = false;
  /** Arguments of the open tool call so far. */
  #json = '';
  #broken = false;
  #thought = '';
  #hidden = 0;

  constructor(envelope: AnswerEnvelope) {
    this.#envelope = envelope;
  }

  write(part: StreamPart): string {
    if (this.#done) return '';
    const unwrapped = this.#unwrapper.take(part);
    return unwrapped === undefined ? '' : this.#write(unwrapped);
  }

  heartbeat(): string {
    return PING;
  }

  end(): string {
    return this.#done ? '' : this.#error({ type: 'error', failure: truncated() });
  }

  #write(part: StreamPart): string {
    switch (part.type) {
      case 'start':
      case 'citation':
        return '';
      case 'usage':
        this.#usage = mergeUsage(this.#usage, part.usage);
        return '';
      case 'error':
        return this.#error(part);
      case 'finish':
        return this.#opening() + this.#finish(part);
      default:
        return this.#opening() + this.#content(part);
    }
  }

  /** A part of a block: written now, or kept while another tool call is open. */
  #content(part: StreamPart): string {
    const open = this.#open;
    const owner = 'index' in part ? part.index : -1;
    if (open?.kind === 'tool' && open.tool !== owner) {
      this.#waitingChars += part.type === 'tool-delta' ? part.json.length : 'text' in part ? part.text.length : 1;
      if (this.#waitingChars > MAX_WAITING_CHARS) fail('upstream_invalid_response', 'The upstream mixed its tool calls beyond what can be put in order.');
      this.#waiting.push(part);
      return '';
    }
    switch (part.type) {
      case 'text':
      case 'refusal':
        if (part.type === 'refusal') this.#refused = true;
        return part.text === '' ? '' : this.#text(part.text);
      case 'reasoning':
        this.#thought += part.text;
        this.#hidden += 1;
        return this.#hidden % PARTS_PER_PING === 1 ? PING : '';
      case 'reasoning-signature':
        return this.#thinking(part.signature);
      case 'reasoning-redacted':
        return this.#close() + this.#start({ type: 'redacted_thinking', data: part.data }) + this.#stop();
      case 'tool-start':
        return this.#toolStart(part);
      case 'tool-delta':
        if (part.json === '' || open?.kind !== 'tool') return '';
        this.#json += part.json;
        return this.#delta(`{"type":"input_json_delta","partial_json":${JSON.stringify(part.json)}}`);
      case 'tool-end':
        return this.#close() + this.#release();
      default:
        return '';
    }
  }

  #text(text: string): string {
    let opened = '';
    if (this.#open?.kind !== 'text') {
      opened = this.#close() + this.#start({ type: 'text', text: '' });
      this.#open = { kind: 'text' };
    }
    return opened + this.#delta(`{"type":"text_delta","text":${JSON.stringify(text)}}`);
  }

  /** A signed thought, once its signature is there: a block of its own. */
  #thinking(signature: string): string {
    const thought = this.#thought;
    this.#thought = '';
    return this.#close() + this.#start({ type: 'thinking', thinking: '', signature: '' })
      + (thought === '' ? '' : this.#delta(`{"type":"thinking_delta","thinking":${JSON.stringify(thought)}}`))
      + this.#delta(`{"type":"signature_delta","signature":${JSON.stringify(signature)}}`) + this.#stop();
  }

  #toolStart(part: Extract<StreamPart, { type: 'tool-start' }>): string {
    const id = part.id ?? missingId(this.#envelope.requestId, part.index);
    const opened = this.#close() + this.#start({ type: 'tool_use', id, name: part.name, input: {} });
    this.#open = { kind: 'tool', tool: part.index };
    return opened;
  }

  /** The open tool call ended: what waited for it goes out, up to the next call that has to be waited for. */
  #release(): string {
    if (this.#waiting.length === 0) return '';
    const waiting = this.#waiting;
    this.#waiting = [];
    this.#waitingChars = 0;
    return waiting.map((part) => this.#content(part)).join('');
  }

  #opening(): string {
    if (this.#started) return '';
    this.#started = true;
    const { requestId, model, inputTokens } = this.#envelope;
    return event('message_start', {
      message: {
        id: `msg_${requestId}`, type: 'message', role: 'assistant', model, content: [], stop_reason: null, stop_sequence: null,
        usage: writeUsage(this.#usage, inputTokens),
      },
    });
  }

  #start(block: unknown): string {
    this.#index += 1;
    return event('content_block_start', { index: this.#index, content_block: block });
  }

  #delta(delta: string): string {
    return `event: content_block_delta\ndata: {"type":"content_block_delta","index":${this.#index},"delta":${delta}}\n\n`;
  }

  #stop(): string {
    return `event: content_block_stop\ndata: {"type":"content_block_stop","index":${this.#index}}\n\n`;
  }

  #close(): string {
    if (this.#open === undefined) return '';
    if (this.#open.kind === 'tool') {
      this.#broken ||= parseArguments(this.#json) === undefined;
      this.#json = '';
    }
    this.#open = undefined;
    return this.#stop();
  }

  #finish(part: Extract<StreamPart, { type: 'finish' }>): string {
    let text = this.#close();
    // A reader ends every call before the finish; this holds even if one did not.
    while (this.#waiting.length > 0) text += this.#release() + this.#close();
    this.#done = true;
    if (this.#broken && part.reason !== 'length') fail('upstream_invalid_response', 'The model called a tool with arguments that are not valid JSON.', { retryable: true, blameless: true });
    return text
      + event('message_delta', {
        delta: { stop_reason: this.#refused ? 'refusal' : writeFinish(part.reason, part.stopSequence), stop_sequence: part.stopSequence ?? null },
        usage: writeUsage(this.#usage, this.#envelope.inputTokens),
      })
      + event('message_stop', {});
  }

  #error(part: Extract<StreamPart, { type: 'error' }>): string {
    this.#done = true;
    return errorEvent(part.failure, this.#envelope.requestId);
  }
}

function event(type: string, fields: Record<string, unknown>): string {
  return `event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`;
}
