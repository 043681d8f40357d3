import type { Exclusion } from '../../contract/index.ts';
import type { Dialect } from '../conversation.ts';
import type { RegisteredModel } from './policy.ts';
import type { RequestFacts } from './request-facts.ts';

/** Kinds of upstream that work without a credential: servers of one's own, and the host's own role. */
const NEED_NO_CREDENTIAL: ReadonlySet<string> = new Set(['ollama', 'openai-compatible', 'bedrock']);

/** Kinds whose API has no embeddings. */
const NO_EMBEDDINGS: ReadonlySet<string> = new Set(['anthropic', 'bedrock', 'groq', 'deepseek']);

/**
 * Whether a kind of upstream speaks a dialect itself. A tool that the provider runs (web search …) means something only
 * there; servers that speak chat completions know tools of their own.
 */
const SPEAKS: Readonly<Record<Dialect, (provider: string) => boolean>> = {
  'openai-responses': (provider) => provider === 'openai',
  'anthropic-messages': (provider) => provider === 'anthropic',
  'openai-chat': (provider) => provider !== 'anthropic' && provider !== 'bedrock',
};

export interface EligibilityWorld {
  readonly facts: RequestFacts;
  readonly allowedModels: readonly string[] | null;
  readonly breakerOpen: ReadonlySet<string>;
  /** Models the budget cannot carry (the one re-route after a refused reservation). */
  readonly overBudget: ReadonlySet<string>;
}

/**
 * Why a model may not serve this request, or null. A capability nobody knows counts as present: refusing what might
 * work would make every unknown server useless. The reasons that are the request's own come last, so that an operator
 * first sees what is his to mend.
 */
export function exclusionOf(model: RegisteredModel, world: EligibilityWorld): Exclusion | null {
  if (!model.enabled) return 'disabled';
  if (model.credentials.length === 0 && !NEED_NO_CREDENTIAL.has(model.provider)) return 'no_credential';
  if (world.allowedModels !== null && !allows(world.allowedModels, model.id)) return 'not_allowed';
  if (world.breakerOpen.has(model.id)) return 'breaker_open';
  if (world.overBudget.has(model.id)) return 'budget';
  return incapacityOf(model, world.facts);
}

/** An allow-list entry names a model, or with a trailing `*` all that begin so. */
export function allows(allowed: readonly string[], modelId: string): boolean {
  return allowed.some((entry) => entry === modelId || (entry.endsWith('*') && modelId.startsWith(entry.slice(0, -1))));
}

function incapacityOf({ facts: can, maxOutputTokens, provider }: RegisteredModel, facts: RequestFacts): Exclusion | null {
  // A model that nobody knows as one for embeddings may still be one.
  if (facts.wantsEmbedding ? can.embeddings === false || NO_EMBEDDINGS.has(provider) : can.embeddings === true) return 'dialect';
  const wanted = facts.conversation.maxOutputTokens;
  if (can.contextWindow !== undefined && facts.inputTokens + Math.min(wanted ?? 0, maxOutputTokens ?? can.maxOutput ?? Infinity) > can.contextWindow) return 'context_window';
  if (can.vision === false && facts.hasImages) return 'images';
  if (can.documents === false && facts.hasDocuments) return 'documents';
  if (can.audio === false && facts.hasAudio) return 'audio';
  if (facts.usesTools && (can.tools === false || (facts.hasHostedTools && !SPEAKS[facts.conversation.dialect](provider)))) return 'tools';
  if (can.strictSchema === false && facts.wantsStrictSchema) return 'structured_output';
  return null;
}

/** Exclusions that are the request's own doing: another request would have been served. */
export const CAUSED_BY_REQUEST: ReadonlySet<Exclusion> = new Set<Exclusion>(['context_window', 'max_output', 'images', 'documents', 'audio', 'tools', 'structured_output', 'dialect']);
