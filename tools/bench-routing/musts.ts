/** What a measurement must reach; each is printed once with its verdict, and one that fails fails the run. */
export class Musts {
  #failed = 0;
  readonly #lines: string[] = [];

  check(sentence: string, holds: boolean): void {
    this.#lines.push(`${holds ? 'pass' : 'FAIL'}  ${sentence}`);
    if (!holds) this.#failed += 1;
  }

  /** The lines so far; `failed` of them are failures. */
  get lines(): readonly string[] {
    return this.#lines;
  }
  get failed(): number {
    return this.#failed;
  }
}

export const fixed = (value: number, digits = 3): string => (Number.isFinite(value) ? value.toFixed(digits) : 'none');

/** A table in Markdown, so that it can be copied into a page as it is. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [`| ${head.join(' | ')} |`, `|${head.map(() => '---').join('|')}|`, ...rows.map((row) => `| ${row.join(' | ')} |`)].join('\n');
}
