/** One `import`, `export … from`, `import()` or `require()` of a source file. */
export interface ImportFound {
  /** Undefined when it is computed at run time, so that nobody can tell what is loaded. */
  readonly specifier: string | undefined;
  /** Imported names; `default` and `*` included; empty for a bare or dynamic import. */
  readonly names: readonly string[];
  /** True when nothing of it is left once types are erased. */
  readonly typeOnly: boolean;
}

export interface Token {
  readonly kind: 'word' | 'string' | 'mark';
  readonly text: string;
}

const WORD = /[\p{ID_Start}$_#][\p{ID_Continue}$]*|\d[\w.]*/uy;
/** After these words a slash begins a regular expression; after any other word it divides. */
const BEFORE_VALUE = new Set(['return', 'typeof', 'case', 'in', 'of', 'do', 'else', 'void', 'delete', 'throw', 'new', 'await', 'yield']);

/**
 * Splits TypeScript (without JSX) into words, strings and punctuation marks; comments vanish, and so does the text of
 * regular expressions and templates (code inside `${…}` stays). Exact enough to find imports and global names, with one
 * known limit: a regular expression directly after `)` or `}` is taken for a division.
 */
export function tokens(source: string): Token[] {
  const out: Token[] = [];
  /** Depth of open braces at which each `${` of an enclosing template was opened. */
  const templates: number[] = [];
  let depth = 0;
  let at = 0;
  while (at < source.length) {
    const c = source.charAt(at);
    const two = source.slice(at, at + 2);
    if (two === '//') at = endOr(source, source.indexOf('\n', at));
    else if (two === '/*') at = endOr(source, source.indexOf('*/', at + 2), 2);
    else if (c === '"' || c === "'") {
      const end = closing(source, at + 1, c);
      out.push({ kind: 'string', text: source.slice(at + 1, end) });
      at = end + 1;
    } else if (c === '`' || (c === '}' && templates.at(-1) === depth)) {
      if (c === '}') templates.pop();
      const end = templateEnd(source, at + 1);
      if (source.charAt(end) === '$') templates.push(depth);
      at = source.charAt(end) === '$' ? end + 2 : end + 1;
      out.push({ kind: 'mark', text: '`' });
    } else if (c === '/' && valueExpected(out.at(-1))) {
      at = regexEnd(source, at + 1);
      out.push({ kind: 'mark', text: '/re/' });
    } else {
      WORD.lastIndex = at;
      const word = WORD.exec(source)?.[0];
      if (word !== undefined) out.push({ kind: 'word', text: word });
      else if (c.trim() !== '') out.push({ kind: 'mark', text: c });
      if (c === '{') depth += 1;
      if (c === '}') depth -= 1;
      at += word?.length ?? 1;
    }
  }
  return out;
}

const endOr = (source: string, found: number, length = 0): number => (found === -1 ? source.length : found + length);

function closing(source: string, from: number, quote: string): number {
  let at = from;
  while (at < source.length && source.charAt(at) !== quote) at += source.charAt(at) === '\\' ? 2 : 1;
  return at;
}

/** Index of the closing backtick, or of the `$` of the next `${`. */
function templateEnd(source: string, from: number): number {
  let at = from;
  while (at < source.length && source.charAt(at) !== '`' && source.slice(at, at + 2) !== '${') at += source.charAt(at) === '\\' ? 2 : 1;
  return at;
}

function regexEnd(source: string, from: number): number {
  let at = from;
  for (let inClass = false; at < source.length; at += 1) {
    const c = source.charAt(at);
    if (c === '\\') at += 1;
    else if (c === '[') inClass = true;
    else if (c === ']') inClass = false;
    else if (c === '/' && !inClass) return at + 1;
  }
  return at;
}

function valueExpected(before: Token | undefined): boolean {
  if (before === undefined) return true;
  if (before.kind === 'word') return BEFORE_VALUE.has(before.text);
  return before.kind === 'mark' && ![')', ']', '}', '`', '/re/'].includes(before.text);
}

/** Every import of a source file, type imports included. */
export function importsOf(list: readonly Token[]): ImportFound[] {
  const found: ImportFound[] = [];
  for (let i = 0; i < list.length; i += 1) {
    const word = list[i];
    if (word?.kind !== 'word' || list[i - 1]?.text === '.') continue;
    const next = list[i + 1];
    if ((word.text === 'import' || word.text === 'require') && next?.text === '(') {
      const argument = list[i + 2];
      found.push({ specifier: argument?.kind === 'string' ? argument.text : undefined, names: [], typeOnly: false });
    } else if (word.text === 'import' && next?.kind === 'string') {
      found.push({ specifier: next.text, names: [], typeOnly: false });
    } else if (word.text === 'import' || word.text === 'export') {
      const declared = fromClause(list, i + 1, word.text === 'import');
      if (declared !== undefined) found.push(declared);
    }
  }
  return found;
}

/** Reads `type? (default)? (* as x | { a, type b as c })? from "specifier"` from index `start`. */
function fromClause(list: readonly Token[], start: number, isImport: boolean): ImportFound | undefined {
  const first = list[start]?.text;
  const second = list[start + 1];
  const allTypes = first === 'type' && second?.text !== 'from' && second?.text !== ',' && second?.text !== '=';
  let i = allTypes ? start + 1 : start;
  if (!isImport && list[i]?.text !== '{' && list[i]?.text !== '*') return undefined;
  const clauses: { name: string; type: boolean }[] = [];
  let inBraces = false;
  for (let fresh = true; i < list.length; i += 1) {
    const { kind, text } = list[i] ?? { kind: 'mark', text: '' };
    if (!inBraces && text === 'from' && list[i + 1]?.kind === 'string') {
      const typeOnly = allTypes || (clauses.length > 0 && clauses.every((clause) => clause.type));
      return { specifier: list[i + 1]?.text, names: clauses.map((clause) => clause.name), typeOnly };
    }
    if (text === '{') { inBraces = true; fresh = true; }
    else if (text === '}') inBraces = false;
    else if (text === ',') fresh = true;
    else if (text === '*') { clauses.push({ name: '*', type: false }); fresh = false; }
    else if (kind !== 'word') return undefined;
    else if (fresh) {
      const named = inBraces && text === 'type' && list[i + 1]?.kind === 'word' && list[i + 1]?.text !== 'as';
      clauses.push({ name: !inBraces ? 'default' : named ? list[i + 1]?.text ?? '' : text, type: named });
      if (named) i += 1;
      fresh = false;
    }
  }
  return undefined;
}
