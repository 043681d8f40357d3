import { fail } from '../../errors.ts';
import type { Disclosures } from '../disclosures.ts';
import { isFields, listIn, textIn } from '../fields.ts';
import { shortHash } from '../tools.ts';

/**
 * What a server does otherwise than OpenAI, although it speaks chat completions: facts of one provider, in its folder.
 * Absent = as OpenAI.
 */
export interface ChatWire {
  /** The one of the two output limits that it knows. */
  readonly outputLimit?: 'max_tokens' | 'max_completion_tokens';
  /** Members under another name. */
  readonly renames?: Readonly<Record<string, string>>;
  /** Members that it answers with an error or does not heed: left out, and disclosed where they asked for something. */
  readonly refuses?: readonly string[];
  /** Members that it refuses and that change nothing there: left out without a word. */
  readonly omits?: readonly string[];
  /** The same for members of messages. */
  readonly messageRefuses?: readonly string[];
  readonly messageOmits?: readonly string[];
  /** False: it knows `system` messages only. */
  readonly developerRole?: false;
  /** Content of several texts must be one text. */
  readonly plainText?: true;
  /** Images must come as data URLs. */
  readonly inlineImagesOnly?: true;
  /** False: `json_object` is the strictest answer format; a schema becomes an instruction. */
  readonly jsonSchema?: false;
  /** Ids of tool calls are exactly so many letters and digits. */
  readonly callIdLength?: number;
  /** An empty list of tools is an error. */
  readonly emptyTools?: false;
  /** What to put where a tool call of the history lacks Google's thought signature. */
  readonly thoughtSignature?: string;
  /** Inside a tool loop it wants the reasoning back that led to the calls (D48). */
  readonly wantsReasoning?: true;
}

type Body = Record<string, unknown>;

/**
 * Makes a chat-completions body one that this server takes, in place. Works on bodies of callers and of our own writer alike.
 * Throws `unsupported_parameter` for what cannot be said to it at all.
 */
export function adaptChat(body: Body, wire: ChatWire, lost: Disclosures): void {
  adaptLimit(body, wire);
  for (const [name, other] of Object.entries(wire.renames ?? {})) move(body, name, other);
  leaveOut(body, wire.refuses, lost);
  leaveOut(body, wire.omits, undefined);
  if (wire.emptyTools === false && Array.isArray(body['tools']) && body['tools'].length === 0) delete body['tools'];
  const messages = listIn(body, 'messages').filter(isFields) as Body[];
  for (const message of messages) adaptMessage(message, wire, lost);
  if (wire.jsonSchema === false) adaptFormat(body, lost);
}

/** Of two limits `max_completion_tokens` counts (D27). */
function adaptLimit(body: Body, { outputLimit }: ChatWire): void {
  if (outputLimit === undefined) return;
  const limit = body['max_completion_tokens'] ?? body['max_tokens'];
  delete body['max_completion_tokens'];
  delete body['max_tokens'];
  if (limit !== undefined && limit !== null) body[outputLimit] = limit;
}

function move(body: Body, from: string, to: string): void {
  if (!(from in body)) return;
  if (body[from] !== null) body[to] ??= body[from];
  delete body[from];
}

function leaveOut(object: Body, names: readonly string[] | undefined, lost: Disclosures | undefined): void {
  for (const name of names ?? []) {
    if (!(name in object)) continue;
    if (lost !== undefined && asks(name, object[name])) lost.drop(name);
    delete object[name];
  }
}

/** Whether a value wants anything: no for what every server does unasked. */
function asks(name: string, value: unknown): boolean {
  if (value === null || value === undefined || value === false) return false;
  if (name === 'n') return value !== 1;
  if (name === 'frequency_penalty' || name === 'presence_penalty') return value !== 0;
  if (name === 'parallel_tool_calls') return false;
  if (name === 'service_tier' || name === 'tool_choice') return value !== 'auto';
  return typeof value === 'object' ? Object.keys(value).length > 0 : true;
}

function adaptMessage(message: Body, wire: ChatWire, lost: Disclosures): void {
  if (wire.developerRole === false && message['role'] === 'developer') message['role'] = 'system';
  leaveOut(message, wire.messageRefuses, lost);
  leaveOut(message, wire.messageOmits, undefined);
  if (wire.plainText && Array.isArray(message['content'])) message['content'] = plain(message['content']);
  if (wire.inlineImagesOnly) for (const part of listIn(message, 'content')) requireInline(part);
  const calls = listIn(message, 'tool_calls').filter(isFields) as Body[];
  const { callIdLength, thoughtSignature } = wire;
  if (callIdLength !== undefined) {
    for (const call of calls) rewriteId(call, 'id', callIdLength);
    rewriteId(message, 'tool_call_id', callIdLength);
  }
  const [first] = calls;
  // Of calls made together only the first one is signed.
  if (thoughtSignature !== undefined && first !== undefined && !calls.some(isSigned)) first['extra_content'] = { google: { thought_signature: thoughtSignature } };
}

/** One text where there is nothing but text; else the parts as they are. */
function plain(parts: readonly unknown[]): unknown {
  const texts = parts.map((part) => (isFields(part) && part['type'] === 'text' ? textIn(part, 'text') : undefined));
  return texts.every((text) => text !== undefined) ? texts.join('\n\n') : parts;
}

function requireInline(part: unknown): void {
  if (!isFields(part) || part['type'] !== 'image_url') return;
  const image = part['image_url'];
  const url = isFields(image) ? textIn(image, 'url') : typeof image === 'string' ? image : undefined;
  if (url !== undefined && !url.startsWith('data:')) fail('unsupported_parameter', 'This model takes images as base64 only, not by URL.', { param: 'messages' });
}

/** Calls and results by the same rule, without state: the same id is always rewritten in the same way (G3). */
function rewriteId(object: Body, name: string, length: number): void {
  const id = object[name];
  if (typeof id === 'string' && (id.length !== length || !/^[A-Za-z0-9]+$/.test(id))) object[name] = shortHash(id, length);
}

function isSigned(call: Body): boolean {
  const extra = call['extra_content'];
  const google = isFields(extra) ? extra['google'] : undefined;
  return isFields(google) && textIn(google, 'thought_signature') !== undefined;
}

/** The model is told the schema; nobody enforces it, which is disclosed. */
function adaptFormat(body: Body, lost: Disclosures): void {
  const format = body['response_format'];
  if (!isFields(format) || format['type'] !== 'json_schema') return;
  const { json_schema: named } = format;
  const schema = isFields(named) ? named['schema'] : undefined;
  body['response_format'] = { type: 'json_object' };
  const instruction = { role: 'system', content: `Answer with one JSON object${schema === undefined ? '' : ` that is valid under this JSON schema: ${JSON.stringify(schema)}`}.` };
  const messages = listIn(body, 'messages');
  const leading = messages.findIndex((message) => !isFields(message) || message['role'] !== 'system');
  body['messages'] = leading < 0 ? [...messages, instruction] : messages.toSpliced(leading, 0, instruction);
  lost.clamp('response_format');
}
