import { between, pick, type Random } from './random.ts';
import type { Asked, Wire } from './records.ts';

/** What a client is about to send. */
export interface Draft {
  readonly id: string;
  readonly kind: Asked['kind'];
  readonly what: string;
  readonly keyId: string;
  readonly session: boolean;
  readonly stream: boolean;
  readonly wire: Wire;
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly expected: readonly number[];
  /** The client hangs up after so many bytes of the answer, or so many ms without any. */
  readonly leaveAfter?: { readonly bytes: number; readonly ms: number };
}

export interface Caller { readonly keyId: string; readonly key: string }

/** Secrets of the callers that travel in their requests. */
export interface Planted { readonly prompt: string; readonly system: string; readonly argument: string }

export const PATHS: Readonly<Record<Wire, string>> = { chat: '/v1/chat/completions', messages: '/v1/messages', responses: '/v1/responses' };
const WIRES: readonly Wire[] = ['chat', 'chat', 'messages', 'responses'];
/** Registered models, an alias of each kind, a name that a rule catches, and the choice left to the gateway. */
const NAMES = ['chat-a', 'chat-b', 'claude-a', 'responses-a', 'fast', 'best', 'team/blue', 'auto', 'auto'] as const;
const WORDS = ['please', 'summarise', 'the', 'minutes', 'of', 'today', 'and', 'list', 'what', 'is', 'still', 'open', '회의', 'für', 'team', 'seven', 'lines', 'at', 'most'] as const;
const STREAMING = 0.6;
const WITH_TOOLS = 0.1;

/** A request that any gateway must take: one of three protocols, streamed or whole, with or without a tool's answer in it. */
export function plainRequest(random: Random, id: string, { keyId, key }: Caller, planted: Planted): Draft {
  const wire = pick(random, WIRES);
  const stream = random() < STREAMING;
  const model = pick(random, NAMES);
  const prompt = `[soak ${id}] ${planted.prompt} ${Array.from({ length: between(random, 5, 120) }, () => pick(random, WORDS)).join(' ')}`;
  const most = random() < 0.7 ? between(random, 16, 200) : undefined;
  const tools = random() < WITH_TOOLS;
  return {
    id, kind: 'plain', what: `${wire}${stream ? ' streamed' : ''}`, keyId, session: true, stream, wire, method: 'POST', path: PATHS[wire], expected: [],
    headers: { ...auth(random, key), 'content-type': 'application/json', 'x-session-id': `soak-${id}` },
    body: JSON.stringify({ model, stream, ...BODIES[wire]({ prompt, most, tools, planted }) }),
  };
}

/** The same, by a client that does not stay to its end. */
export function leavingRequest(random: Random, id: string, caller: Caller, planted: Planted): Draft {
  return { ...plainRequest(random, id, caller, planted), kind: 'leaving', what: 'client leaves', leaveAfter: { bytes: between(random, 1, 3_000), ms: between(random, 1, 800) } };
}

export const auth = (random: Random, key: string): Record<string, string> => (random() < 0.5 ? { authorization: `Bearer ${key}` } : { 'x-api-key': key });

interface Content { readonly prompt: string; readonly most: number | undefined; readonly tools: boolean; readonly planted: Planted }

const SCHEMA = { type: 'object', properties: { it: { type: 'string' } } };

const BODIES: Readonly<Record<Wire, (content: Content) => object>> = {
  chat: ({ prompt, most, tools, planted }) => ({
    ...(most !== undefined && { max_tokens: most }),
    messages: [
      { role: 'system', content: planted.system }, { role: 'user', content: prompt },
      ...(tools ? [{ role: 'assistant', tool_calls: [{ id: 'call_1', type: 'function', function: { name: 'look', arguments: JSON.stringify({ it: planted.argument }) } }] }, { role: 'tool', tool_call_id: 'call_1', content: 'seen' }] : []),
    ],
    ...(tools && { tools: [{ type: 'function', function: { name: 'look', parameters: SCHEMA } }] }),
  }),
  messages: ({ prompt, most, tools, planted }) => ({
    max_tokens: most ?? 300, system: planted.system,
    messages: [
      { role: 'user', content: prompt },
      ...(tools ? [{ role: 'assistant', content: [{ type: 'tool_use', id: 'toolu_1', name: 'look', input: { it: planted.argument } }] }, { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'toolu_1', content: 'seen' }] }] : []),
    ],
    ...(tools && { tools: [{ name: 'look', input_schema: SCHEMA }] }),
  }),
  responses: ({ prompt, most, tools, planted }) => ({
    ...(most !== undefined && { max_output_tokens: most }), instructions: planted.system,
    input: [
      { role: 'user', content: prompt },
      ...(tools ? [{ type: 'function_call', call_id: 'call_1', name: 'look', arguments: JSON.stringify({ it: planted.argument }) }, { type: 'function_call_output', call_id: 'call_1', output: 'seen' }] : []),
    ],
    ...(tools && { tools: [{ type: 'function', name: 'look', parameters: SCHEMA }] }),
  }),
};
