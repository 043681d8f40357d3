import { shownCall } from '../../core/routing/judge/shown.ts';
import type { StreamPart } from '../../core/stream-part.ts';

/** Tool calls of one answer that are looked at; more are as good as none for learning. */
const MAX_CALLS = 64;

/**
 * Reads along while an answer passes. Without `keepText` it keeps nothing but what kinds of parts there were and the
 * arguments of tool calls; with it the text too. Both within `maxChars`, and only until the request is over.
 */
export class AnswerWatch {
  readonly #maxChars: number;
  readonly #keepText: boolean;
  #text: string[] = [];
  #calls: { name: string; json: string[] }[] = [];
  #chars = 0;
  hasText = false;
  hasRefusal = false;
  /** Something did not fit: what was kept is not the whole answer. */
  isCut = false;

  constructor({ maxChars, keepText }: { readonly maxChars: number; readonly keepText: boolean }) {
    this.#maxChars = maxChars;
    this.#keepText = keepText;
  }

  note(part: StreamPart): void {
    if (part.type === 'text') {
      if (part.text === '') return;
      this.hasText = true;
      if (this.#keepText && this.#fits(part.text)) this.#text.push(part.text);
    } else if (part.type === 'refusal') this.hasRefusal = true;
    else if (part.type === 'tool-start') {
      if (this.#calls.length < MAX_CALLS) this.#calls.push({ name: part.name, json: [] });
      else this.isCut = true;
    } else if (part.type === 'tool-delta' && this.#fits(part.json)) this.#calls[part.index]?.json.push(part.json);
  }

  /** The attempt failed: nothing of it counts. */
  forget(): void {
    this.#text = [];
    this.#calls = [];
    this.#chars = 0;
    this.hasText = false;
    this.hasRefusal = false;
    this.isCut = false;
  }

  /** What was kept of the text. */
  text(): string {
    return this.#text.join('');
  }

  /** The tool calls with their arguments as JSON text. */
  calls(): { readonly name: string; readonly json: string }[] {
    return this.#calls.map(({ name, json }) => ({ name, json: json.join('') }));
  }

  /** The answer as a judge is shown it. */
  shown(): string {
    return [this.text(), ...this.calls().map(({ name, json }) => shownCall(name, json))].filter((piece) => piece !== '').join('\n');
  }

  #fits(text: string): boolean {
    if (this.isCut || this.#chars + text.length > this.#maxChars) {
      this.isCut = true;
      return false;
    }
    this.#chars += text.length;
    return true;
  }
}

/** The same reading of an answer that is whole already. */
export function watched(parts: readonly StreamPart[], maxChars: number): AnswerWatch {
  const watch = new AnswerWatch({ maxChars, keepText: true });
  for (const part of parts) watch.note(part);
  return watch;
}
