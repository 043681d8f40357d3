import type { Conversation } from '../conversation.ts';
import { isFields, textIn, type Fields } from './fields.ts';
import { unpackState } from './openai-responses/reasoning-state.ts';

/** Members of an assistant message that carry what Anthropic signed, and the same thoughts as plain text. */
const SIGNED = ['thinking_blocks', 'reasoning_details'] as const;
const PLAIN = ['reasoning_content', 'reasoning'] as const;

/** Some reasoning of the conversation carries the signature of Anthropic or a gateway's wrapping of it. */
export function holdsSignedState({ turns }: Conversation): boolean {
  return turns.some(({ parts }) => parts.some((part) => part.type === 'reasoning' && (part.signature !== undefined || part.redacted !== undefined)));
}

/**
 * `messages` of a chat body without what another provider signed: no server but the signer can use it, and OpenAI refuses
 * members that it does not know (D114). `keepsText` leaves the thoughts' text for servers that want it back.
 */
export function withoutSignedMessages(messages: unknown, keepsText: boolean): unknown {
  if (!Array.isArray(messages)) return messages;
  return messages.map((message: unknown) => {
    if (!isFields(message) || !SIGNED.some((name) => Array.isArray(message[name]))) return message;
    const gone: readonly string[] = keepsText ? SIGNED : [...SIGNED, ...PLAIN];
    return Object.fromEntries(Object.entries(message as Fields).filter(([name]) => !gone.includes(name)));
  });
}

/** A reference to a reasoning item of an earlier answer, by its id as OpenAI and those that speak like it make them. */
export const isReasoningReference = (item: Fields): boolean => item['type'] === 'item_reference' && /^rs[_-]/.test(textIn(item, 'id') ?? '');

/**
 * `input` of a Responses body without the reasoning items that OpenAI could do nothing with (D114): those that this gateway made of
 * another provider's (`thinking`), and those without content of their own, which OpenAI would look for among what it stored, and
 * nothing is stored there (`reasoning_item`). `dropped` names what was left out; undefined = nothing was.
 */
export function withoutUnusableItems(input: unknown): { value: unknown; dropped: readonly string[] } | undefined {
  if (!Array.isArray(input)) return undefined;
  const dropped = new Set<string>();
  const value = input.filter((item: unknown) => {
    if (!isFields(item)) return true;
    if (isReasoningReference(item)) {
      dropped.add('reasoning_item');
      return false;
    }
    if (item['type'] !== 'reasoning') return true;
    const content = textIn(item, 'encrypted_content') ?? '';
    const why = content === '' ? 'reasoning_item' : unpackState(content) === undefined ? undefined : 'thinking';
    if (why !== undefined) dropped.add(why);
    return why === undefined;
  });
  return dropped.size === 0 ? undefined : { value, dropped: [...dropped] };
}
