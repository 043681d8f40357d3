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

/** `input` of a Responses body without the reasoning items that this gateway made of another provider's (D114). */
export function withoutPackedItems(input: unknown): unknown {
  if (!Array.isArray(input)) return input;
  return input.filter((item: unknown) => !isFields(item) || item['type'] !== 'reasoning' || unpackState(textIn(item, 'encrypted_content') ?? '') === undefined);
}
