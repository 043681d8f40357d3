import type { Conversation, Part } from '../../conversation.ts';
import { extrasOf, integerOf, isFields, MAX_MODEL_NAME, requiredString, stringOf, wrong } from '../fields.ts';

/** OpenAI's own bound on one request (developers.openai.com/api/reference/resources/embeddings). */
const MAX_INPUTS = 2_048;
const KNOWN = new Set(['model', 'input', 'user']);

/**
 * An embeddings body (`EmbeddingCreateParams` of the `openai` package, version 6) in the neutral shape: one user turn with
 * every text, and the length of inputs that came as tokens. Throws `invalid_request` naming the member.
 */
export function readEmbeddingsRequest(body: unknown): Conversation {
  if (!isFields(body)) return wrong('body', 'a JSON object');
  const { parts, tokens } = readInput(body['input']);
  integerOf(body, 'dimensions', 1, 65_536);
  const format = stringOf(body, 'encoding_format');
  if (format !== undefined && format !== 'float' && format !== 'base64') return wrong('encoding_format', "'float' or 'base64'");
  const user = stringOf(body, 'user', '', 4096);
  return {
    dialect: 'openai-chat',
    operation: 'embed',
    model: requiredString(body, 'model', '', MAX_MODEL_NAME),
    stream: false,
    includeUsage: false,
    system: [],
    turns: [{ role: 'user', parts }],
    inputTokens: tokens,
    tools: [],
    // Nothing is written: limits and budgets hold nothing for an answer.
    maxOutputTokens: 0,
    ...(user !== undefined && { user }),
    metadata: {},
    extras: extrasOf(body, KNOWN),
  };
}

/** A text, texts, the tokens of one text, or those of several. */
function readInput(input: unknown): { parts: Part[]; tokens: number } {
  if (typeof input === 'string') return { parts: [{ type: 'text', text: nonEmpty(input, 'input') }], tokens: 0 };
  if (!Array.isArray(input) || input.length === 0) return wrong('input', 'a non-empty string or array');
  if (typeof input[0] === 'number') return { parts: [], tokens: tokensIn(input, 'input') };
  if (input.length > MAX_INPUTS) return wrong('input', `at most ${MAX_INPUTS} items`);
  const parts: Part[] = [];
  let tokens = 0;
  for (const [at, item] of input.entries()) {
    const path = `input[${at}]`;
    if (typeof item === 'string') parts.push({ type: 'text', text: nonEmpty(item, path) });
    else if (Array.isArray(item) && item.length > 0) tokens += tokensIn(item, path);
    else return wrong(path, 'a non-empty string or array of tokens');
  }
  return { parts, tokens };
}

const nonEmpty = (text: string, path: string): string => (text === '' ? wrong(path, 'a non-empty string') : text);

function tokensIn(list: readonly unknown[], path: string): number {
  if (!list.every((token) => Number.isSafeInteger(token) && (token as number) >= 0)) return wrong(path, 'an array of tokens');
  return list.length;
}
