import type { WireFormat } from '../core/conversation.ts';
import { upstreamCodecs, type UpstreamCodec } from '../core/dialects/dialect.ts';
import { Disclosures } from '../core/dialects/disclosures.ts';
import { fitToModel, mayNotFit } from '../core/dialects/fit-model.ts';
import { splice, type Edit } from '../core/dialects/json-scan.ts';
import { holdsSignedState, withoutSignedMessages, withoutUnusableItems } from '../core/dialects/foreign-state.ts';
import { adaptChat, type ChatWire } from '../core/dialects/openai-chat/wire.ts';
import { repairResults } from '../core/dialects/repair-results.ts';
import { fail } from '../core/errors.ts';
import { factorOf, TIER_MEMBERS, tiersAsked } from '../core/money/tier.ts';
import type { RegisteredModel } from '../core/routing/policy.ts';
import { strictly } from './admit.ts';
import type { Exchange } from './exchange.ts';
import { outputCap } from './output-cap.ts';
import type { Plan } from './route.ts';

export interface UpstreamBody {
  readonly bytes: Uint8Array;
  /** The upstream speaks the caller's dialect: bytes pass in both directions. */
  readonly passthrough: boolean;
  readonly codec: UpstreamCodec;
  readonly originalNames: ReadonlyMap<string, string> | undefined;
  /** The model was only told to answer in JSON, so its answer must be checked (D33). */
  readonly expectsJson: boolean;
  /** The tariff beyond the plain one that the body asks for. */
  readonly tier?: string | undefined;
  /** Value of `x-bsg-translation`; undefined when nothing was lost. */
  readonly translation: string | undefined;
}

const encoder = new TextEncoder();

/**
 * The body for one model: spliced in place when it speaks the caller's dialect, else written anew from the neutral
 * request, whose tool results are put in order first where the caller asks for it (`x-bsg-repair: true`). `wire` = what this
 * upstream's chat completions do otherwise than OpenAI's. Strict callers get 400 `unsupported_parameter` where a step would
 * lose something.
 */
export function upstreamBody(plan: Plan, model: RegisteredModel, dialect: WireFormat, wire?: ChatWire): UpstreamBody {
  const body = dialect === plan.exchange.format ? adapted(spliced(plan, model, plan.exchange.format), plan, model, dialect, wire) : written(plan, model, dialect, wire);
  if (body.translation !== undefined && strictly(plan)) {
    return fail('unsupported_parameter', `This request cannot be served without loss (${body.translation}), and strict mode is on.`);
  }
  return body;
}

function spliced(plan: Plan, model: RegisteredModel, dialect: Exchange['format']): UpstreamBody {
  const { bytes, scan, conversation } = plan.asked;
  const edits: Edit[] = [];
  const replace = (name: string, text: string): void => {
    const span = scan.members.get(name);
    edits.push(span ? { ...span, text } : { start: scan.insertAt, end: scan.insertAt, text: `${JSON.stringify(name)}:${text},` });
  };
  if (conversation.model !== model.upstreamModel) replace('model', JSON.stringify(model.upstreamModel));
  if (dialect === 'openai-chat' && conversation.stream && !conversation.includeUsage && model.facts.streamUsage !== false) {
    const options = given(plan, 'stream_options');
    replace('stream_options', JSON.stringify({ ...(typeof options === 'object' ? options : null), include_usage: true }));
  }
  // Nothing of a caller is kept at a provider: what is stored there could not be used here.
  if (dialect === 'openai-responses' && given(plan, 'store') !== false) {
    replace('store', 'false');
    // What a model thought and nobody stored must come back with the next request, so it has to be handed out.
    const include = given(plan, 'include') ?? [];
    if (reasons(plan, model) && Array.isArray(include) && !include.includes(THOUGHTS)) replace('include', JSON.stringify([...include, THOUGHTS]));
  }
  const stripped = unusableState(plan, model, dialect);
  if (stripped !== undefined) replace(stripped.name, JSON.stringify(stripped.value));
  const tiers = tiersAsked(conversation);
  const unpriced = [...tiers.keys()].filter((member) => isUnaffordable(plan, model, tiers.get(member) ?? ''));
  // Said, it is as if it were not there: both APIs take it for their default.
  for (const member of unpriced) replace(member, member === 'speed' ? '"standard"' : '"auto"');
  const cap = outputCap(plan, model);
  if (cap.replace !== undefined) replace(capField(plan, model, dialect), String(cap.replace));
  // Of two limits `max_completion_tokens` counts (D27); an upstream that knows only the other one must see the same.
  if (dialect === 'openai-chat' && scan.members.has('max_completion_tokens') && scan.members.has('max_tokens')) {
    replace('max_tokens', String(cap.replace ?? conversation.maxOutputTokens ?? null));
  }
  return {
    bytes: edits.length === 0 ? bytes : splice(bytes, edits),
    passthrough: true,
    codec: upstreamCodecs[dialect],
    originalNames: undefined,
    expectsJson: false,
    tier: [...tiers].findLast(([member]) => !unpriced.includes(member))?.[1],
    translation: disclosed({ dropped: [...(stripped?.dropped ?? []), ...unpriced], clamped: cap.clamped ? ['max_tokens'] : [] }),
  };
}

/** A budget refuses requests of this key, and what this tier costs of this model nobody said: it cannot be held. */
function isUnaffordable({ key, policy }: Plan, { price }: RegisteredModel, tier: string): boolean {
  if (price === null || factorOf(price, tier) !== undefined) return false;
  return policy.budget !== undefined || (key.budgetAction === 'block' && (key.dailyUsd ?? key.monthlyUsd) !== null);
}

