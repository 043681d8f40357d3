export type Dialect = 'openai-chat' | 'openai-responses' | 'anthropic-messages';
export const DIALECTS: readonly Dialect[] = ['openai-chat', 'openai-responses', 'anthropic-messages'];

export interface Message { readonly id: number; readonly role: 'user' | 'assistant'; readonly text: string }
export interface FormRequest { readonly model: string; readonly system: string; readonly messages: readonly Message[]; readonly tools: number }

const PATHS: Readonly<Record<Dialect, string>> = { 'openai-chat': '/chat/completions', 'openai-responses': '/responses', 'anthropic-messages': '/messages' };
const toolName = (at: number): string => `tool_${at + 1}`;
const SCHEMA = { type: 'object', properties: {} };

/** The request that the form describes, as a client of that API would send it. */
export function bodyOf({ model, system, messages, tools }: FormRequest, dialect: Dialect): Record<string, unknown> {
  const turns = messages.map(({ role, text }) => ({ role, content: text }));
  const names = Array.from({ length: tools }, (_, at) => toolName(at));
  switch (dialect) {
    case 'openai-chat': return { model, messages: [...(system === '' ? [] : [{ role: 'system', content: system }]), ...turns], ...(tools > 0 && { tools: names.map((name) => ({ type: 'function', function: { name, parameters: SCHEMA } })) }) };
    case 'openai-responses': return { model, ...(system !== '' && { instructions: system }), input: turns, ...(tools > 0 && { tools: names.map((name) => ({ type: 'function', name, parameters: SCHEMA })) }) };
    case 'anthropic-messages': return { model, max_tokens: 1024, ...(system !== '' && { system }), messages: turns, ...(tools > 0 && { tools: names.map((name) => ({ name, input_schema: SCHEMA })) }) };
  }
}

/** The API that a body is written for, told as the gateway tells it: `input` is Responses, what only Anthropic has is Messages, else Chat. */
export function dialectOf(body: Readonly<Record<string, unknown>>): Dialect {
  if ('input' in body) return 'openai-responses';
  const tools = Array.isArray(body['tools']) ? body['tools'] as unknown[] : [];
  const isAnthropic = 'system' in body || 'anthropic-version' in body || tools.some((tool) => typeof tool === 'object' && tool !== null && 'input_schema' in tool);
  return isAnthropic ? 'anthropic-messages' : 'openai-chat';
}

/** A command that sends the request for real, with a placeholder for the key; for POSIX shells. */
export function curlOf(body: Readonly<Record<string, unknown>>, dialect: Dialect, baseUrl: string): string {
  const headers = ['content-type: application/json', ...(dialect === 'anthropic-messages' ? ['anthropic-version: 2023-06-01'] : [])];
  const json = JSON.stringify(body, null, 2).replaceAll("'", "'\\''");
  return [`curl ${baseUrl}${PATHS[dialect]}`, '  -H "authorization: Bearer $BSG_KEY"', ...headers.map((header) => `  -H '${header}'`), `  -d '${json}'`].join(' \\\n');
}
