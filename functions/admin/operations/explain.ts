import { explainAnswer, explainRequest } from '../../contract/admin/explain.ts';
import { codecs } from '../../core/dialects/dialect.ts';
import { GatewayError } from '../../core/errors.ts';
import { usablePrior } from '../../core/routing/classifier/prior-artifact.ts';
import { underDocument, validateRouting } from '../../core/routing/policy-compile.ts';
import { factsOf } from '../../core/routing/request-facts.ts';
import { resolve } from '../../core/routing/resolve.ts';
import { templateSaltOf } from '../../core/routing/template.ts';
import { loadPolicy } from '../../gateway/caches.ts';
import { AdminError } from '../errors.ts';
import { ownKey } from '../keys/records.ts';
import { operation } from '../operation.ts';

const NO_KEY = { id: 'explain', name: 'explain', allowedModels: null };
const NOTHING: ReadonlySet<string> = new Set();

export const explainRoute = operation({
  summary: 'The routing decision for a request, by the resolver of live traffic: under the live document, or under a draft. Nothing is sent, nothing spent.',
  body: explainRequest, answer: explainAnswer,
}, async ({ caller: { tenantId }, ports: { store, pepper }, body: { request, dialect, keyId, draft }, nowMs }) => {
  const live = await loadPolicy(store, tenantId);
  if (draft !== undefined) {
    const [error] = validateRouting(draft, live.models).errors;
    if (error !== undefined) throw new AdminError('invalid_request', error.message, { field: `/draft${error.pointer}` });
  }
  const policy = draft === undefined ? live : underDocument(live, draft);
  const key = keyId === undefined ? undefined : await ownKey(store, tenantId, keyId);
  const conversation = readRequest(dialect, request);
  const startMs = performance.now();
  const resolution = resolve({
    policy, facts: factsOf(conversation, {}), requestedModel: conversation.model, dialect,
    key: key === undefined ? NO_KEY : { id: key.keyId, name: key.name, allowedModels: key.allowedModels },
    spend: { todayPct: null, monthPct: null }, breakerOpen: NOTHING, nowMs, templateSalt: templateSaltOf(await pepper(), tenantId), prior: usablePrior(),
  });
  const decidedInMs = Math.round((performance.now() - startMs) * 1_000) / 1_000;
  const { decision } = resolution;
  return { body: { decision: decision ?? null, error: resolution.ok ? null : { code: resolution.failure.code, status: resolution.failure.status, message: resolution.failure.message }, decidedInMs } };
});

/** A body need not name `max_tokens` to be explained, which messages otherwise must. */
function readRequest(dialect: keyof typeof codecs, request: Record<string, unknown>) {
  try {
    return codecs[dialect].readRequest(dialect === 'anthropic-messages' && !('max_tokens' in request) ? { ...request, max_tokens: 1_024 } : request);
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error;
    throw new AdminError('invalid_request', error.failure.message, { field: error.failure.param === undefined ? '/request' : `/request/${error.failure.param}` });
  }
}
