import { routing, type Condition } from '../../functions/contract/index.ts';
import { codecs } from '../../functions/core/dialects/dialect.ts';
import { priceFromUsd } from '../../functions/core/money/cost.ts';
import { priorArtifact } from '../../functions/core/routing/classifier/prior-artifact.ts';
import type { EvidencePlan } from '../../functions/core/routing/evidence/plan.ts';
import { compilePolicy, type CompiledPolicy } from '../../functions/core/routing/policy-compile.ts';
import type { RegisteredModel } from '../../functions/core/routing/policy.ts';
import { factsOf } from '../../functions/core/routing/request-facts.ts';
import { resolve } from '../../functions/core/routing/resolve.ts';
import { templateKeyOf } from '../../functions/core/routing/template.ts';
import { validateRouting } from '../../functions/core/routing/validate-routing.ts';

/**
 * What one routing decision takes, from the parsed request on, as the gateway makes it: what routing knows of a request, then
 * the resolver. 100 rules of 10 conditions, all of which are looked at and none of which decides; strategy `ml`; evidence on
 * 2,000 templates, among them that of the requests. Prints one JSON line: a list of `DecisionTime`.
 */
export interface DecisionTime {
  /** Characters of the user's turn. */
  readonly size: number;
  readonly script: 'english' | 'korean';
  /** ms, over all calls. */
  readonly p50: number;
  readonly p99: number;
  /** ms: of each request's five calls the fastest, of those the 99th percentile. What the scheduler adds is left out. */
  readonly undisturbedP99: number;
}

const RULES = 100;
const TEMPLATES = 2_000;
const REPEATS = 5;
const MIB = 1024 * 1024;
const SENTENCES = { english: 'Please look at the plan of the week and tell me what is missing. ', korean: '이번 주의 계획을 보고 무엇이 빠졌는지 알려 주세요. ' } as const;
const CASES: readonly (readonly [script: keyof typeof SENTENCES, size: number, requests: number])[] = [
  ['english', 1_000, 500], ['english', 16_384, 300], ['english', 100 * 1024, 200], ['english', MIB, 60], ['english', 4 * MIB, 40], ['korean', 1_000, 500], ['korean', 100 * 1024, 200], ['korean', MIB, 60],
];
const SYSTEM = 'You help a team with its plans. Answer in the language of the question.';

/** One condition on each kind of field; nine hold only negated, the last one does not hold. */
const FIELDS: readonly ((n: number) => Omit<Condition, 'negate'>)[] = [
  (n) => ({ field: 'text', op: 'contains', value: `clause ${n}` }), (n) => ({ field: 'all_text', op: 'contains', value: [`missing ${n}`, `plan ${n}`, `week ${n}`] }),
  (n) => ({ field: 'all_text', op: 'glob', value: `*plan*missing*${n}*` }), (n) => ({ field: 'system', op: 'starts_with', value: `you are ${n}` }),
  (n) => ({ field: 'input_tokens', op: 'gt', value: 100_000_000 + n }), (n) => ({ field: 'tool_names', op: 'in', value: [`tool_${n}`, 'shell'] }),
  (n) => ({ field: 'hour', op: 'between', value: [13, 13 + (n % 2)] }), (n) => ({ field: 'metadata.team', op: 'glob', value: `team-${n}-*` }),
  (n) => ({ field: 'language', op: 'in', value: ['fi', `x${n}`] }), (n) => ({ field: 'score', op: 'gt', value: 100 + n }),
];

const model = (id: string, usd: number): RegisteredModel => ({
  id, provider: 'openai', upstreamModel: id, enabled: true, price: priceFromUsd({ input: usd, output: 4 * usd }, 'bench'), facts: { contextWindow: 10_000_000, tools: true }, credentials: [{ credentialId: `c-${id}`, version: 1, name: 'main' }],
});

function policyOf(template: string): CompiledPolicy {
  const models = new Map([model('cheap', 0.1), model('mid', 1), model('strong', 10)].map((one) => [one.id, one]));
  const patterns = Array.from({ length: RULES }, (_, rule) => ({ id: `r${rule}`, priority: rule, glob: 'a*', target: 'model:cheap', conditions: FIELDS.map((made, at) => ({ ...made(rule), negate: at < FIELDS.length - 1 })) }));
  const document = routing.parse({ patterns, auto: { strategy: 'ml', tiers: { simple: ['cheap'], moderate: ['mid'], complex: ['strong'] } } });
  if (validateRouting(document, models).errors.length > 0) throw new Error('The document of the benchmark is not valid.');
  const seen = { labels: 40, perDay: 50, models: [{ model: 'cheap', n: 30, mean: -0.1, se: 0.02, share: 0.3 }, { model: 'mid', n: 30, mean: 0, se: 0.01, share: 0.7 }] };
  const evidence: EvidencePlan = {
    version: 1, decidedAt: '2026-01-01T00:00:00.000Z', baseline: 'strong', labels: 40 * TEMPLATES, eps: 0.1, certified: null,
    templates: Object.fromEntries([template, ...Array.from({ length: TEMPLATES - 1 }, (_, at) => `tk_${at}`)].map((key) => [key, seen])),
    assignments: { [template]: { model: 'mid', n: 30, mean: 0, se: 0.01, why: 'certified', since: '2026-01-01T00:00:00.000Z' } },
  };
  return compilePolicy({ tenantId: 't', version: 1, timezone: 'Asia/Seoul', unknownNames: 'reject', paused: false, alwaysStrongest: false, models, document, evidence });
}

/** As it comes out of the parser: a flat string of its own. */
const requestOf = (script: keyof typeof SENTENCES, size: number, at: number) => {
  const content = JSON.parse(JSON.stringify(`${at} ${SENTENCES[script].repeat(Math.ceil(size / SENTENCES[script].length))}`.slice(0, size))) as string;
  return codecs['openai-chat'].readRequest({ model: 'auto', messages: [{ role: 'system', content: SYSTEM }, { role: 'user', content }] });
};

function measured(policy: CompiledPolicy, [script, size, requests]: (typeof CASES)[number]): DecisionTime {
  const prior = priorArtifact();
  const timed = (conversation: ReturnType<typeof requestOf>): number => {
    const begun = performance.now();
    const resolution = resolve({
      policy, facts: factsOf(conversation, {}), requestedModel: 'auto', dialect: 'openai-chat', key: { id: 'k', name: 'ci', allowedModels: null },
      spend: { todayPct: 1, monthPct: 1 }, breakerOpen: new Set(), nowMs: Date.UTC(2026, 10, 23, 12), templateSalt: 'salt', prior,
    });
    const tookMs = performance.now() - begun;
    if (!resolution.ok || resolution.decision.reason !== 'evidence') throw new Error('The benchmark decides something else than it is to measure.');
    return tookMs;
  };
  for (let at = 0; at < requests; at += 1) timed(requestOf(script, size, at));
  const all = Array.from({ length: requests }, (_, at) => {
    const conversation = requestOf(script, size, at);
    return Array.from({ length: REPEATS }, () => timed(conversation));
  });
  return { size, script, p50: quantile(all.flat(), 0.5), p99: quantile(all.flat(), 0.99), undisturbedP99: quantile(all.map((times) => Math.min(...times)), 0.99) };
}

const quantile = (values: readonly number[], at: number): number => values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(at * values.length))] ?? Number.NaN;

const policy = policyOf(templateKeyOf('salt', factsOf(requestOf('english', 1_000, 0), {})));
console.log(JSON.stringify(CASES.map((each) => measured(policy, each))));
