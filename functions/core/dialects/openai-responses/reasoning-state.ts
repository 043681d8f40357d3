import { isFields, textIn } from '../fields.ts';

/** What a reasoning item of another provider must carry to be accepted there again: a signature, or a redacted block. */
export interface ReasoningState { readonly signature?: string; readonly redacted?: string }

const MARK = 'bsg1.';

/**
 * Packs another provider's reasoning state into `encrypted_content`, the place where the Responses API keeps state that a
 * client sends back without reading it. It stays the provider's own signed text: nothing is trusted because of the wrapping.
 */
export function packState(state: ReasoningState): string {
  return MARK + Buffer.from(JSON.stringify(state)).toString('base64url');
}

/** The state packed by `packState`; undefined for OpenAI's own encrypted content or anything else. */
export function unpackState(text: string): ReasoningState | undefined {
  if (!text.startsWith(MARK)) return undefined;
  try {
    const value: unknown = JSON.parse(Buffer.from(text.slice(MARK.length), 'base64url').toString('utf8'));
    if (!isFields(value)) return undefined;
    const [signature, redacted] = [textIn(value, 'signature'), textIn(value, 'redacted')];
    return { ...(signature !== undefined && { signature }), ...(redacted !== undefined && { redacted }) };
  } catch {
    return undefined;
  }
}
