/**
 * The neutral request. Each dialect reads its body into this shape and each provider writes its body from it.
 * Reading is lenient (same-dialect traffic passes through untouched, so unknown parts are kept as `unknown`);
 * writing into another dialect decides what is refused, dropped or clamped, and discloses it.
 */

export type Dialect = 'openai-chat' | 'openai-responses' | 'anthropic-messages';

/** What upstreams speak: every dialect, and formats that no caller speaks to us. */
export type WireFormat = Dialect | 'bedrock-converse' | 'openai-embeddings';

export type Part =
  | { readonly type: 'text'; readonly text: string; readonly cacheControl?: unknown }
  | { readonly type: 'image'; readonly mediaType?: string; readonly base64?: string; readonly url?: string; readonly fileId?: string; readonly detail?: string; readonly cacheControl?: unknown }
  | { readonly type: 'document'; readonly mediaType?: string; readonly base64?: string; readonly text?: string; readonly url?: string; readonly fileId?: string; readonly name?: string; readonly citations?: boolean; readonly cacheControl?: unknown }
  | { readonly type: 'audio'; readonly format?: string; readonly base64?: string }
  /** `arguments` is the JSON text as it came; `''` or absent arguments read as `{}` on writing. */
  | { readonly type: 'tool-call'; readonly id?: string; readonly name: string; readonly arguments: string; readonly cacheControl?: unknown }
  | { readonly type: 'tool-result'; readonly id?: string; readonly content: readonly Part[]; readonly isError?: boolean; readonly cacheControl?: unknown }
  | { readonly type: 'reasoning'; readonly text: string; readonly signature?: string; readonly redacted?: string }
  | { readonly type: 'refusal'; readonly text: string }
  | { readonly type: 'unknown'; readonly kind: string; readonly raw: unknown };

/** `system` turns are those in mid-conversation; leading ones are in `Conversation.system`. */
export interface Turn {
  readonly role: 'user' | 'assistant' | 'system';
  readonly name?: string;
  readonly parts: readonly Part[];
}

export interface Tool {
  readonly name: string;
  readonly description?: string;
  /** JSON Schema of the arguments; absent = none given. */
  readonly schema?: unknown;
  readonly strict?: boolean;
  readonly cacheControl?: unknown;
  /** A tool the provider itself runs (web search …): kept raw, never sent as a function. */
  readonly hosted?: { readonly kind: string; readonly raw: unknown };
  /** Set for a tool that takes free text: its wire form. `schema` is that of the function that stands for it elsewhere. */
  readonly freeform?: unknown;
  /** Set for a tool out of a group: the group's name, the tool's name in it (`name` joins both) and the group's wire form. */
  readonly namespace?: { readonly name: string; readonly tool: string; readonly raw: unknown };
}

export type ToolChoice =
  | { readonly type: 'auto' | 'required' | 'none' }
  | { readonly type: 'tool'; readonly name: string }
  | { readonly type: 'allowed'; readonly mode: 'auto' | 'required'; readonly names: readonly string[] };

export interface ResponseFormat {
  readonly type: 'text' | 'json_object' | 'json_schema';
  readonly name?: string;
  readonly schema?: unknown;
  readonly strict?: boolean;
}

/** `effort` as OpenAI names it; `budgetTokens` as Anthropic does. */
export interface Reasoning {
  readonly mode: 'off' | 'on' | 'adaptive';
  readonly effort?: string;
  readonly budgetTokens?: number;
}

export interface Conversation {
  readonly dialect: Dialect;
  /** Absent = an answer is to be generated. */
  readonly operation?: 'embed';
  readonly model: string;
  readonly stream: boolean;
  /** The caller asked for usage in the stream (always true in dialects that always report it). */
  readonly includeUsage: boolean;
  readonly system: readonly Part[];
  readonly turns: readonly Turn[];
  /** Input that came as tokens and not as text; it is in no part. */
  readonly inputTokens?: number;
  readonly tools: readonly Tool[];
  readonly toolChoice?: ToolChoice;
  readonly parallelToolCalls?: boolean;
  readonly maxOutputTokens?: number;
  readonly temperature?: number;
  readonly topP?: number;
  readonly topK?: number;
  readonly stop?: readonly string[];
  readonly n?: number;
  readonly responseFormat?: ResponseFormat;
  readonly reasoning?: Reasoning;
  /** End-user id: OpenAI `user`/`safety_identifier`, Anthropic `metadata.user_id`. */
  readonly user?: string;
  readonly metadata: Readonly<Record<string, unknown>>;
  /** Top-level fields of the dialect that have no neutral meaning; dropped and disclosed across dialects. */
  readonly extras: Readonly<Record<string, unknown>>;
}
