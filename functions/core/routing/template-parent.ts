import { hash } from 'node:crypto';
import type { RequestFacts } from './request-facts.ts';

/** The parent of a template: the same tools, response format and application, whatever the system prompt. Where evidence goes when a tenant has more templates than are kept apart. */
export function templateParentOf(salt: string, facts: RequestFacts): string {
  const { conversation, context } = facts;
  const named = conversation.metadata['app'];
  const app = typeof named === 'string' ? named : context.app;
  const { type, name } = conversation.responseFormat ?? {};
  return `tp_${hash('sha256', `${salt}\0${JSON.stringify([facts.toolNames.toSorted(), type, name, app])}`).slice(0, 24)}`;
}