/** Bytes stay the caller's own where nothing in them needs to be another way for this upstream or this model. */
function adapted(body: UpstreamBody, plan: Plan, model: RegisteredModel, dialect: WireFormat, wire: ChatWire | undefined): UpstreamBody {
  const { conversation, scan } = plan.asked;
  const unnamed = conversation.operation === undefined && conversation.model !== model.id && mayNotFit(conversation.dialect, scan.members, model.facts);
  const other = dialect === 'openai-chat' ? wire : undefined;
  if (!unnamed && other === undefined) return body;
  const parsed = JSON.parse(Buffer.from(body.bytes.buffer, body.bytes.byteOffset, body.bytes.byteLength).toString()) as Record<string, unknown>;
  const before = JSON.stringify(parsed);
  const lost = new Disclosures();
  if (unnamed) fitToModel(parsed, conversation, { facts: model.facts, maxOutputTokens: outputCap(plan, model).ceiling }, lost);
  if (other !== undefined) adaptChat(parsed, other, lost);
  const after = JSON.stringify(parsed);
  const said = [body.translation, disclosed(lost.list())].filter((text) => text !== undefined);
  const tier = TIER_MEMBERS.some((member) => member in parsed) ? body.tier : undefined;
  return after === before ? body : { ...body, bytes: encoder.encode(after), tier, translation: said.length === 0 ? undefined : said.join('; ') };
}

/** Servers behind these may be gateways to Anthropic themselves, and need back what they handed out. */
const MAY_HAVE_SIGNED: ReadonlySet<string> = new Set(['openrouter', 'openai-compatible']);

const THOUGHTS = 'reasoning.encrypted_content';

/** Models that do not reason refuse to be asked for it. */
function reasons({ asked: { conversation: { reasoning } } }: Plan, { facts }: RegisteredModel): boolean {
  return facts.reasoning ?? (reasoning !== undefined && reasoning.mode !== 'off');
}

/** A top-level member of the body; undefined = it is not there. */
function given({ asked: { bytes, scan } }: Plan, name: string): unknown {
  const span = scan.members.get(name);
  return span === undefined ? undefined : JSON.parse(Buffer.from(bytes.subarray(span.start, span.end)).toString());
}

/** The member of the body that holds reasoning which this upstream did not sign or does not keep, without it; undefined = there is none (D114). */
function unusableState(plan: Plan, model: RegisteredModel, dialect: Exchange['format']): { name: string; value: unknown; dropped: readonly string[] } | undefined {
  const { bytes, scan, conversation } = plan.asked;
  if (dialect === 'openai-responses') {
    const span = scan.members.get('input');
    // A long input is not parsed again for nothing.
    if (span === undefined) return undefined;
    const text = Buffer.from(bytes.buffer, bytes.byteOffset + span.start, span.end - span.start);
    if (!text.includes('"reasoning"') && !text.includes('"item_reference"')) return undefined;
    const stripped = withoutUnusableItems(given(plan, 'input'));
    return stripped && { name: 'input', ...stripped };
  }
  if (dialect !== 'openai-chat' || MAY_HAVE_SIGNED.has(model.provider) || !holdsSignedState(conversation) || !scan.members.has('messages')) return undefined;
  return { name: 'messages', value: withoutSignedMessages(given(plan, 'messages'), model.facts.reasoningReplay === true), dropped: ['thinking'] };
}

function capField(plan: Plan, model: RegisteredModel, dialect: Exchange['format']): string {
  if (dialect === 'openai-responses') return 'max_output_tokens';
  const { members } = plan.asked.scan;
  if (dialect !== 'openai-chat') return 'max_tokens';
  // OpenAI's reasoning models know only `max_completion_tokens`; a field that the caller sent is kept.
  if (members.has('max_completion_tokens')) return 'max_completion_tokens';
  return model.facts.reasoning === true && !members.has('max_tokens') ? 'max_completion_tokens' : 'max_tokens';
}

function written(plan: Plan, model: RegisteredModel, dialect: WireFormat, wire: ChatWire | undefined): UpstreamBody {
  const codec = upstreamCodecs[dialect];
  const { conversation } = plan.asked;
  const { ceiling, isAssumed } = outputCap(plan, model);
  // A messages body always names a limit: where nobody knows one, its writer's own is lower than what is held.
  const cap = isAssumed && dialect === 'anthropic-messages' ? undefined : ceiling;
  const sent = plan.exchange.request.headers['x-bsg-repair'] === 'true' ? repairResults(conversation) : conversation;
  const { body, disclosures, toolNames, instructsJson } = codec.writeRequest(sent, {
    upstreamModel: model.upstreamModel,
    facts: model.facts,
    streamUsage: model.facts.streamUsage !== false,
    ...(wire?.wantsReasoning && { wantsReasoning: true }),
    ...(cap !== undefined && { maxOutputTokens: cap }),
  });
  const lost = new Disclosures();
  if (wire !== undefined && dialect === 'openai-chat') adaptChat(body, wire, lost);
  const there = lost.list();
  const clamped = [...disclosures.clamped, ...there.clamped, ...(sent === conversation ? [] : ['tool_results']), ...(plan.maxOutputTokens === undefined ? [] : ['max_tokens'])];
  return {
    bytes: encoder.encode(JSON.stringify(body)), passthrough: false, codec, originalNames: toolNames, expectsJson: instructsJson === true,
    translation: disclosed({ dropped: [...disclosures.dropped, ...there.dropped], clamped }),
  };
}

function disclosed(disclosures: { dropped: readonly string[]; clamped: readonly string[] }): string | undefined {
  const said = (word: string, names: readonly string[]): string[] => (names.length === 0 ? [] : [`${word}=${[...new Set(names)].join(',')}`]);
  const text = [...said('dropped', disclosures.dropped), ...said('clamped', disclosures.clamped)].join('; ');
  return text === '' ? undefined : text;
}
