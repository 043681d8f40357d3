import { dropOldest } from '../../core/drop-oldest.ts';
import { hash } from 'node:crypto';
import type { Clock } from '../../core/clock.ts';
import { markOf, type Mark } from '../../core/routing/judge/fence.ts';

/** So long a judgement holds for the same text. */
const KEPT_MS = 3_600_000;
const MAX_PER_TENANT = 2_000;
const MAX_TENANTS = 500;
/** As many failures in a row let the judge rest: a judge that is down must not cost every request its three seconds. */
const FAILURES = 5;
const REST_MS = 30_000;

/** What a judgement is of. The text itself is hashed at once and kept nowhere. */
export interface Judgeable { readonly templateKey: string; readonly text: string; readonly judgeModel: string; readonly policyVersion: number }

/**
 * What the judges of this process have said: scores by tenant, bounded, the one used longest ago goes first. In memory
 * only. `randomHex` = 40 hex digits nobody can foresee.
 */
export class Judgements {
  readonly #clock: Clock;
  readonly #randomHex: () => string;
  readonly #scores = new Map<string, Map<string, { readonly score: number; readonly at: number }>>();
  readonly #failures = new Map<string, { count: number; restUntil: number }>();

  constructor({ clock, randomHex }: { readonly clock: Clock; readonly randomHex: () => string }) {
    this.#clock = clock;
    this.#randomHex = randomHex;
  }

  /** The score of an earlier judgement of the same text, for the same template, by the same judge, under the same policy. */
  recall(tenantId: string, of: Judgeable): number | undefined {
    const scores = this.#scores.get(tenantId);
    const key = keyOf(of);
    const known = scores?.get(key);
    if (scores === undefined || known === undefined) return undefined;
    scores.delete(key);
    const age = this.#clock.now() - known.at;
    if (age < 0 || age >= KEPT_MS) return undefined;
    scores.set(key, known);
    return known.score;
  }

  remember(tenantId: string, of: Judgeable, score: number): void {
    const scores = this.#scores.get(tenantId) ?? new Map<string, { score: number; at: number }>();
    if (!this.#scores.has(tenantId)) bounded(this.#scores, MAX_TENANTS).set(tenantId, scores);
    bounded(scores, MAX_PER_TENANT).set(keyOf(of), { score, at: this.#clock.now() });
  }

  /** The judge has failed several times in a row and is not asked for a while. */
  isResting(tenantId: string, modelId: string): boolean {
    const { restUntil } = this.#failures.get(`${tenantId}\n${modelId}`) ?? { restUntil: 0 };
    return Math.abs(restUntil - this.#clock.now()) <= REST_MS && restUntil > this.#clock.now();
  }

  /** How a call of the judge ended; an answer that makes no sense is an answer. */
  ended(tenantId: string, modelId: string, answered: boolean): void {
    const key = `${tenantId}\n${modelId}`;
    if (answered) {
      this.#failures.delete(key);
      return;
    }
    const known = this.#failures.get(key) ?? { count: 0, restUntil: 0 };
    if (!this.#failures.has(key)) bounded(this.#failures, MAX_TENANTS).set(key, known);
    known.count += 1;
    if (known.count < FAILURES) return;
    known.count = 0;
    known.restUntil = this.#clock.now() + REST_MS;
  }

  /** A new mark, for one call. */
  mark(): Mark {
    return markOf(this.#randomHex());
  }
}

const keyOf = ({ templateKey, text, judgeModel, policyVersion }: Judgeable): string =>
  hash('sha256', JSON.stringify([templateKey, text, judgeModel, policyVersion]), 'base64url');

/** Makes room for one more. */
function bounded<V>(map: Map<string, V>, max: number): Map<string, V> {
  if (map.size >= max) dropOldest(map);
  return map;
}
