import type { Conversation } from '../../conversation.ts';

/** A request of our own to the judge model: rules as the system prompt, data as the one user turn, no tools, no stream. */
export function question(rules: string, data: string, maxOutputTokens: number): Conversation {
  return {
    dialect: 'openai-chat', model: 'judge', stream: false, includeUsage: false, system: [{ type: 'text', text: rules }], turns: [{ role: 'user', parts: [{ type: 'text', text: data }] }],
    tools: [], maxOutputTokens, metadata: {}, extras: {},
  };
}

/** A number needs few tokens; a model that thinks first spends them before it writes the first digit. */
export const answerTokens = (isReasoning: boolean): number => (isReasoning ? 2_048 : 32);
