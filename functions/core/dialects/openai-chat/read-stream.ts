import type { Failure } from '../../errors.ts';
import { tierServed } from '../../money/tier.ts';
import type { TokenUsage } from '../../money/usage.ts';
import type { StreamPart } from '../../stream-part.ts';
import type { StreamReader } from '../codec.ts';
import { countIn, fieldsIn, isFields, listIn, textIn, type Fields } from '../fields.ts';
import { mapInBandError, parseData, truncated, unreadable } from '../map-in-band.ts';
import type { SseEvent } from '../sse.ts';
import { finishFailure, finishIn, readFinish } from './finish.ts';
import { readContent } from './read-delta.ts';
import { ToolCalls } from './tool-calls.ts';
import { readUsage } from './usage.ts';

/**
 * Reads chat-completion chunks (types of the `openai` package). The finish is held back until the usage-only chunk, `[DONE]`
 * or the end of the stream, so that usage comes first; usage on several chunks counts once, the last one. Without a
 * `finish_reason` no end is a good end, not even `[DONE]`.
 */
export function readStream(): ChatReader {
  return new ChatReader();
}

export class ChatReader implements StreamReader {
  #started = false;
  #done = false;
  #finish: string | undefined;
  #usage: TokenUsage | undefined;
  #tier: string | undefined;
  readonly #tools = new ToolCalls();

  push(event: SseEvent): StreamPart[] {
    if (this.#done) return [];
    if (event.data.trim() === '[DONE]') return this.end();
    const chunk = parseData(event.data);
    return chunk === undefined ? this.#fail(unreadable(), []) : this.take(chunk, event.event);
  }

  /** One chunk, already parsed. */
  take(chunk: Fields, eventName?: string): StreamPart[] {
    if (this.#done) return [];
    try {
      return this.#take(chunk, eventName);
    } catch {
      // JSON nested so deep that it cannot be written again.
      return this.#fail(unreadable(), []);
    }
  }

  #take(chunk: Fields, eventName: string | undefined): StreamPart[] {
    const parts: StreamPart[] = [];
    const { error } = chunk;
    if (isFields(error)) return this.#fail(mapInBandError(error), parts);
    if (typeof error === 'string' || eventName === 'error') return this.#fail(mapInBandError(typeof error === 'string' ? { message: error } : chunk), parts);
    const choices = listIn(chunk, 'choices');
    if (!this.#started && (choices.length > 0 || typeof chunk['id'] === 'string')) this.#start(chunk, parts);
    // Groq's own place beside OpenAI's.
    this.#usage = readUsage(chunk['usage']) ?? readUsage(fieldsIn(chunk, 'x_groq')?.['usage']) ?? this.#usage;
    this.#tier = tierServed(chunk['service_tier']) ?? this.#tier;
    for (const choice of choices) if (isFields(choice)) this.#choice(choice, parts);
    if (choices.length === 0 && this.#finish !== undefined && isFields(chunk['usage'])) this.#close(parts);
    return parts;
  }

  end(): StreamPart[] {
    if (this.#done) return [];
    const parts: StreamPart[] = [];
    return this.#finish === undefined ? this.#fail(truncated(), parts) : this.#close(parts);
  }

  #start(chunk: Fields, parts: StreamPart[]): void {
    this.#started = true;
    const [id, upstreamModel, created] = [textIn(chunk, 'id'), textIn(chunk, 'model'), countIn(chunk, 'created')];
    parts.push({ type: 'start', ...(id !== undefined && { id }), ...(upstreamModel !== undefined && { upstreamModel }), ...(created !== undefined && { created }) });
  }

  #choice(choice: Fields, parts: StreamPart[]): void {
    const at = countIn(choice, 'index') ?? 0;
    const { delta } = choice;
    if (isFields(delta)) {
      const content: StreamPart[] = [];
      readContent(delta, content);
      if (content.length > 0) {
        this.#tools.settle(parts);
        parts.push(...content);
      }
      for (const call of listIn(delta, 'tool_calls')) this.#tools.take(call, at, parts);
      if (isFields(delta['function_call'])) this.#tools.take({ index: 0, function: delta['function_call'] }, at, parts);
    }
    this.#finish ??= finishIn(choice);
  }

  #close(parts: StreamPart[]): StreamPart[] {
    const raw = this.#finish ?? '';
    if (!this.#tools.finish(parts)) return this.#fail(unreadable(), parts);
    const reason = readFinish(raw, this.#tools.any);
    if (reason === 'error') return this.#fail(finishFailure(raw), parts);
    this.#report(parts);
    parts.push({ type: 'finish', reason, raw });
    this.#done = true;
    return parts;
  }

  /** What was counted so far is still reported: it was spent. */
  #fail(failure: Failure, parts: StreamPart[]): StreamPart[] {
    this.#done = true;
    this.#report(parts);
    parts.push({ type: 'error', failure });
    return parts;
  }

  #report(parts: StreamPart[]): void {
    if (this.#usage !== undefined) parts.push({ type: 'usage', usage: this.#usage, ...(this.#tier !== undefined && { tier: this.#tier }) });
  }
}
