import type { Dialect } from '../conversation.ts';
import type { StreamPart } from '../stream-part.ts';
import { MessagesReader } from './anthropic-messages/read-stream.ts';
import { fieldsIn, isFields, listIn, textIn, type Fields } from './fields.ts';
import { asBuffer, scanBody, splice } from './json-scan.ts';
import { parseData, unreadable } from './map-in-band.ts';
import { ChatReader } from './openai-chat/read-stream.ts';
import { ResponsesReader } from './openai-responses/read-stream.ts';
import { parseEvent } from './sse.ts';
import { Template } from './template.ts';

export interface MeterOptions {
  /** Takes the place of the upstream's model name in every event that names one. */
  readonly servedModel: string;
  /** False: the final chunk that holds usage and nothing else is not forwarded. */
  readonly includeUsage: boolean;
}

export interface Metered {
  /** The bytes to pass on; null = nothing. */
  readonly forward: Uint8Array | null;
  readonly parts: StreamPart[];
}

/** Reads along while a stream passes between two sides of the same dialect. */
export interface Meter {
  /** One block of `EventSplitter`, or an unfinished last one. Never throws; an unreadable event is an error part. */
  inspect(block: Uint8Array): Metered;
  /** The upstream closed: as `StreamReader.end`. */
  end(): StreamPart[];
}

/** Shapes of events remembered per stream, and useless learnings in a row after which learning stops. */
const MAX_TEMPLATES = 4;
const MAX_MISSES = 64;
const BOUNDS = { maxDepth: 512, maxKeys: 1_000_000 };
const NOTHING: StreamPart[] = [];

/** The member of an event that holds the model's name, as seen from the top: itself, or the object around it. */
const HOLDERS: Readonly<Record<Dialect, string | undefined>> = { 'openai-chat': undefined, 'anthropic-messages': 'message', 'openai-responses': 'response' };
const READERS: Readonly<Record<Dialect, () => ChatReader | MessagesReader | ResponsesReader>> = {
  'openai-chat': () => new ChatReader(), 'anthropic-messages': () => new MessagesReader(), 'openai-responses': () => new ResponsesReader(),
};

export function createMeter(dialect: Dialect, options: MeterOptions): Meter {
  return new SideReader(dialect, options);
}

/**
 * The forwarded bytes are the upstream's own but for the model's name. Parts are those of the dialect's stream reader, except
 * that `tool-end` may come late: events that differ from an earlier one only in their text are known by their shape (`Template`)
 * and not parsed.
 */
class SideReader implements Meter {
  readonly #chat: boolean;
  readonly #holder: string | undefined;
  readonly #reader: ChatReader | MessagesReader | ResponsesReader;
  readonly #options: MeterOptions;
  #templates: Template[] = [];
  #misses = 0;
  #done = false;
  /** Nothing may follow what was passed on. Chat answers end with `[DONE]`, which comes after the terminal part. */
  #closed = false;

  constructor(dialect: Dialect, options: MeterOptions) {
    this.#chat = dialect === 'openai-chat';
    this.#holder = HOLDERS[dialect];
    this.#reader = READERS[dialect]();
    this.#options = options;
  }

