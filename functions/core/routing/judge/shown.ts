import type { Conversation, Part, Turn } from '../../conversation.ts';
import { bounded } from './fence.ts';

const MAX_SYSTEM_CHARS = 3_000;
/** Of all turns before the latest one that says something. */
const MAX_HISTORY_CHARS = 4_000;
const MAX_LATEST_CHARS = 5_000;

/** A request as the judge of a pair is shown it: the system prompt, what went before, and the latest turn, each cut to a bound. */
export function shownRequest({ system, turns, tools, responseFormat }: Conversation): string {
  const earlier = turns.slice(0, -1).map(shownTurn).join('\n');
  const latest = turns.at(-1);
  return [
    system.length === 0 ? '' : `[system]\n${bounded(textOf(system), MAX_SYSTEM_CHARS)}`,
    tools.length === 0 ? '' : `[tools offered] ${tools.slice(0, 64).map(({ name }) => name).join(', ').slice(0, 1_000)}`,
    responseFormat === undefined || responseFormat.type === 'text' ? '' : '[the answer must be JSON]',
    earlier === '' ? '' : bounded(earlier, MAX_HISTORY_CHARS),
    latest === undefined ? '' : bounded(shownTurn(latest), MAX_LATEST_CHARS),
  ].filter((piece) => piece !== '').join('\n');
}

const shownTurn = ({ role, parts }: Turn): string => `[${role}]\n${textOf(parts)}`;

function textOf(parts: readonly Part[]): string {
  return parts.map((part): string => {
    switch (part.type) {
      case 'text': case 'refusal': return part.text;
      case 'tool-call': return shownCall(part.name, part.arguments);
      case 'tool-result': return `[tool result] ${textOf(part.content)}`;
      default: return '';
    }
  }).filter((text) => text !== '').join('\n');
}

/** A call of a tool as the judge is shown it. */
export const shownCall = (name: string, json: string): string => `[calls ${name} with ${json}]`;
