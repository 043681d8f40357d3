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
  let open: Call[] = [];
  /** Where placeholders for the open calls would go: directly after the calls. */
  let place = 0;
  let calling = false;
  let repaired = false;
  const close = (): void => {
    if (open.length > 0) {
      turns.splice(place, 0, { role: 'user', parts: open.map(placeholder) });
      repaired = true;
    }
    open = [];
  };
  for (const turn of conversation.turns) {
    if (turn.role === 'assistant') {
      if (!calling) close();
      open.push(...turn.parts.filter((part) => part.type === 'tool-call'));
      turns.push(turn);
      place = turns.length;
    } else {
      const parts = turn.parts.flatMap((part) => (part.type !== 'tool-result' || answers(part, open) ? [part] : told(part)));
      if (parts.some((part, at) => part !== turn.parts[at])) repaired = true;
      turns.push({ ...turn, parts });
    }
    calling = turn.role === 'assistant';
  }
  close();
  return repaired ? { ...conversation, turns } : conversation;
}

/** Takes the call that this result answers out of the open ones; false when there is none. */
function answers(result: Result, open: Call[]): boolean {
  const at = open.findIndex((call) => (call.id ?? '') === (result.id ?? ''));
  if (at >= 0) open.splice(at, 1);
  return at >= 0;
}

function placeholder(call: Call): Result {
  return { type: 'tool-result', ...(call.id !== undefined && { id: call.id }), content: [{ type: 'text', text: MISSING_RESULT }], isError: true };
}

function told(result: Result): Part[] {
  const texts = result.content.flatMap((part) => (part.type === 'text' && part.text !== '' ? [part.text] : []));
  return [{ type: 'text', text: [ORPHAN_RESULT, ...texts].join('\n') }, ...result.content.filter((part) => part.type !== 'text')];
}
