import { createHash } from 'node:crypto';
import type { Conversation, Part, Tool } from '../conversation.ts';
import { failure, GatewayError, type Failure } from '../errors.ts';
import { isFields, textIn } from './fields.ts';

/** The first `length` hex digits of SHA-256: a stateless, deterministic stand-in for a name or id (translation rule G3). */
export function shortHash(text: string, length: number): string {
  return createHash('sha256').update(text).digest('hex').slice(0, length);
}

/**
 * The tool that stands for a JSON-schema answer on models without a native mode: the model is made to call it and the
 * writers unwrap the call to plain text again, in streams too (translation cases D32, D76).
 */
export const ANSWER_TOOL = 'bsg_structured_answer';

/** Arguments as an object: `''` reads as `{}`; undefined when the text is no JSON object. */
export function parseArguments(text: string): Record<string, unknown> | undefined {
  if (text.trim() === '') return {};
  try {
    const value: unknown = JSON.parse(text);
    return isFields(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** A schema that says `type: object`, as both APIs demand of tool parameters (D16, D59). */
export function objectSchema(schema: unknown): Record<string, unknown> {
  if (!isFields(schema)) return { type: 'object', properties: {} };
  return 'type' in schema ? { ...schema } : { type: 'object', ...schema };
}

const PLAIN_NAME = /^[A-Za-z0-9_-]+$/;

/** Tool names that fit the upstream's grammar, and the way back. */
export class ToolNames {
  readonly #maxLength: number;
  readonly #sent = new Map<string, string>();
  readonly #originals = new Map<string, string>();

  constructor(maxLength: number, tools: readonly Tool[]) {
    this.#maxLength = maxLength;
    // Names that fit are taken first, so that no shortened one can collide with them.
    for (const { name } of tools) if (this.#fits(name)) this.#sent.set(name, name);
  }

  /** The name to send: itself where it fits `[A-Za-z0-9_-]{1,max}`, else shortened with a hash (D58). */
  sent(name: string): string {
    if (this.#fits(name)) return name;
    const known = this.#sent.get(name);
    if (known !== undefined) return known;
    const stem = name.replace(/[^A-Za-z0-9_-]/g, '_').slice(0, this.#maxLength - 9);
    let short = `${stem}_${shortHash(name, 8)}`;
    for (let again = 1; this.#sent.has(short) || this.#originals.has(short); again += 1) short = `${stem}_${shortHash(`${name}#${again}`, 8)}`;
    this.#sent.set(name, short);
    this.#originals.set(short, name);
    return short;
  }

  /** Sent → original, of the names that were changed; undefined when none was. */
  originals(): ReadonlyMap<string, string> | undefined {
    return this.#originals.size === 0 ? undefined : this.#originals;
  }

  #fits(name: string): boolean {
    return name.length > 0 && name.length <= this.#maxLength && PLAIN_NAME.test(name);
  }
}

/**
 * Anthropic's tool search answers with references to deferred tools. Where nothing is deferred every tool is there in full,
 * so the reference is only told (D49); undefined for other parts.
 */
export function toldReference({ kind, raw }: Extract<Part, { type: 'unknown' }>, names: ToolNames): string | undefined {
  const name = kind === 'tool_reference' && isFields(raw) ? textIn(raw, 'tool_name') : undefined;
  return name === undefined ? undefined : `[found the tool ${names.sent(name)}]`;
}

/** The refusal of a tool that only its own provider could run (D39, D49); undefined when there is none. */
export function hostedRefusal({ tools }: Conversation): Failure | undefined {
  const hosted = tools.find((tool) => tool.hosted !== undefined)?.hosted;
  if (hosted === undefined) return undefined;
  return failure('unsupported_parameter', `The tool type '${hosted.kind.slice(0, 64)}' runs at its own provider and cannot be served by this model.`, { param: 'tools' });
}

/** Tools that have a type of their own at their provider, but are run by the caller (docs of both APIs). */
const CALLER_RUN = /^(?:(?:bash|text_editor|computer|memory)_\d|(?:local_shell|apply_patch|computer|computer_use_preview)$)/;

/** Whether the provider itself may do something for this request (search, run code, call servers of tools): what was done once must not be done again elsewhere. */
export function mayActUpstream(conversation: Conversation): boolean {
  return hasToolServers(conversation) || conversation.tools.some(({ hosted }) => hosted !== undefined && !CALLER_RUN.test(hosted.kind));
}

/** Servers of tools stand beside the tools at Anthropic. */
export function hasToolServers({ extras }: Conversation): boolean {
  const servers = extras['mcp_servers'];
  return Array.isArray(servers) && servers.length > 0;
}

/** Throws that refusal. */
export function refuseHosted(conversation: Conversation): void {
  const refusal = hostedRefusal(conversation);
  if (refusal !== undefined) throw new GatewayError(refusal);
}
