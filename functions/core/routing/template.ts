import { hash } from 'node:crypto';
import type { RequestFacts } from './request-facts.ts';

/**
 * The template key: which task this is, told by what stays the same between its requests (system prompt, tools, response
 * format, application, requested name). A salted hash, so that nothing of the prompt can be guessed from it.
 */
export function templateKeyOf(salt: string, facts: RequestFacts): string {
  const { conversation, context } = facts;
  const app = conversation.metadata['app'];
  const named = [
    normalised(facts.system), facts.toolNames.toSorted(), conversation.responseFormat?.type, conversation.responseFormat?.name,
    typeof app === 'string' ? app : context.app, conversation.model,
  ];
  // One call of `hash` costs a fifth of an HMAC object; a salt in front serves as well where nothing is authenticated.
  return `tk_${hash('sha256', `${salt}\0${JSON.stringify(named)}`).slice(0, 24)}`;
}

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
