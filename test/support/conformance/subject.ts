import type { ModelConfig } from '../../../functions/contract/index.ts';
import type { LedgerEntry } from '../../../functions/contract/ledger.ts';
import type { ScriptedUpstream } from '../scripted-upstream.ts';

/** A gateway behind one of its doors, as far as its clients see it, and the upstream that it calls. */
export interface Subject {
  /** Scheme, host and port, without a version segment. */
  readonly origin: string;
  readonly key: string;
  readonly upstream: ScriptedUpstream;
  /** Another virtual key of the same tenant. */
  newKey(limits: { readonly rpm: number }): Promise<string>;
  /** The entry of a request, waiting for its settlement. */
  ledger(requestId: string): Promise<LedgerEntry>;
}

export type SubjectModel = Partial<ModelConfig> & { readonly id: string; readonly baseUrl: string };

/** The models that the checks name; the upstream sees each by its own name. */
export const subjectModels = (baseUrl: string): SubjectModel[] => [
  { id: 'cheap', baseUrl, provider: 'openai-compatible', upstreamModel: 'up-model', price: { input: 1, output: 2 } },
  { id: 'native', baseUrl, provider: 'openai', upstreamModel: 'up-model', price: { input: 1, output: 2 } },
  { id: 'claude', baseUrl, provider: 'anthropic', upstreamModel: 'up-model', facts: { maxOutput: 4096 } },
  { id: 'failing', baseUrl, provider: 'openai-compatible', upstreamModel: 'down' },
];

export const SUBJECT_ROUTING = {
  patterns: [{ id: 'fall', priority: 100, glob: 'fall/*', target: 'model:failing', fallbacks: ['cheap'] }],
  auto: { strategy: 'static', tiers: { simple: ['cheap'], moderate: ['cheap'], complex: ['claude'] } },
};
