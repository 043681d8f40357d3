import { dropOldest } from '../../core/drop-oldest.ts';
import type { Clock } from '../../core/clock.ts';
import { partition, readAll } from './entity.ts';
import type { Guard, Item, Key, Store } from './port.ts';
import { RecentCalls } from './recent-calls.ts';

/** So many failures of a model within the window open its breaker, where no process has seen more calls go well meanwhile. */
const FAILURES = 5;
const WINDOW_MS = 30_000;
/** How long an open breaker lets nothing through before one request may try. */
const OPEN_MS = 2_000;
/** A probe that never reports (its process died) is given up after this. */
const PROBE_MS = 30_000;
/** A moment that lies further ahead than any that is ever set was set by a clock that has been set back since. */
const CLOCK_SPREAD_MS = 60_000;
/** Age at which this process's view of the breakers is read again, off the request path: well within the time a breaker stays open. */
const FRESH_MS = 1_000;
/** A model that has not failed for a day needs no row. */
const FORGET_SECONDS = 86_400;
const MAX_TENANTS = 1_000;

/**
 * Circuit breakers of the models of all tenants, shared through the store: one row per model that has failed lately. A
 * store that does not answer leaves every breaker closed: it never stops a request.
 */
export interface Breakers {
  /** Models of a tenant that no request may be routed to now. Never does I/O; a view that is too old is read again in the background. */
  open(tenantId: string): ReadonlySet<string>;
  /** Before a call. False: the breaker is open and this request is not its probe. Takes the probe when one is due. */
  begin(tenantId: string, modelId: string): boolean;
  /**
   * After a call. `healthy`: the upstream answered; closes the breaker that this call was the probe of. `failed`: it failed in
   * a way that says nothing about the request; the fifth time within 30 s opens the breaker, unless the processes that saw them
   * saw more calls go well since the first: a share of faults in much traffic is no outage. `unknown`: the call was dropped.
   */
  ended(tenantId: string, modelId: string, outcome: 'healthy' | 'failed' | 'unknown'): void;
  /** Waits for the writes that are under way. */
  settled(): Promise<void>;
}

interface Breaker {
  /** Epoch ms; 0 = closed. */
  openUntil: number;
  failures: number;
  /** Epoch ms; undefined: nothing is stored of it, or not known yet. */
  windowStart: number | undefined;
  /** This process asks for the lease (`claiming`), holds it while the probe waits for a request (`due`), or has sent it. */
  probe: 'claiming' | 'due' | 'sent' | undefined;
}

interface View { readonly models: Map<string, Breaker>; readonly calls: RecentCalls; readAt: number; reading: boolean }

const NONE: ReadonlySet<string> = new Set();
const partitionOf = (tenantId: string): string => partition('T', tenantId, 'BRK');
const keyOf = (tenantId: string, modelId: string): Key => ({ table: 'usage', pk: partitionOf(tenantId), sk: modelId });

export function openBreakers({ store, clock }: { readonly store: Store; readonly clock: Clock }): Breakers {
  return new SharedBreakers(store, clock);
}

class SharedBreakers implements Breakers {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #views = new Map<string, View>();
  readonly #pending = new Set<Promise<unknown>>();

  constructor(store: Store, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
  }

  open(tenantId: string): ReadonlySet<string> {
    const view = this.#view(tenantId);
    const now = this.#clock.now();
    if (!view.reading && Math.abs(now - view.readAt) >= FRESH_MS) this.#background(this.#read(tenantId, view));
    if (view.models.size === 0) return NONE;
    for (const [modelId, breaker] of view.models) this.#claim(tenantId, modelId, breaker, now);
    return new Set([...view.models].filter(([, breaker]) => isShut(breaker)).map(([modelId]) => modelId));
  }

  begin(tenantId: string, modelId: string): boolean {
    const breaker = this.#views.get(tenantId)?.models.get(modelId);
    if (breaker === undefined || breaker.openUntil === 0) return true;
    if (breaker.probe !== 'due') return false;
    breaker.probe = 'sent';
    return true;
  }

  ended(tenantId: string, modelId: string, outcome: 'healthy' | 'failed' | 'unknown'): void {
    if (outcome !== 'unknown') this.#view(tenantId).calls.note(modelId, outcome === 'failed', this.#clock.now());
    if (outcome === 'failed') this.#failed(tenantId, modelId);
    else if (outcome === 'healthy') this.#healthy(tenantId, modelId);
    else {
      const breaker = this.#views.get(tenantId)?.models.get(modelId);
      // The lease is still this process's: the next request tries instead.
      if (breaker?.probe === 'sent') breaker.probe = 'due';
    }
  }

