import type { StreamPart } from '../stream-part.ts';

/** Parts whose events differ from one another in a single string. */
type Varying = Extract<StreamPart, { type: 'text' | 'reasoning' | 'tool-delta' }>;

/** Names under which that string travels, by part type. */
const FIELDS: Readonly<Record<Varying['type'], readonly string[]>> = {
  text: ['content', 'text'],
  reasoning: ['reasoning_content', 'reasoning', 'thinking'],
  'tool-delta': ['arguments', 'partial_json'],
};

/** OpenAI pads its chunks with a random string, Anthropic with spaces: both may differ where all else is the same. */
const OBFUSCATION = '"obfuscation":"';
const PADDED = /^"\} +\}\s*$/;
const PLAIN = /^[\x20\x21\x23-\x5b\x5d-\x7e]*$/;
const SIMPLE = /^[A-Za-z0-9]*$/;

/**
 * One event whose meaning is known, with its varying string cut out. An event that has the same bytes before and after some
 * other well-formed JSON string means the same with that string: no parsing is needed to know it. Texts are compared as
 * Latin-1, one character a byte.
 */
export class Template {
  readonly head: string;
  /** The served model's name is already in its place here; undefined = the head needs no change. */
  readonly newHead: Buffer | undefined;
  readonly #before: string;
  readonly #varies: 'nothing' | 'letters' | 'spaces';
  readonly #after: string;
  readonly #part: Varying;

  private constructor(head: string, tail: string, part: Varying, newHead: Buffer | undefined) {
    this.head = head;
    this.newHead = newHead;
    this.#part = part;
    const mark = tail.indexOf(OBFUSCATION);
    const close = mark < 0 ? -1 : tail.indexOf('"', mark + OBFUSCATION.length);
    if (close >= 0 && SIMPLE.test(tail.slice(mark + OBFUSCATION.length, close))) {
      this.#varies = 'letters';
      this.#before = tail.slice(0, mark + OBFUSCATION.length);
      this.#after = tail.slice(close);
    } else if (PADDED.test(tail)) {
      this.#varies = 'spaces';
      this.#before = '"}';
      this.#after = tail.slice(tail.lastIndexOf('}'));
    } else {
      this.#varies = 'nothing';
      this.#before = tail;
      this.#after = '';
    }
  }

  /**
   * A template from an event that was just read as exactly one part; undefined where its string cannot be found beyond
   * doubt. `rewrite` gives the head with the served model's name, or undefined when it needs no change or cannot be had.
   */
  static of(event: string, part: StreamPart, rewrite: (head: string) => Buffer | undefined): Template | undefined {
    if (part.type !== 'text' && part.type !== 'reasoning' && part.type !== 'tool-delta') return undefined;
    const value = part.type === 'tool-delta' ? part.json : part.text;
    for (const field of FIELDS[part.type]) {
      const name = `"${field}"`;
      const at = event.indexOf(name);
      if (at < 0) continue;
      let open = at + name.length;
      while (event[open] === ' ' || event[open] === ':') open += 1;
      if (event[open] !== '"' || event.indexOf(name, open) >= 0) continue;
      const close = endOfString(event, open + 1);
      if (close < 0 || unescaped(event.slice(open + 1, close)) !== value) continue;
      const head = event.slice(0, open + 1);
      return new Template(head, event.slice(close), part, rewrite(head));
    }
    return undefined;
  }

  /** The part that this event says, or undefined when it is not of this kind. */
  match(event: string): StreamPart | undefined {
    const { head } = this;
    if (!event.startsWith(head)) return undefined;
    const close = endOfString(event, head.length);
    if (close < 0 || !this.#endsAlike(event, close)) return undefined;
    const text = unescaped(event.slice(head.length, close));
    if (text === undefined || text === '') return undefined;
    const part = this.#part;
    return part.type === 'tool-delta' ? { type: part.type, index: part.index, json: text } : { type: part.type, text };
  }

  #endsAlike(event: string, from: number): boolean {
    const [before, after] = [this.#before, this.#after];
    if (!event.startsWith(before, from)) return false;
    const start = from + before.length;
    if (this.#varies === 'nothing') return start === event.length;
    const end = event.length - after.length;
    if (end < start || !event.startsWith(after, end)) return false;
    for (let at = start; at < end; at += 1) {
      const code = event.charCodeAt(at);
      if (this.#varies === 'spaces' ? code !== 0x20 : !isAlphanumeric(code)) return false;
    }
    return true;
  }
}

function isAlphanumeric(code: number): boolean {
  return (code >= 0x30 && code <= 0x39) || (code >= 0x41 && code <= 0x5a) || (code >= 0x61 && code <= 0x7a);
}

/** The place of the quote that ends the JSON string whose first character is at `from`; −1 when there is none. */
function endOfString(event: string, from: number): number {
  for (let quote = event.indexOf('"', from); quote >= 0; quote = event.indexOf('"', quote + 1)) {
    let slashes = quote - 1;
    while (slashes >= from && event[slashes] === '\\') slashes -= 1;
    if ((quote - 1 - slashes) % 2 === 0) return quote;
  }
  return -1;
}

/** A Latin-1 view of a JSON string's inside as the text it stands for; undefined when it is not well-formed. */
function unescaped(raw: string): string | undefined {
  if (PLAIN.test(raw)) return raw;
  try {
    const text: unknown = JSON.parse(`"${Buffer.from(raw, 'latin1').toString('utf8')}"`);
    return typeof text === 'string' ? text : undefined;
  } catch {
    return undefined;
  }
}
