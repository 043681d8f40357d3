import type { StreamPart } from '../../stream-part.ts';
import { isFields, textIn, type Fields } from '../fields.ts';

interface Call {
  readonly index: number;
  id: string | undefined;
  name: string | undefined;
  ended: boolean;
  /** Arguments that came before the name. */
  early: string;
  readonly json: JsonProgress;
}

/**
 * Puts the tool calls of a stream in order. OpenAI names no end of a call, so a call counts as ended once its arguments are
 * a whole JSON value and something else begins, or when the answer ends. Copes with servers that repeat index 0 with new ids,
 * leave the index or id out, or send a whole call in one delta (translation cases D95–D97).
 */
export class ToolCalls {
  readonly #byKey = new Map<number, Call>();
  readonly #calls: Call[] = [];

  get any(): boolean {
    return this.#calls.some((call) => call.name !== undefined);
  }

  /** One element of `delta.tool_calls`. `choice` keeps the calls of several choices apart. */
  take(raw: unknown, choice: number, parts: StreamPart[]): void {
    if (!isFields(raw)) return;
    const called = isFields(raw['function']) ? raw['function'] : {};
    const id = textIn(raw, 'id') || undefined;
    const name = textIn(called, 'name') || undefined;
    const call = this.#find(raw, choice, id, name, parts);
    call.id ??= id;
    const json = argumentsOf(called);
    if (call.name === undefined && name !== undefined) {
      call.name = name;
      parts.push({ type: 'tool-start', index: call.index, ...(call.id !== undefined && { id: call.id }), name });
      if (call.early !== '') parts.push({ type: 'tool-delta', index: call.index, json: call.early });
    }
    if (json === '' || call.ended) return;
    call.json.add(json);
    if (call.name === undefined) call.early += json;
    else parts.push({ type: 'tool-delta', index: call.index, json });
  }

  /** Something other than a tool call begins: ends every call that is complete. */
  settle(parts: StreamPart[]): void {
    for (const call of this.#calls) if (!call.ended && call.json.complete) end(call, parts);
  }

  /** The answer is over: ends every call. False when a call never got a name. */
  finish(parts: StreamPart[]): boolean {
    for (const call of this.#calls) {
      if (call.name === undefined && call.early !== '') return false;
      if (!call.ended && call.name !== undefined) end(call, parts);
    }
    return true;
  }

  #find(raw: Fields, choice: number, id: string | undefined, name: string | undefined, parts: StreamPart[]): Call {
    const index = typeof raw['index'] === 'number' ? raw['index'] : undefined;
    const key = choice * 100_000 + (index ?? 0);
    const known = index === undefined && id === undefined && name === undefined ? this.#calls.at(-1) : this.#byKey.get(key);
    const another = known?.name !== undefined && name !== undefined && isAnother(known, id, index);
    if (known !== undefined && !another) return known;
    this.settle(parts);
    const call: Call = { index: this.#calls.length, id, name: undefined, ended: false, early: '', json: new JsonProgress() };
    this.#byKey.set(key, call);
    this.#calls.push(call);
    return call;
  }
}

/** A delta with a name, for a call that has one already: the same call spelt out again, or the next one under its index? */
function isAnother(known: Call, id: string | undefined, index: number | undefined): boolean {
  if (id !== undefined && id === known.id) return false;
  return (id !== undefined && known.id !== undefined) || index === undefined || known.json.complete;
}

function end(call: Call, parts: StreamPart[]): void {
  call.ended = true;
  parts.push({ type: 'tool-end', index: call.index });
}

/** Some servers send the arguments as an object. */
export function argumentsOf(called: Fields): string {
  const given = called['arguments'];
  if (typeof given === 'string') return given;
  return isFields(given) ? JSON.stringify(given) : '';
}

const QUOTE = 0x22, BACKSLASH = 0x5c;

/** Follows JSON text that arrives in fragments just closely enough to know when its outermost object or array is closed. */
class JsonProgress {
  #depth = 0;
  #inString = false;
  #escaped = false;
  complete = false;

  add(fragment: string): void {
    for (let at = 0; at < fragment.length; at += 1) {
      const code = fragment.charCodeAt(at);
      if (this.#inString) {
        if (this.#escaped) this.#escaped = false;
        else if (code === BACKSLASH) this.#escaped = true;
        else if (code === QUOTE) this.#inString = false;
      } else if (code === QUOTE) this.#inString = true;
      else if (code === 0x7b || code === 0x5b) this.#depth += 1;
      else if (code === 0x7d || code === 0x5d) {
        this.#depth -= 1;
        if (this.#depth === 0) this.complete = true;
      }
    }
  }
}