  #healthy(tenantId: string, modelId: string): void {
    const breaker = this.#views.get(tenantId)?.models.get(modelId);
    if (breaker?.probe !== 'sent') return;
    Object.assign(breaker, { openUntil: 0, failures: 0, windowStart: 0, probe: undefined });
    this.#background(this.#store.write([{ update: keyOf(tenantId, modelId), set: { openUntil: 0, probeUntil: 0, failures: 0, windowStart: 0 } }]));
  }

  #failed(tenantId: string, modelId: string): void {
    const view = this.#view(tenantId);
    const breaker = view.models.get(modelId) ?? { openUntil: 0, failures: 0, windowStart: undefined, probe: undefined };
    view.models.set(modelId, breaker);
    if (breaker.probe === 'sent') {
      breaker.probe = undefined;
      this.#shut(tenantId, modelId, breaker);
    } else if (breaker.openUntil === 0) this.#background(this.#count(tenantId, modelId, breaker, view.calls));
  }

  async settled(): Promise<void> {
    while (this.#pending.size > 0) await Promise.all(this.#pending);
  }

  #view(tenantId: string): View {
    const known = this.#views.get(tenantId);
    if (known !== undefined) return known;
    if (this.#views.size >= MAX_TENANTS) dropOldest(this.#views);
    const view: View = { models: new Map(), calls: new RecentCalls(), readAt: Number.NEGATIVE_INFINITY, reading: false };
    this.#views.set(tenantId, view);
    return view;
  }

  /** An open time that is over: whoever gets the lease first, of all processes, may send one request. */
  #claim(tenantId: string, modelId: string, breaker: Breaker, now: number): void {
    if (breaker.openUntil === 0 || isAhead(breaker, now) || breaker.probe !== undefined) return;
    breaker.probe = 'claiming';
    this.#background(this.#lease(tenantId, modelId, breaker, now));
  }

  async #lease(tenantId: string, modelId: string, breaker: Breaker, now: number): Promise<void> {
    let won = false;
    try {
      const take = (free: Guard) => this.#store.write([{
        update: keyOf(tenantId, modelId), set: { probeUntil: now + PROBE_MS }, guards: [free, { attr: 'openUntil', equals: breaker.openUntil }],
      }]);
      let result = await take({ attr: 'probeUntil', atMost: now });
      const held = result.ok ? 0 : Number(result.current?.['probeUntil'] ?? 0);
      if (held > now + PROBE_MS + CLOCK_SPREAD_MS) result = await take({ attr: 'probeUntil', equals: held });
      won = result.ok;
      if (!result.ok) adopt(breaker, result.current);
    } finally {
      breaker.probe = won ? 'due' : undefined;
      // Another holds the lease: looked at again when it can have ended.
      if (!won && breaker.openUntil !== 0 && !isAhead(breaker, now)) breaker.openUntil = now + FRESH_MS;
    }
  }

  /**
   * One failure more, by all processes together. A window that is over begins anew, and so does one in which this process has seen
   * more calls go well than fail: then its failures were single ones, and this is the first that may be of an outage.
   */
  async #count(tenantId: string, modelId: string, breaker: Breaker, calls: RecentCalls): Promise<void> {
    const key = keyOf(tenantId, modelId);
    const now = this.#clock.now();
    // Further rounds when another process began the window in between: what it began is looked at in the same way.
    for (let round = 0; round < 3; round += 1) {
      if (!calls.mostWell(modelId, breaker.windowStart ?? Number.NEGATIVE_INFINITY)) {
        const within = await this.#store.write([{ update: key, add: { failures: 1 }, guards: [{ attr: 'windowStart', atLeast: now - WINDOW_MS }, { attr: 'openUntil', atMost: 0 }] }]);
        if (within.ok) {
          breaker.failures = Number(within.after[0]?.['failures'] ?? 0);
          if (breaker.failures >= FAILURES && breaker.openUntil === 0) this.#shut(tenantId, modelId, breaker);
          return;
        }
        adopt(breaker, within.current);
        if (breaker.openUntil !== 0) return;
      }
      const { windowStart } = breaker;
      const guard = windowStart === undefined ? { attr: 'windowStart', absent: true as const } : { attr: 'windowStart', equals: windowStart };
      const begun = await this.#store.write([{
        update: key, set: { windowStart: now, failures: 1, openUntil: 0, probeUntil: 0, modelId, expiresAt: Math.ceil(now / 1000) + FORGET_SECONDS }, guards: [guard, { attr: 'openUntil', atMost: 0 }],
      }]);
      if (begun.ok) {
        breaker.windowStart = now;
        breaker.failures = 1;
        return;
      }
      adopt(breaker, begun.current);
      if (breaker.openUntil !== 0) return;
    }
  }

  #shut(tenantId: string, modelId: string, breaker: Breaker): void {
    breaker.openUntil = this.#clock.now() + OPEN_MS;
    breaker.failures = 0;
    this.#background(this.#store.write([{ update: keyOf(tenantId, modelId), set: { openUntil: breaker.openUntil, probeUntil: 0, failures: 0, modelId } }]));
  }

  async #read(tenantId: string, view: View): Promise<void> {
    view.reading = true;
    try {
      const items = await readAll(this.#store, { table: 'usage', pk: partitionOf(tenantId) });
      for (const item of items) {
        const modelId = String(item['modelId']);
        const breaker = view.models.get(modelId) ?? { openUntil: 0, failures: 0, windowStart: undefined, probe: undefined };
        if (breaker.probe === undefined) adopt(breaker, item);
        view.models.set(modelId, breaker);
      }
    } finally {
      view.readAt = this.#clock.now();
      view.reading = false;
    }
  }

  /** Nothing here may fail a request: what does not work now works next time. */
  #background(work: Promise<unknown>): void {
    const done = Promise.allSettled([work]);
    this.#pending.add(done);
    void done.finally(() => this.#pending.delete(done));
  }
}

/** Its end is still to come, and believably so. */
const isAhead = ({ openUntil }: Breaker, now: number): boolean => openUntil > now && openUntil <= now + OPEN_MS + CLOCK_SPREAD_MS;
const isShut = (breaker: Breaker): boolean => breaker.openUntil !== 0 && breaker.probe !== 'due';

function adopt(breaker: Breaker, item: Item | undefined): void {
  breaker.openUntil = Number(item?.['openUntil'] ?? 0);
  breaker.failures = Number(item?.['failures'] ?? 0);
  breaker.windowStart = typeof item?.['windowStart'] === 'number' ? item['windowStart'] : undefined;
}
