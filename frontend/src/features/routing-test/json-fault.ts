export interface JsonFault { readonly line: number; readonly column: number }

/** Where a text stops being JSON, counted from 1; undefined for JSON. Browsers tell this differently or not at all. */
export function jsonFault(text: string): JsonFault | undefined {
  try {
    JSON.parse(text);
    return undefined;
  } catch {
    const at = new Scanner(text).fault();
    const before = text.slice(0, at).split('\n');
    return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
  }
}

/** One pass over the grammar of RFC 8259 with a stack of its own; throws nothing, whatever the depth. */
class Scanner {
  readonly #text: string;
  #at = 0;
  constructor(text: string) {
    this.#text = text;
  }

  /** The offset of the first character that cannot stand where it stands. */
  fault(): number {
    const open: ('{' | '[')[] = [];
    let wants: 'value' | 'valueOrEnd' | 'keyOrEnd' | 'key' | 'commaOrEnd' | 'nothing' = 'value';
    for (;;) {
      this.#blanks();
      const sign = this.#text[this.#at];
      if (sign === undefined) return this.#at;
      if (wants === 'nothing') return this.#at;
      const inside = open.at(-1);
      const isEnd = (sign === '}' && inside === '{') || (sign === ']' && inside === '[');
      if (isEnd && (wants === 'commaOrEnd' || (wants === 'keyOrEnd' && sign === '}') || (wants === 'valueOrEnd' && sign === ']'))) {
        this.#at += 1;
        open.pop();
        wants = open.length === 0 ? 'nothing' : 'commaOrEnd';
      } else if (wants === 'commaOrEnd') {
        if (sign !== ',') return this.#at;
        this.#at += 1;
        wants = inside === '{' ? 'key' : 'value';
      } else if (wants === 'key' || wants === 'keyOrEnd') {
        if (sign !== '"' || !this.#string()) return this.#at;
        this.#blanks();
        if (this.#text[this.#at] !== ':') return this.#at;
        this.#at += 1;
        wants = 'value';
      } else if (sign === '{' || sign === '[') {
        this.#at += 1;
        open.push(sign);
        wants = sign === '{' ? 'keyOrEnd' : 'valueOrEnd';
      } else {
        if (!this.#scalar()) return this.#at;
        wants = open.length === 0 ? 'nothing' : 'commaOrEnd';
      }
    }
  }

  #blanks(): void {
    while (' \t\n\r'.includes(this.#text[this.#at] ?? 'x')) this.#at += 1;
  }

  /** A scalar at the cursor; after a false the cursor stands where it broke. */
  #scalar(): boolean {
    if (this.#text[this.#at] === '"') return this.#string();
    WORD.lastIndex = this.#at;
    const found = WORD.exec(this.#text);
    if (found === null) return false;
    this.#at += found[0].length;
    return true;
  }

  /** By hand: a pattern would keep a way back for each of a million characters. */
  #string(): boolean {
    for (let at = this.#at + 1; at < this.#text.length; at += 1) {
      const sign = this.#text[at] ?? '';
      if (sign === '"') {
        this.#at = at + 1;
        return true;
      }
      if (sign === '\\') {
        ESCAPE.lastIndex = at;
        const length = ESCAPE.exec(this.#text)?.[0].length;
        if (length === undefined) return this.#stop(at);
        at += length - 1;
      } else if (sign < ' ') return this.#stop(at);
    }
    return this.#stop(this.#text.length);
  }

  #stop(at: number): false {
    this.#at = at;
    return false;
  }
}
const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;
const WORD = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y;
