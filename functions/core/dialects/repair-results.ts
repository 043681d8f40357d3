import type { Conversation, Part, Turn } from '../conversation.ts';

/** What the model reads where a caller lost the result of a call: it must not take silence for success. */
export const MISSING_RESULT = '[no result: this tool call was never answered]';
/** Before the words of a result whose call is not in the conversation. */
export const ORPHAN_RESULT = '[tool result without a call]';

type Call = Extract<Part, { type: 'tool-call' }>;
type Result = Extract<Part, { type: 'tool-result' }>;

/**
 * Makes every call answered and every result an answer, instead of refusing the conversation (D8, D9): a missing result
 * becomes a marked placeholder right after its call, a result without a call becomes marked text in its place, so that no word is
 * lost. The same conversation object when nothing was wrong with it.
 */
export function repairResults(conversation: Conversation): Conversation {
  const turns: Turn[] = [];
  const open = new OpenCalls();
  /** Where placeholders for the open calls would go: directly after the calls. */
  let place = 0;
  let calling = false;
  let repaired = false;
  const close = (): void => {
    const lost = open.take();
    if (lost.length === 0) return;
    turns.splice(place, 0, { role: 'user', parts: lost.map(placeholder) });
    repaired = true;
  };
  for (const turn of conversation.turns) {
    if (turn.role === 'assistant') {
      if (!calling) close();
      for (const part of turn.parts) if (part.type === 'tool-call') open.add(part);
      turns.push(turn);
      place = turns.length;
    } else {
      const parts = turn.parts.flatMap((part) => (part.type !== 'tool-result' || open.answered(part) ? [part] : told(part)));
      if (parts.some((part, at) => part !== turn.parts[at])) repaired = true;
      turns.push({ ...turn, parts });
    }
    calling = turn.role === 'assistant';
  }
  close();
  return repaired ? { ...conversation, turns } : conversation;
}

/** Calls that wait for their results, in order; found by id, since there may be many. */
class OpenCalls {
  readonly #open = new Set<Call>();
  readonly #byId = new Map<string, { readonly calls: Call[]; next: number }>();

  add(call: Call): void {
    this.#open.add(call);
    const same = this.#byId.get(call.id ?? '');
    if (same === undefined) this.#byId.set(call.id ?? '', { calls: [call], next: 0 });
    else same.calls.push(call);
  }

  /** Takes out the first call that this result answers; false when there is none. */
  answered(result: Result): boolean {
    const same = this.#byId.get(result.id ?? '');
    const call = same?.calls[same.next];
    if (same === undefined || call === undefined) return false;
    same.next += 1;
    this.#open.delete(call);
    return true;
  }

  /** All that wait still, and forgets them. */
  take(): Call[] {
    const left = [...this.#open];
    this.#open.clear();
    this.#byId.clear();
    return left;
  }
}

function placeholder(call: Call): Result {
  return { type: 'tool-result', ...(call.id !== undefined && { id: call.id }), content: [{ type: 'text', text: MISSING_RESULT }], isError: true };
}

function told(result: Result): Part[] {
  const texts = result.content.flatMap((part) => (part.type === 'text' && part.text !== '' ? [part.text] : []));
  return [{ type: 'text', text: [ORPHAN_RESULT, ...texts].join('\n') }, ...result.content.filter((part) => part.type !== 'text')];
}
