import type { StreamPart } from '../../stream-part.ts';
import type { AnswerEnvelope } from '../codec.ts';
import { annotation } from '../openai-chat/annotations.ts';
import { missingId } from '../openai-chat/write-answer.ts';
import { isFields } from '../fields.ts';
import { unwrapInput } from './freeform.ts';
import { wireNames, type WireName } from './namespaces.ts';
import { packState } from './reasoning-state.ts';
import type { Item } from './response-object.ts';

/** Told of every step, with the members of the event that says it. */
export type Emit = (type: string, members: Item) => void;

interface TextPart { readonly kind: 'output_text' | 'refusal'; readonly index: number; text: string; readonly annotations: unknown[] }
interface OpenMessage { readonly kind: 'message'; readonly at: number; readonly id: string; readonly done: Item[]; part: TextPart | undefined }
interface OpenReasoning { readonly kind: 'reasoning'; readonly at: number; readonly id: string; text: string }
interface Call { readonly at: number; readonly id: string; readonly callId: string; readonly wire: WireName; readonly freeform: boolean; json: string; ended: boolean }

/**
 * Builds the output items of a response from stream parts, and tells `emit` the events of the streaming API on the way
 * (event types of the `openai` package): items are added, filled and done in this order. Text and reasoning items are open
 * one at a time; tool calls may be open side by side, as each event names its item.
 */
export class OutputBuilder {
  readonly #requestId: string;
  readonly #freeform: ReadonlySet<string>;
  readonly #wireName: (name: string) => WireName;
  readonly #emit: Emit;
  readonly #items: Item[] = [];
  readonly #calls = new Map<number, Call>();
  #open: OpenMessage | OpenReasoning | undefined;

  constructor(envelope: AnswerEnvelope, emit: Emit) {
    this.#requestId = envelope.requestId;
    this.#freeform = new Set(envelope.conversation?.tools.filter((tool) => tool.freeform !== undefined).map((tool) => tool.name));
    this.#wireName = wireNames(envelope.conversation?.tools ?? []);
    this.#emit = emit;
  }

  take(part: StreamPart): void {
    switch (part.type) {
      case 'text':
        return this.#text('output_text', part.text);
      case 'refusal':
        return this.#text('refusal', part.text);
      case 'reasoning':
        return this.#reasoning(part.text);
      case 'reasoning-signature':
        return this.#signed(packState({ signature: part.signature }));
      case 'reasoning-redacted':
        this.#closeOpen('completed');
        this.#openReasoning();
        return this.#signed(packState({ redacted: part.data }));
      case 'tool-start':
        return this.#startCall(part);
      case 'tool-delta':
        return this.#callDelta(part.index, part.json);
      case 'tool-end':
        return this.#endCall(part.index);
      case 'citation':
        return this.#cite(part.raw);
      default:
    }
  }

  /** Closes what is open and gives all items in their order. */
  finish(status: 'completed' | 'incomplete'): readonly Item[] {
    this.#closeOpen(status);
    for (const index of this.#calls.keys()) this.#endCall(index, status);
    return this.#items;
  }

  #text(kind: TextPart['kind'], text: string): void {
    if (text === '') return;
    const message = this.#message();
    const part = message.part?.kind === kind ? message.part : this.#openPart(message, kind);
    part.text += text;
    const place = { item_id: message.id, output_index: message.at, content_index: part.index };
    if (kind === 'output_text') this.#emit('response.output_text.delta', { ...place, delta: text, logprobs: [] });
    else this.#emit('response.refusal.delta', { ...place, delta: text });
  }

  #message(): OpenMessage {
    if (this.#open?.kind === 'message') return this.#open;
    this.#closeOpen('completed');
    const at = this.#place();
    const open: OpenMessage = { kind: 'message', at, id: this.#id('msg', at), done: [], part: undefined };
    this.#open = open;
    this.#added(at, { id: open.id, type: 'message', status: 'in_progress', role: 'assistant', content: [] });
    return open;
  }

  #openPart(message: OpenMessage, kind: TextPart['kind']): TextPart {
    this.#closePart(message);
    const part: TextPart = { kind, index: message.done.length, text: '', annotations: [] };
    message.part = part;
    this.#emit('response.content_part.added', { item_id: message.id, output_index: message.at, content_index: part.index, part: wirePart(part) });
    return part;
  }

