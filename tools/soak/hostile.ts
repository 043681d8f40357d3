import { pick, type Random } from './random.ts';
import { PATHS, type Caller, type Draft, type Planted } from './requests.ts';
import type { Wire } from './records.ts';

interface Attack { readonly what: string; readonly expected: readonly number[]; readonly of: (world: World) => Partial<Draft> }
interface World { readonly random: Random; readonly id: string; readonly caller: Caller; readonly planted: Planted; readonly stranger: string }

const body = ({ id, planted }: World, extra: object = {}): string => JSON.stringify({ model: 'chat-a', max_tokens: 50, messages: [{ role: 'user', content: `[soak ${id}] ${planted.prompt}` }], ...extra });
const bearer = (key: string): Record<string, string> => ({ 'authorization': `Bearer ${key}`, 'content-type': 'application/json' });
const INFRASTRUCTURE = ['api_base', 'base_url', 'api_key', 'extra_headers', 'proxy', 'custom_llm_provider', 'aws_region'] as const;
const INFRASTRUCTURE_HEADERS = ['x-portkey-custom-host', 'x-litellm-api-base', 'helicone-target-url', 'x-upstream-url', 'x-bsg-upstream'] as const;
/** The gateway runs with the smallest limit it knows, a megabyte. */
const OVERSIZED_BYTES = 1_200_000;
const flipped = (key: string): string => `${key.slice(0, -1)}${key.endsWith('0') ? '1' : '0'}`;

const ATTACKS: readonly Attack[] = [
  { what: 'truncated JSON', expected: [400], of: (world) => ({ body: body(world).slice(0, -7) }) },
  { what: 'no JSON', expected: [400], of: ({ planted }) => ({ body: `${planted.prompt}\u0000{` }) },
  { what: 'wrong types', expected: [400], of: (world) => ({ body: body(world, { messages: { role: 'user', content: world.planted.prompt } }) }) },
  { what: 'deep nesting', expected: [400], of: (world) => ({ body: body(world, { metadata: JSON.parse('['.repeat(200) + ']'.repeat(200)) }) }) },
  { what: '__proto__', expected: [400], of: (world) => ({ body: body(world).replace('"max_tokens"', '"__proto__":{"admin":true},"max_tokens"') }) },
  { what: 'oversized', expected: [413, 0], of: (world) => ({ body: body(world, { padding: 'x'.repeat(OVERSIZED_BYTES) }) }) },
  { what: 'infrastructure field', expected: [400], of: (world) => ({ body: body(world, { [pick(world.random, INFRASTRUCTURE)]: 'https://203.0.113.7/' }) }) },
  { what: 'infrastructure header', expected: [400], of: (world) => ({ body: body(world), headers: { ...bearer(world.caller.key), [pick(world.random, INFRASTRUCTURE_HEADERS)]: 'https://203.0.113.7/' } }) },
  { what: 'no key', expected: [401], of: (world) => ({ body: body(world), headers: { 'content-type': 'application/json' } }) },
  { what: 'broken key', expected: [401], of: (world) => ({ body: body(world), headers: bearer(flipped(world.caller.key)) }) },
  { what: 'unknown key', expected: [401], of: (world) => ({ body: body(world), headers: bearer(world.stranger) }) },
  { what: 'unknown model', expected: [404], of: (world) => ({ body: body(world, { model: 'no-such-model' }) }) },
  { what: 'unreadable arguments', expected: [400], of: (world) => ({ path: PATHS.messages, body: body(world, { messages: [{ role: 'assistant', content: [{ type: 'tool_use', id: 'x', name: 'f', input: world.planted.argument }] }] }) }) },
  { what: 'wrong content type', expected: [415], of: (world) => ({ body: body(world), headers: { ...bearer(world.caller.key), 'content-type': 'text/plain' } }) },
  { what: 'wrong method', expected: [405], of: () => ({ method: 'PUT', body: '{}' }) },
  { what: 'key in the path', expected: [404], of: ({ caller }) => ({ path: `/v1/nowhere/${caller.key}?key=${caller.key}`, body: '{}' }) },
  { what: 'body that stops', expected: [0], of: (world) => ({ body: body(world), headers: { ...bearer(world.caller.key), 'content-length': '5000' }, leaveAfter: { bytes: 0, ms: 100 } }) },
];

/** A request that must be refused, by whatever it gets wrong, without anything being asked upstream. `stranger` = a well-formed key that nobody has. */
export function hostileRequest(random: Random, id: string, caller: Caller, planted: Planted, stranger: string): Draft {
  const { what, expected, of } = pick(random, ATTACKS);
  const wire: Wire = 'chat';
  const draft = { id, kind: 'hostile', what, keyId: caller.keyId, session: false, stream: false, wire, method: 'POST', path: PATHS[wire], headers: bearer(caller.key), body: '', expected } as const;
  return { ...draft, ...of({ random, id, caller, planted, stranger }) };
}