  inspect(block: Uint8Array): Metered {
    const buffer = asBuffer(block);
    if (this.#done) return { forward: this.#afterEnd(buffer), parts: NOTHING };
    const event = buffer.toString('latin1');
    for (const template of this.#templates) {
      const part = template.match(event);
      if (part === undefined) continue;
      this.#misses = 0;
      const { newHead } = template;
      return { forward: newHead === undefined ? block : Buffer.concat([newHead, buffer.subarray(template.head.length)]), parts: [part] };
    }
    try {
      return this.#read(buffer, event);
    } catch {
      // Only JSON of absurd depth gets here: it parses, but cannot be written again.
      return { forward: null, parts: this.#noted([{ type: 'error', failure: unreadable() }]) };
    }
  }

  /** Of a chat answer whole chunks that tell of no error (some providers add one), and its `[DONE]`, also one whose blank line never came. */
  #afterEnd(buffer: Buffer): Uint8Array | null {
    if (!this.#chat || this.#closed) return null;
    const message = parseEvent(buffer);
    if (isDone(message)) {
      this.#closed = true;
      return ended(buffer, complete(buffer));
    }
    return complete(buffer) && (message === undefined || parseData(message.data)?.['error'] === undefined) ? buffer : null;
  }

  end(): StreamPart[] {
    return this.#done ? NOTHING : this.#noted(this.#reader.end());
  }

  #noted(parts: StreamPart[]): StreamPart[] {
    const last = parts.at(-1)?.type;
    if (last === 'finish' || last === 'error') this.#done = true;
    return parts;
  }

  #read(buffer: Buffer, event: string): Metered {
    const whole = complete(buffer);
    const message = parseEvent(buffer);
    if (message === undefined) return { forward: whole ? buffer : null, parts: NOTHING };
    if (this.#chat && isDone(message)) {
      this.#closed = true;
      return { forward: ended(buffer, whole), parts: this.#noted(this.#reader.end()) };
    }
    const data = parseData(message.data);
    // An unfinished event that cannot be read is where the upstream broke off, not bad data.
    if (data === undefined && !whole) return { forward: null, parts: NOTHING };
    const parts = this.#noted(data === undefined ? [{ type: 'error', failure: unreadable() }] : this.#reader.take(data, message.event));
    if (data === undefined || parts.at(-1)?.type === 'error') return { forward: null, parts };
    if (this.#chat && !this.#options.includeUsage && isUsageOnly(data)) return { forward: null, parts };
    const named = this.#renames(data);
    const forward = ended(named ? rename(buffer, event, this.#holder, this.#options.servedModel) : buffer, whole);
    const [part] = parts;
    if (whole && part !== undefined && parts.length === 1 && this.#misses < MAX_MISSES) this.#learn(event, part, named);
    return { forward, parts };
  }

  /** The event names a model other than the one we say served. */
  #renames(data: Fields): boolean {
    const model = textIn(this.#holder === undefined ? data : fieldsIn(data, this.#holder), 'model');
    return model !== undefined && model !== this.#options.servedModel;
  }

  #learn(event: string, part: StreamPart, named: boolean): void {
    this.#misses += 1;
    const template = Template.of(event, part, (head) => (named ? renamedHead(event, head, this.#holder, this.#options.servedModel) : undefined));
    if (template === undefined || (named && template.newHead === undefined)) return;
    if (this.#templates.length >= MAX_TEMPLATES) this.#templates.shift();
    this.#templates.push(template);
  }
}

function isDone(message: { readonly data: string } | undefined): boolean {
  return message?.data.trim() === '[DONE]';
}

function complete(buffer: Buffer): boolean {
  const last = buffer[buffer.length - 1];
  if (last !== 10 && last !== 13) return false;
  const before = buffer[buffer.length - 2];
  if (last === 10 && before === 13) return buffer.length < 3 || buffer[buffer.length - 3] === 10 || buffer[buffer.length - 3] === 13;
  return before === undefined || before === 10 || before === 13;
}

/** A last event whose blank line never came gets one, or whatever is sent next would run into it. */
function ended(block: Uint8Array, whole: boolean): Uint8Array {
  return whole ? block : Buffer.concat([block, Buffer.from('\n\n')]);
}

function isUsageOnly(data: Fields): boolean {
  return isFields(data['usage']) && Array.isArray(data['choices']) && listIn(data, 'choices').length === 0;
}

/** Where the JSON of a one-line event lies, in bytes; undefined when it is spread over several data lines. */
function dataSpan(event: string): { start: number; end: number } | undefined {
  const field = event.startsWith('data:') ? 0 : Math.max(event.indexOf('\ndata:'), event.indexOf('\rdata:')) + 1;
  if (field === 0 && !event.startsWith('data:')) return undefined;
  const start = field + 5;
  const stop = event.slice(start).search(/[\r\n]/);
  const end = stop < 0 ? event.length : start + stop;
  return /[\r\n]data:/.test(event.slice(end)) ? undefined : { start, end };
}

/** The same event with the served model's name, byte for byte otherwise. */
function rename(buffer: Buffer, event: string, holder: string | undefined, servedModel: string): Uint8Array {
  const span = modelSpan(buffer, event, holder);
  return span === undefined ? rewritten(buffer, holder, servedModel) : splice(buffer, [{ ...span, text: JSON.stringify(servedModel) }]);
}

function modelSpan(buffer: Buffer, event: string, holder: string | undefined): { start: number; end: number } | undefined {
  const data = dataSpan(event);
  if (data === undefined) return undefined;
  try {
    const outer = scanBody(buffer.subarray(data.start, data.end), BOUNDS).members;
    const member = outer.get(holder ?? 'model');
    if (member === undefined) return undefined;
    const start = data.start + member.start;
    if (holder === undefined) return { start, end: data.start + member.end };
    const inner = scanBody(buffer.subarray(start, data.start + member.end), BOUNDS).members.get('model');
    return inner && { start: start + inner.start, end: start + inner.end };
  } catch {
    return undefined;
  }
}

/** An event that cannot be edited in place (JSON over several lines) is written anew. */
function rewritten(buffer: Buffer, holder: string | undefined, servedModel: string): Uint8Array {
  const message = parseEvent(buffer);
  const data = message === undefined ? undefined : parseData(message.data);
  if (message === undefined || data === undefined) return buffer;
  const renamed = holder === undefined ? { ...data, model: servedModel } : { ...data, [holder]: { ...fieldsIn(data, holder), model: servedModel } };
  return Buffer.from(`${message.event === undefined ? '' : `event: ${message.event}\n`}data: ${JSON.stringify(renamed)}\n\n`);
}

/** The head of a chat chunk with the served model's name; undefined when the name does not stand in the head. */
function renamedHead(event: string, head: string, holder: string | undefined, servedModel: string): Buffer | undefined {
  const buffer = Buffer.from(event, 'latin1');
  const span = modelSpan(buffer, event, holder);
  if (span === undefined || span.end > head.length) return undefined;
  return Buffer.from(splice(buffer.subarray(0, head.length), [{ ...span, text: JSON.stringify(servedModel) }]));
}
