import type { Clock } from '../../core/clock.ts';

const DAY_MS = 86_400_000;
const MAX_TEMPLATES = 5_000;

/**
 * The pairs this process has had judged: of a tenant since its plan, of a template today (UTC). A process that begins
 * anew knows of none and judges a little more; nothing depends on it being exact.
 */
export class Labelled {
  readonly #clock: Clock;
  readonly #tenants = new Map<string, { planVersion: number; count: number }>();
  #day = -1;
  #today = new Map<string, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  add(tenantId: string, templateKey: string, planVersion: number): void {
    const known = this.#tenants.get(tenantId);
    if (known?.planVersion === planVersion) known.count += 1;
    else {
      if (this.#tenants.size >= MAX_TEMPLATES) this.#tenants.clear();
      this.#tenants.set(tenantId, { planVersion, count: 1 });
    }
    this.#turn();
    const key = `${tenantId}\n${templateKey}`;
    if (this.#today.size >= MAX_TEMPLATES && !this.#today.has(key)) return;
    this.#today.set(key, (this.#today.get(key) ?? 0) + 1);
  }

  /** Judged pairs of a tenant since the plan of this version. */
  since(tenantId: string, planVersion: number): number {
    const known = this.#tenants.get(tenantId);
    return known?.planVersion === planVersion ? known.count : 0;
  }

  today(tenantId: string, templateKey: string): { templateLabels: number; dayFraction: number } {
    this.#turn();
    return { templateLabels: this.#today.get(`${tenantId}\n${templateKey}`) ?? 0, dayFraction: (this.#clock.now() % DAY_MS) / DAY_MS };
  }

  #turn(): void {
    const day = Math.floor(this.#clock.now() / DAY_MS);
    if (day === this.#day) return;
    this.#day = day;
    this.#today = new Map();
  }
}
