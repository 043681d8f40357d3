import type { Token } from './lex.ts';

/** Titles given as plain strings to `test(…)` or `test.each(…)(…)`; skipped and planned tests are none. */
export const testTitles = (list: readonly Token[]): string[] => titlesOf(list, new Set(['test', 'it']));

/** The same for `describe(…)`. */
export const describeTitles = (list: readonly Token[]): string[] => titlesOf(list, new Set(['describe']));

function titlesOf(list: readonly Token[], callees: ReadonlySet<string>): string[] {
  const titles: string[] = [];
  for (const [at, token] of list.entries()) {
    if (token.kind !== 'word' || !callees.has(token.text) || list[at - 1]?.text === '.') continue;
    const table = list[at + 1]?.text === '.' && list[at + 2]?.text === 'each';
    const open = table ? afterCall(list, at + 3) : at + 1;
    const title = list[open + 1];
    if (list[open]?.text === '(' && title?.kind === 'string') titles.push(title.text);
  }
  return titles;
}

/** The index after `<…>(…)` that begins at `from`. */
function afterCall(list: readonly Token[], from: number): number {
  let at = from;
  if (list[at]?.text === '<') at = balanced(list, at, '<', '>');
  return balanced(list, at, '(', ')');
}

function balanced(list: readonly Token[], from: number, open: string, close: string): number {
  let depth = 0;
  for (let at = from; at < list.length; at += 1) {
    const { kind, text } = list[at] ?? { kind: 'mark', text: '' };
    // The `>` of an arrow closes nothing.
    if (kind !== 'mark' || (text === '>' && list[at - 1]?.text === '=')) continue;
    if (text === open) depth += 1;
    else if (text === close) depth -= 1;
    if (depth === 0) return at + 1;
  }
  return list.length;
}
