import { createHmac, hash } from 'node:crypto';
import type { RequestFacts } from './request-facts.ts';

/** HMAC-SHA-256 of the deployment's pepper over the tenant: nobody who sees a template key can try system prompts against it. */
export const templateSaltOf = (pepper: Uint8Array, tenantId: string): string => createHmac('sha256', pepper).update(`template\n${tenantId}`).digest('base64url');

/**
 * The template key: which task this is, told by what stays the same between its requests (system prompt, tools, response
 * format, application, requested name). A salted hash, so that nothing of the prompt can be guessed from it.
 */
export function templateKeyOf(salt: string, facts: RequestFacts): string {
  const { conversation, context } = facts;
  const named = conversation.metadata['app'];
  const app = typeof named === 'string' ? named : context.app;
  const format = conversation.responseFormat;
  const tools = facts.toolNames.toSorted();
  const source = `${salt}\0${conversation.model}\0${app ?? ''}\0${format === undefined ? '' : `${format.type} ${format.name ?? ''}`}\0${tools.join('\0')}\0\0${facts.system}`;
  const known = recent.get(source);
  if (known !== undefined) return known;
  // One call of `hash` costs a fifth of an HMAC object; a salt in front serves as well where nothing is authenticated.
  const key = `tk_${hash('sha256', `${salt}\0${JSON.stringify([normalised(facts.system), tools, format?.type, format?.name, app, conversation.model])}`).slice(0, 24)}`;
  if (source.length <= MAX_REMEMBERED_CHARS) {
    if (recent.size >= MAX_REMEMBERED) recent.clear();
    recent.set(source, key);
  }
  return key;
}

/** The same system prompt comes again and again, and normalising it costs more than everything else here. A memory of a pure function. */
const recent = new Map<string, string>();
const MAX_REMEMBERED = 256;
const MAX_REMEMBERED_CHARS = 16_384;

/** What differs between two requests of one task is masked: ids, addresses, paths, dates, numbers. */
function normalised(text: string): string {
  if (text === '') return '';
  return text.normalize('NFKC').trim()
    .replace(/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/gi, '<uuid>')
    .replace(/[\w.+-]{1,64}@[\w-]{1,63}\.[\w.-]{1,63}/g, '<email>')
    .replace(/(?:[A-Za-z]:)?(?:[/\\][\w.-]{1,128}){2,}/g, '<path>')
    .replace(/\d{4}-\d{2}-\d{2}(?:[T ][\d:.]+Z?)?/g, '<date>')
    .replace(/\d+(?:[.,]\d+)*/g, '<n>')
    .replace(/\s+/g, ' ');
}
