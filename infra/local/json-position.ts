/** Where a text stops being JSON. */
export interface Position { readonly line: number; readonly column: number }

const SPACE = /[ \t\n\r]*/y;
const STRING = /"[ !#-[\]-\uffff]*(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[ !#-[\]-\uffff]*)*"/y;
const PLAIN = /(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)(?![\w.])/y;

/**
 * Line and column (both from 1) at which `text` stops being JSON (RFC 8259); undefined when it is JSON. JSON.parse says
 * so only for some mistakes, and quotes the text in its message. No recursion: depth costs memory, not stack.
 */
export function jsonErrorPosition(text: string): Position | undefined {
  const at = errorOffset(text);
  if (at === undefined) return undefined;
  const before = text.slice(0, at);
  const lineStart = before.lastIndexOf('\n') + 1;
  return { line: before.split('\n').length, column: at - lineStart + 1 };
}

type Expect = 'value' | 'value-or-end' | 'key' | 'key-or-end' | 'comma-or-end' | 'end';

function errorOffset(text: string): number | undefined {
  const open: ('{' | '[')[] = [];
  let expect: Expect = 'value';
  let at = 0;
  const skip = (pattern: RegExp): boolean => {
    pattern.lastIndex = at;
    if (!pattern.test(text)) return false;
    at = pattern.lastIndex;
    return true;
  };
  for (;;) {
    skip(SPACE);
    if (at >= text.length) return expect === 'end' ? undefined : at;
    const char = text.charAt(at);
    const top = open.at(-1);
    const mayClose = expect === 'comma-or-end' || expect === 'value-or-end' || expect === 'key-or-end';
    if (mayClose && char === (top === '{' ? '}' : ']')) {
      at += 1;
      open.pop();
      expect = open.length === 0 ? 'end' : 'comma-or-end';
    } else if (expect === 'comma-or-end') {
      if (char !== ',') return at;
      at += 1;
      expect = top === '{' ? 'key' : 'value';
    } else if (expect === 'key' || expect === 'key-or-end') {
      if (!skip(STRING)) return at;
      skip(SPACE);
      if (text.charAt(at) !== ':') return at;
      at += 1;
      expect = 'value';
    } else if (expect === 'end') return at;
    else if (char === '{' || char === '[') {
      open.push(char);
      at += 1;
      expect = char === '{' ? 'key-or-end' : 'value-or-end';
    } else if (skip(STRING) || skip(PLAIN)) expect = open.length === 0 ? 'end' : 'comma-or-end';
    else return at;
  }
}
