import type { StreamPart } from '../stream-part.ts';
import { ANSWER_TOOL } from './tools.ts';

/**
 * Turns the call of the stand-in tool for JSON-schema answers back into text, part by part (translation cases D76). Other parts pass
 * unchanged, other calls keep their order and are counted from 0 without it.
 */
export class AnswerUnwrapper {
  #answer: number | undefined;
  #others = false;

  /** The part to write instead; undefined = nothing. */
  take(part: StreamPart): StreamPart | undefined {
    switch (part.type) {
      case 'tool-start':
        if (part.name === ANSWER_TOOL) {
          this.#answer = part.index;
          return undefined;
        }
        this.#others = true;
        return this.#moved(part);
      case 'tool-delta':
        return part.index === this.#answer ? { type: 'text', text: part.json } : this.#moved(part);
      case 'tool-end':
        return part.index === this.#answer ? undefined : this.#moved(part);
      case 'finish':
        return this.#answer !== undefined && !this.#others && part.reason === 'tool_calls' ? { ...part, reason: 'stop' } : part;
      default:
        return part;
    }
  }

  #moved<P extends { readonly index: number }>(part: P): P {
    return this.#answer !== undefined && part.index > this.#answer ? { ...part, index: part.index - 1 } : part;
  }
}
