import type { Need, RequestInputs } from '../../contract/index.ts';
import type { Conversation, Part } from '../conversation.ts';
import { hasToolServers } from '../dialects/tools.ts';
import { languageOf } from './language.ts';
import { LARGE_IMAGE_TOKENS, SMALL_IMAGE_TOKENS, weight } from './tokens.ts';

/** What of the caller's headers may bear on routing. */
export interface FactsContext {
  readonly userAgent?: string | undefined;
  readonly sessionHeader?: string | undefined;
  readonly claudeSessionHeader?: string | undefined;
  readonly app?: string | undefined;
}

/** Characters of each text that routing looks at; the rest only counts as length. */
export const TEXT_BOUND = 16_384;
/**
 * Characters of all texts together. At two bytes each they stay below the 128 KiB from which on V8 maps fresh memory for a string:
 * joining 65,536 characters of Korean took 0.47 ms where 60,000 took 0.01.
 */
export const ALL_TEXT_BOUND = 64_000;

/** Coding agents by a word of their user agent; an underscore ends a word too (`codex_cli_rs/0.50`). */
const AGENTS = /(?<![a-z0-9])(?:claude-cli|claude-code|codex|cursor|cline|roo-?code|aider|opencode|continue|gemini-?cli|openhands|goose|zed)(?![a-z0-9])/i;
/** Every repetition is bounded and stays on its line: a hostile turn must not make a search quadratic. */
const ERROR_TRACE = /Traceback \(most recent call last\)|^[ \t]{1,32}at (?:async |new )?\S{1,300}(?: \(\S{1,300})?:\d|\b\w*(?:Error|Exception): |panic: |segmentation fault|stack trace/im;
const CODE = /```|^\s{0,8}(?:def |class |function |const |let |var |import |from \S+ import |#include|public |private |func |fn |package |SELECT\s|<\?php|#!\/)|[;{}]\s*$|=>|::\w|\(\)\s*[{;]/m;

/** Everything routing knows about one request. Computed once; costly parts only when first asked for. */
export class RequestFacts {
  readonly conversation: Conversation;
  readonly context: FactsContext;
  readonly inputTokens: number;
  readonly hasImages: boolean;
  readonly hasDocuments: boolean;
  readonly hasAudio: boolean;
  readonly #memo: { text?: string; system?: string; all?: string; language?: string } = {};

  constructor(conversation: Conversation, context: FactsContext) {
    this.conversation = conversation;
    this.context = context;
    const census = new Census();
    for (const part of conversation.system) census.count(part);
    for (const turn of conversation.turns) for (const part of turn.parts) census.count(part);
    for (const tool of conversation.tools) {
      census.weight += weight(tool.name) + weight(tool.description ?? '') + (tool.schema === undefined ? 0 : weight(JSON.stringify(tool.schema)));
    }
    if (conversation.responseFormat?.schema !== undefined) census.weight += weight(JSON.stringify(conversation.responseFormat.schema));
    this.inputTokens = Math.ceil(census.weight) + (conversation.inputTokens ?? 0);
    this.hasImages = census.images;
    this.hasDocuments = census.documents;
    this.hasAudio = census.audio || conversation.extras['audio'] !== undefined;
  }

  /** The latest user turn that says something; tool results are not what a user said. */
  get text(): string {
    return (this.#memo.text ??= latestUserText(this.conversation));
  }
  get system(): string {
    return (this.#memo.system ??= beginningOf(textsOf(this.conversation.system), TEXT_BOUND));
  }
  get allText(): string {
    return (this.#memo.all ??= allTextOf(this.conversation, ALL_TEXT_BOUND));
  }
  get language(): string {
    return (this.#memo.language ??= languageOf(this.text));
  }
  get turns(): number {
    return this.conversation.turns.length;
  }
  get hasCode(): boolean {
    return CODE.test(this.text.slice(0, 4_096));
  }
  get hasErrorTrace(): boolean {
    return ERROR_TRACE.test(this.text.slice(0, 4_096));
  }
  get toolNames(): readonly string[] {
    return this.conversation.tools.map((tool) => tool.name);
  }
  get wantsStructuredOutput(): boolean {
    return this.conversation.responseFormat?.type === 'json_schema';
  }
  get wantsStrictSchema(): boolean {
    return this.wantsStructuredOutput && this.conversation.responseFormat?.strict === true;
  }
  get wantsEmbedding(): boolean {
    return this.conversation.operation === 'embed';
  }
  get usesTools(): boolean {
    return this.conversation.tools.length > 0 || this.hasHostedTools;
  }
  /** Some tool is one that its provider runs. */
  get hasHostedTools(): boolean {
    return hasToolServers(this.conversation) || this.conversation.tools.some((tool) => tool.hosted !== undefined);
  }
  get lastIsToolResult(): boolean {
    const parts = this.conversation.turns.at(-1)?.parts ?? [];
    return parts.some((part) => part.type === 'tool-result') && !parts.some((part) => part.type === 'text' && part.text.trim() !== '');
  }
  /** It may go on from an earlier request: its caller names the session, or it brings an answer along. */
  get mayContinue(): boolean {
    const { sessionHeader, claudeSessionHeader } = this.context;
    return sessionHeader !== undefined || claudeSessionHeader !== undefined || this.conversation.turns.some(({ role }) => role === 'assistant');
  }
  /** A request of an agent: it has tools, or comes from a program known to be one. */
  get isAgent(): boolean {
    return this.usesTools || (this.context.userAgent !== undefined && AGENTS.test(this.context.userAgent));
  }
}

export function factsOf(conversation: Conversation, context: FactsContext): RequestFacts {
  return new RequestFacts(conversation, context);
}

/** What the decision record keeps of a request, so that drafts can be tried on it. */
export function inputsOf(facts: RequestFacts): RequestInputs {
  const needs: Need[] = [];
  if (facts.isAgent) needs.push('agent');
  if (facts.hasImages) needs.push('images');
  if (facts.hasDocuments) needs.push('documents');
  if (facts.hasAudio) needs.push('audio');
  if (facts.usesTools) needs.push('tools');
  if (facts.hasHostedTools) needs.push('hosted_tools');
  if (facts.wantsStructuredOutput) needs.push('json_schema');
  if (facts.wantsStrictSchema) needs.push('strict_schema');
  if (facts.wantsEmbedding) needs.push('embedding');
  const { conversation, turns } = facts;
  const standsAlone = !facts.mayContinue && !facts.usesTools;
  return { maxOutput: conversation.maxOutputTokens ?? null, turns, toolCount: conversation.tools.length, needs, ...(standsAlone && { standsAlone }) };
}

/** Adds up what a request weighs, part by part. */
class Census {
  weight = 0;
  images = false;
  documents = false;
  audio = false;

  count(part: Part): void {
    switch (part.type) {
      case 'text':
      case 'reasoning':
      case 'refusal':
        this.weight += weight(part.text);
        break;
      case 'image':
        this.images = true;
        this.weight += part.detail === 'low' ? SMALL_IMAGE_TOKENS : LARGE_IMAGE_TOKENS;
        break;
      case 'document':
        this.documents ||= part.text === undefined;
        // About 3 bytes of PDF make a base64 quartet, and a token of its text takes far more bytes than that.
        this.weight += part.text === undefined ? (part.base64?.length ?? 0) / 40 : weight(part.text);
        break;
      case 'audio':
        this.audio = true;
        this.weight += (part.base64?.length ?? 0) / 400;
        break;
      case 'tool-call':
        this.weight += weight(part.name) + weight(part.arguments);
        break;
      case 'tool-result':
        for (const inner of part.content) this.count(inner);
        break;
      default:
        this.weight += weight(JSON.stringify(part.raw) ?? '');
    }
  }
}

function latestUserText({ turns }: Conversation): string {
  for (let at = turns.length - 1; at >= 0; at -= 1) {
    const turn = turns[at];
    if (turn?.role !== 'user') continue;
    const texts = textsOf(turn.parts);
    if (texts.every((text) => text.trim() === '')) continue;
    const length = texts.reduce((sum, text) => sum + text.length, texts.length - 1);
    return length <= TEXT_BOUND ? texts.join('\n') : `${beginningOf(texts, TEXT_BOUND / 2)}\n${endOf(texts, TEXT_BOUND / 2)}`;
  }
  return '';
}

/** Texts that are read one after the other, each on a line of its own; empty ones at the beginning make none. */
function textsOf(parts: readonly Part[]): readonly string[] {
  const texts = parts.flatMap((part) => (part.type === 'text' ? [part.text] : []));
  const first = texts.findIndex((text) => text !== '');
  return first < 0 ? [] : texts.slice(first);
}

/** The first `bound` characters of them. What lies beyond is not even put together: it may be megabytes. */
function beginningOf(texts: readonly string[], bound: number): string {
  let text = '';
  for (const [at, own] of texts.entries()) {
    if (text.length >= bound) break;
    text += at === 0 ? own.slice(0, bound) : `\n${own.slice(0, bound)}`;
  }
  return text.slice(0, bound);
}

/** The last `bound` characters of them. */
function endOf(texts: readonly string[], bound: number): string {
  let text = '';
  for (let at = texts.length - 1; at >= 0 && text.length < bound; at -= 1) {
    const own = (texts[at] ?? '').slice(-bound);
    text = at === texts.length - 1 ? own : `${own}\n${text}`;
  }
  return text.slice(-bound);
}

/** The first `bound` characters of everything that is said, a turn a line. */
function allTextOf({ system, turns }: Conversation, bound: number): string {
  let text = beginningOf(textsOf(system), bound);
  for (const turn of turns) {
    if (text.length >= bound) break;
    text += `\n${beginningOf(textsOf(turn.parts), bound)}`;
  }
  return text.slice(0, bound);
}