  #closePart(message: OpenMessage): void {
    const { part } = message;
    if (part === undefined) return;
    message.part = undefined;
    const place = { item_id: message.id, output_index: message.at, content_index: part.index };
    const wire = wirePart(part);
    if (part.kind === 'output_text') this.#emit('response.output_text.done', { ...place, text: part.text, logprobs: [] });
    else this.#emit('response.refusal.done', { ...place, refusal: part.text });
    this.#emit('response.content_part.done', { ...place, part: wire });
    message.done.push(wire);
  }

  #cite(raw: unknown): void {
    const part = this.#open?.kind === 'message' ? this.#open.part : undefined;
    const message = this.#open;
    const written = annotation(raw, part?.text.length ?? 0);
    if (part?.kind !== 'output_text' || message === undefined || !isFields(written)) return;
    // Chat completions nests what the Responses API has at the top.
    const nested = written['url_citation'];
    const flat = isFields(nested) ? { type: 'url_citation', ...nested } : written;
    this.#emit('response.output_text.annotation.added', { item_id: message.id, output_index: message.at, content_index: part.index, annotation_index: part.annotations.length, annotation: flat });
    part.annotations.push(flat);
  }

  #reasoning(text: string): void {
    if (text === '') return;
    const open = this.#open?.kind === 'reasoning' ? this.#open : this.#openReasoning();
    const place = { item_id: open.id, output_index: open.at, summary_index: 0 };
    if (open.text === '') this.#emit('response.reasoning_summary_part.added', { ...place, part: { type: 'summary_text', text: '' } });
    open.text += text;
    this.#emit('response.reasoning_summary_text.delta', { ...place, delta: text });
  }

  #openReasoning(): OpenReasoning {
    this.#closeOpen('completed');
    const at = this.#place();
    const open: OpenReasoning = { kind: 'reasoning', at, id: this.#id('rs', at), text: '' };
    this.#open = open;
    this.#added(at, { id: open.id, type: 'reasoning', summary: [] });
    return open;
  }

  /** A signature ends the reasoning that it signs. */
  #signed(encrypted: string): void {
    const open = this.#open?.kind === 'reasoning' ? this.#open : this.#openReasoning();
    this.#closeReasoning(open, 'completed', encrypted);
  }

  #closeReasoning(open: OpenReasoning, status: string, encrypted?: string): void {
    this.#open = undefined;
    const summary = open.text === '' ? [] : [{ type: 'summary_text', text: open.text }];
    const place = { item_id: open.id, output_index: open.at, summary_index: 0 };
    for (const part of summary) {
      this.#emit('response.reasoning_summary_text.done', { ...place, text: part.text });
      this.#emit('response.reasoning_summary_part.done', { ...place, part });
    }
    this.#done(open.at, { id: open.id, type: 'reasoning', summary, ...(encrypted !== undefined && { encrypted_content: encrypted }), status });
  }

  #closeOpen(status: 'completed' | 'incomplete'): void {
    const open = this.#open;
    if (open === undefined) return;
    if (open.kind === 'reasoning') return this.#closeReasoning(open, status);
    this.#open = undefined;
    this.#closePart(open);
    this.#done(open.at, { id: open.id, type: 'message', status, role: 'assistant', content: open.done });
  }

  #startCall(part: Extract<StreamPart, { type: 'tool-start' }>): void {
    this.#closeOpen('completed');
    const at = this.#place();
    const freeform = this.#freeform.has(part.name);
    const call: Call = { at, id: this.#id(freeform ? 'ctc' : 'fc', at), callId: part.id ?? missingId(this.#requestId, part.index), wire: this.#wireName(part.name), freeform, json: '', ended: false };
    this.#calls.set(part.index, call);
    this.#added(at, wireCall(call, 'in_progress'));
  }

  /** Free text comes wrapped in JSON, so it is shown only once the wrapping is complete. */
  #callDelta(index: number, json: string): void {
    const call = this.#calls.get(index);
    if (call === undefined || call.ended || json === '') return;
    call.json += json;
    if (!call.freeform) this.#emit('response.function_call_arguments.delta', { item_id: call.id, output_index: call.at, delta: json });
  }

  #endCall(index: number, status: 'completed' | 'incomplete' = 'completed'): void {
    const call = this.#calls.get(index);
    if (call === undefined || call.ended) return;
    call.ended = true;
    const place = { item_id: call.id, output_index: call.at };
    if (call.freeform) {
      const input = unwrapInput(call.json);
      if (input !== '') this.#emit('response.custom_tool_call_input.delta', { ...place, delta: input });
      this.#emit('response.custom_tool_call_input.done', { ...place, input });
    } else {
      if (call.json === '') this.#emit('response.function_call_arguments.delta', { ...place, delta: '{}' });
      call.json ||= '{}';
      this.#emit('response.function_call_arguments.done', { ...place, name: call.wire.name, arguments: call.json });
    }
    this.#done(call.at, wireCall(call, status));
  }

  /** Items take their places when they begin, whenever they end. */
  #place(): number {
    this.#items.push({});
    return this.#items.length - 1;
  }

  #id(prefix: string, at: number): string {
    return `${prefix}_${this.#requestId}_${at}`;
  }

  #added(at: number, item: Item): void {
    this.#emit('response.output_item.added', { output_index: at, item });
  }

  #done(at: number, item: Item): void {
    this.#items[at] = item;
    this.#emit('response.output_item.done', { output_index: at, item });
  }
}

function wirePart(part: TextPart): Item {
  return part.kind === 'refusal' ? { type: 'refusal', refusal: part.text } : { type: 'output_text', text: part.text, annotations: [...part.annotations], logprobs: [] };
}

function wireCall(call: Call, status: string): Item {
  const { id, callId, wire, json, freeform } = call;
  if (freeform) return { id, type: 'custom_tool_call', call_id: callId, ...wire, input: status === 'in_progress' ? '' : unwrapInput(json) };
  return { id, type: 'function_call', status, call_id: callId, ...wire, arguments: status === 'in_progress' ? '' : json };
}
