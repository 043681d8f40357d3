import type { LedgerEntry, LedgerFeedback } from '../contract/ledger.ts';
import { fail } from '../core/errors.ts';
import { isFields, type Fields } from '../core/dialects/fields.ts';
import { isUlid } from '../adapters/store/ulid-time.ts';
import type { Exchange } from './exchange.ts';
import { admitLight } from './light.ts';
import type { GatewayResponse, Ports } from './ports.ts';
import { readJson } from './read.ts';
import { jsonResponse, rateLimitHeaders, requestIdHeaders } from './respond.ts';

const MAX_COMMENT_CHARS = 500;
const MEMBERS: ReadonlySet<string> = new Set(['request_id', 'rating', 'comment']);
/** Of five: these say that the answer was not good enough. */
const LOW = 2;

type Rating = LedgerFeedback['rating'];
interface Given { readonly requestId: string; readonly rating: Rating; readonly comment: string | undefined }

/**
 * `POST /v1/feedback`: rates the answer to a request of this very key; unknown ids and those of other keys are a 404. The
 * latest rating counts. A comment is kept only where the key logs content. A low rating is a veto against the model that
 * answered, once per request, where automatic routing had chosen it instead of the baseline; a better rating later takes
 * no veto back. Answers 202 `{}`.
 */
export async function feedback(exchange: Exchange, ports: Ports): Promise<GatewayResponse> {
  const { key, policy, counters } = await admitLight(exchange, ports);
  const given = read((await readJson(exchange)).json);
  const { quality } = ports.learning;
  const entry = isUlid(given.requestId) ? await quality.entry(policy.tenantId, given.requestId) : undefined;
  if (entry === undefined || entry.keyId !== key.keyId) return missing();
  const at = new Date(exchange.atMs).toISOString();
  const saved = await quality.rate(policy.tenantId, { requestId: given.requestId, feedback: { rating: given.rating, at }, comment: key.logContent ? given.comment : undefined, before: entry.feedback });
  if (!saved) return missing();
  const wasLow = entry.feedback !== undefined && isLow(entry.feedback.rating);
  if (isLow(given.rating) && !wasLow && standsIn(entry)) {
    const { requestId, servedModel, decision } = entry;
    ports.learning.after(exchange.request, () => quality.veto(policy.tenantId, { requestId, templateKey: decision.template.key, model: servedModel, kind: 'feedback', at }));
  }
  return jsonResponse(202, {}, { ...requestIdHeaders(exchange.requestId), ...rateLimitHeaders(exchange.dialect, counters, exchange.atMs), 'cache-control': 'no-store' });
}

const missing = (): never => fail('not_found', 'This key has made no request with this id.', { param: 'request_id' });
const isLow = (rating: Rating): boolean => rating === 'down' || (typeof rating === 'number' && rating <= LOW);

type Decided = NonNullable<LedgerEntry['decision']>;
type StandIn = LedgerEntry & { readonly servedModel: string; readonly decision: Decided & { readonly template: NonNullable<Decided['template']> } };

/** Automatic routing chose a model other than the baseline for it. */
function standsIn(entry: LedgerEntry): entry is StandIn {
  const { decision, servedModel } = entry;
  if (decision === null || decision.template === null || servedModel === null || decision.baseline === null) return false;
  return (decision.stage === 'auto' || decision.via === 'auto') && decision.baseline.model !== servedModel;
}

/** Strict, in words that fit both dialects. */
function read(json: unknown): Given {
  if (!isFields(json)) return fail('invalid_request', 'The body must be a JSON object.');
  for (const name in json) if (!MEMBERS.has(name)) return fail('invalid_request', `There is no field '${name.slice(0, 64)}' here.`, { param: name.slice(0, 64) });
  const { request_id: requestId, comment } = json;
  if (typeof requestId !== 'string') return fail('invalid_request', "'request_id' must be the id of a request, as its answer's x-request-id says.", { param: 'request_id' });
  if (comment !== undefined && comment !== null && (typeof comment !== 'string' || comment.length > MAX_COMMENT_CHARS)) {
    return fail('invalid_request', `'comment' must be a text of at most ${MAX_COMMENT_CHARS} characters.`, { param: 'comment' });
  }
  return { requestId, rating: ratingOf(json), comment: typeof comment === 'string' && comment !== '' ? comment : undefined };
}

function ratingOf({ rating }: Fields): Rating {
  switch (rating) {
    case 'up': case 'down': case 1: case 2: case 3: case 4: case 5: return rating;
    default: return fail('invalid_request', "'rating' must be \"up\", \"down\" or a whole number from 1 to 5.", { param: 'rating' });
  }
}
