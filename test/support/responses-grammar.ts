import { eventsOf } from './sse-events.ts';

type Fields = Record<string, unknown>;

function illegal(what: string): never {
  throw new Error(`illegal stream: ${what}`);
}

function object(value: unknown, what: string): Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : illegal(`${what} is no object`);
}

interface OpenItem { readonly item: Fields; readonly parts: Fields[]; part: Fields | undefined; text: string; json: string; closed: boolean }

/**
 * Throws on any Responses stream whose events are out of order: numbers that skip, items that do not start, deltas outside
 * their item or part, a `done` that differs from what its deltas add up to, anything after the one terminal event. Gives the final `response`,
 * or `{error}` when the stream ended in one.
 */
export function checkResponsesStream(text: string): Fields {
  const items: OpenItem[] = [];
  let response: Fields | undefined;
  let ended: Fields | undefined;
  for (const [at, { event, data }] of eventsOf(text).entries()) {
    const body = object(JSON.parse(data), 'event');
    if (body['type'] !== event) illegal(`event ${event} of type ${String(body['type'])}`);
    if (body['sequence_number'] !== at) illegal(`number ${String(body['sequence_number'])} at ${at}`);
    if (ended !== undefined) illegal(`${event} after the end`);
    if (event === 'error') {
      if (typeof body['message'] !== 'string' || typeof object(body['error'], 'error')['message'] !== 'string') illegal('an error without words');
      ended = { error: body['error'] };
    } else if (event === 'response.created') {
      if (at !== 0) illegal('created late');
      response = object(body['response'], 'response');
    } else if (response === undefined) illegal(`${event} before response.created`);
    else if (event === 'response.completed' || event === 'response.incomplete') {
      ended = object(body['response'], 'response');
      if (items.some((open) => !open.closed)) illegal('an item that was never done');
      if (JSON.stringify(ended['output']) !== JSON.stringify(items.map(({ item }) => item))) illegal('an output that differs from its items');
      if (ended['id'] !== response['id'] || ended['model'] !== response['model']) illegal('a response of another identity');
    } else if (event !== 'response.in_progress') takeItemEvent(String(event), body, items);
  }
  return ended ?? illegal('no end');
}

function takeItemEvent(event: string, body: Fields, items: OpenItem[]): void {
  const index = Number(body['output_index']);
  if (event === 'response.output_item.added') {
    if (index !== items.length) illegal('an item out of order');
    items.push({ item: object(body['item'], 'item'), parts: [], part: undefined, text: '', json: '', closed: false });
    return;
  }
  const open = items[index] ?? illegal(`${event} without its item`);
  if (open.closed) illegal(`${event} after its item was done`);
  if (event === 'response.output_item.done') {
    if (open.part !== undefined) illegal('an item done inside a part');
    const item = object(body['item'], 'item');
    if (item['id'] !== open.item['id'] || item['type'] !== open.item['type']) illegal('an item of another identity');
    if (item['type'] === 'message' && JSON.stringify(item['content']) !== JSON.stringify(open.parts)) illegal('content that differs from its parts');
    if (item['type'] === 'function_call' && item['arguments'] !== open.json) illegal('arguments that differ from their fragments');
    Object.assign(open, { item, closed: true });
    return;
  }
  if (body['item_id'] !== open.item['id']) illegal(`${event} of another item`);
  takePartEvent(event, body, open);
}

const DELTAS: Readonly<Record<string, string>> = { 'response.output_text.delta': 'output_text', 'response.refusal.delta': 'refusal', 'response.reasoning_summary_text.delta': 'summary_text' };
const DONES: Readonly<Record<string, string>> = { 'response.output_text.done': 'text', 'response.refusal.done': 'refusal', 'response.reasoning_summary_text.done': 'text' };

function takePartEvent(event: string, body: Fields, open: OpenItem): void {
  const { delta } = body;
  const kind = DELTAS[event];
  const done = DONES[event];
  if (kind !== undefined) {
    if (open.part?.['type'] !== kind) illegal(`${event} outside a ${kind} part`);
    if (typeof delta !== 'string' || delta === '') illegal('an empty delta');
    open.text += delta;
  } else if (done !== undefined) {
    if (body[done] !== open.text) illegal(`${event} that differs from its deltas`);
  } else if (event.endsWith('part.added')) {
    if (open.part !== undefined) illegal('a part inside a part');
    open.part = object(body['part'], 'part');
    open.text = '';
  } else if (event.endsWith('part.done')) {
    if (open.part === undefined) illegal('a part that never began');
    open.part = undefined;
    open.parts.push(object(body['part'], 'part'));
  } else if (event === 'response.function_call_arguments.delta') {
    if (typeof delta !== 'string' || delta === '') illegal('an empty fragment');
    open.json += delta;
  } else if (event === 'response.function_call_arguments.done') {
    if (body['arguments'] !== open.json) illegal('arguments that differ from their fragments');
  } else if (!event.startsWith('response.custom_tool_call_input.') && event !== 'response.output_text.annotation.added') illegal(`an unknown event ${event}`);
}
