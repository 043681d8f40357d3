import type { StreamPart } from '../../stream-part.ts';
import { isFields, listIn, textIn, type Fields } from '../fields.ts';

/**
 * The reasoning, text, refusal and citations of a delta or a whole message, in this order. Reasoning comes under several
 * names: `reasoning_content` (DeepSeek and most servers), `reasoning` (OpenRouter, Groq, newer vLLM), `thinking_blocks` with
 * signatures (gateways), or as `thinking` items of a content list (Mistral).
 */
export function readContent(delta: Fields, parts: StreamPart[]): void {
  const reasoning = textIn(delta, 'reasoning_content') ?? textIn(delta, 'reasoning');
  const blocks = listIn(delta, 'thinking_blocks');
  if (reasoning) parts.push({ type: 'reasoning', text: reasoning });
  for (const block of blocks) if (isFields(block)) readBlock(block, !reasoning, parts);
  const { content } = delta;
  if (typeof content === 'string') {
    if (content !== '') parts.push({ type: 'text', text: content });
  } else if (Array.isArray(content)) for (const item of content) if (isFields(item)) readItem(item, parts);
  const refusal = textIn(delta, 'refusal');
  if (refusal) parts.push({ type: 'refusal', text: refusal });
  for (const raw of listIn(delta, 'annotations')) parts.push({ type: 'citation', raw });
}

function readBlock(block: Fields, withText: boolean, parts: StreamPart[]): void {
  if (block['type'] === 'redacted_thinking') {
    parts.push({ type: 'reasoning-redacted', data: textIn(block, 'data') ?? '' });
    return;
  }
  const text = textIn(block, 'thinking');
  if (withText && text) parts.push({ type: 'reasoning', text });
  const signature = textIn(block, 'signature');
  if (signature) parts.push({ type: 'reasoning-signature', signature });
}

function readItem(item: Fields, parts: StreamPart[]): void {
  const text = textIn(item, 'text');
  if (item['type'] === 'thinking') {
    const thought = textIn(item, 'thinking') ?? listIn(item, 'thinking').map((inner) => (isFields(inner) ? textIn(inner, 'text') ?? '' : '')).join('');
    if (thought !== '') parts.push({ type: 'reasoning', text: thought });
  } else if (text) parts.push({ type: 'text', text });
}
