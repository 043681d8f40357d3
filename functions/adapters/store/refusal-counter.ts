import type { Clock } from '../../core/clock.ts';
import { counterName, NO_KEY, quarterOf, refusalsOp, SAMPLES_KEPT, type RefusalSample } from './refusals.ts';
import { StoreError, type Store } from './port.ts';

/** A request that was turned away; tenant and key only where they are known. */
export interface Refused {
  readonly tenantId?: string;
  readonly keyId?: string;
  readonly requestId: string;
  /** Epoch ms. */
  readonly atMs: number;
  readonly code: string;
  readonly status: number;
  /** The pattern that its path matched. */
  readonly route: string;
  readonly dialect: string;
  readonly requestedModel?: string | undefined;
}

export interface RefusalCounter {
  /** Counts one in memory: no I/O, and nothing that could fail a request. */
  note(refused: Refused): void;
  /** Writes what is there unless something was written within the last second. Never rejects. */
  flushIfDue(): Promise<void>;
  /** Writes what is there; what the store does not take is kept for the next time. Never rejects. */
  flush(): Promise<void>;
}

export interface RefusalCounterDeps {
  readonly store: Store;
  readonly clock: Clock;
  /** Uniform in [0, 1): the first place for samples, so that processes seldom overwrite each other's. */
  readonly random: () => number;
  /** Flushes by itself, a second after the first refusal that waits; otherwise the host calls `flushIfDue`. */
  readonly timer: boolean;
  /** Told how many refusals had no room in memory while the store was away. */
  readonly lost?: (count: number) => void;
}

const EVERY_MS = 1_000;
/** Counters that wait: callers without a key cannot make new ones, so only an outage of the store comes near. */
const MAX_WAITING = 5_000;
/** Longer texts and other characters are no name of a model. */
const MODEL_NAME = /^[A-Za-z0-9._:/@-]{1,128}$/;
/** Somebody has put a secret where a name belongs. */
const SECRET = /^(?:bsga?_|sk-)/;

/** Counters of one write: an update's expression has a bounded length. */
const PER_WRITE = 32;

interface Quarter { readonly tenantId: string | undefined; readonly startMs: number; readonly counts: Map<string, number>; readonly samples: Map<number, RefusalSample> }

/** Refusals of this process, counted by tenant, key, code and minute, with the last twenty of each tenant as samples. */
export function openRefusalCounter(deps: RefusalCounterDeps): RefusalCounter {
  const { store, clock } = deps;
  let waiting = new Map<string, Quarter>();
  let size = 0;
  const places = new Map<string, number>();
  let flushedAt = Number.NEGATIVE_INFINITY;
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> | undefined;

  const quarterFor = (tenantId: string | undefined, startMs: number): Quarter => {
    const id = `${startMs}\n${tenantId ?? ''}`;
    let quarter = waiting.get(id);
    if (quarter === undefined) {
      quarter = { tenantId, startMs, counts: new Map(), samples: new Map() };
      waiting.set(id, quarter);
    }
    return quarter;
  };
  /** Each tenant's samples go around their twenty places. */
  const nextPlace = (tenantId = ''): number => {
    const place = places.get(tenantId) ?? Math.floor(deps.random() * SAMPLES_KEPT);
    if (places.size >= MAX_WAITING) places.clear();
    places.set(tenantId, (place + 1) % SAMPLES_KEPT);
    return place;
  };
  const count = (quarter: Quarter, name: string, amount: number): boolean => {
    const known = quarter.counts.get(name);
    if (known === undefined && size >= MAX_WAITING) {
      deps.lost?.(amount);
      return false;
    }
    if (known === undefined) size += 1;
    quarter.counts.set(name, (known ?? 0) + amount);
    return true;
  };
  const write = async (quarter: Quarter): Promise<void> => {
    try {
      await store.write([refusalsOp(quarter)]);
    } catch (error) {
      // An item that has grown too large takes no more counters: those of this second are left out of it.
      if (error instanceof StoreError && error.kind === 'invalid') {
        deps.lost?.([...quarter.counts.values()].reduce((sum, amount) => sum + amount, 0));
        return;
      }
      const back = quarterFor(quarter.tenantId, quarter.startMs);
      for (const [name, amount] of quarter.counts) count(back, name, amount);
      for (const [at, sample] of quarter.samples) if (!back.samples.has(at)) back.samples.set(at, sample);
      arm();
    }
  };
  const flush = async (): Promise<void> => {
    clearTimeout(timer);
    timer = undefined;
    flushedAt = clock.elapsed();
    const all = [...waiting.values()];
    waiting = new Map();
    size = 0;
    await Promise.all(all.flatMap(pieces).map(write));
  };
  const flushOnce = (): Promise<void> => (running ??= flush().finally(() => { running = undefined; }));
  function arm(): void {
    if (!deps.timer || timer !== undefined) return;
    timer = setTimeout(() => { void flushOnce(); }, EVERY_MS);
    timer.unref();
  }
  return {
    note(refused) {
      const quarter = quarterFor(refused.tenantId, quarterOf(refused.atMs));
      if (!count(quarter, counterName(refused.atMs, refused.keyId ?? NO_KEY, refused.code), 1)) return;
      quarter.samples.set(nextPlace(refused.tenantId), sampleOf(refused));
      arm();
    },
    async flushIfDue() {
      const sinceMs = clock.elapsed() - flushedAt;
      if (waiting.size > 0 && (sinceMs >= EVERY_MS || sinceMs < 0)) await flushOnce();
    },
    async flush() {
      // What came while another flush was writing is not in it.
      await running;
      if (waiting.size > 0) await flushOnce();
    },
  };
}

/** As much as one update may carry; the samples go with the first piece. */
function pieces({ counts, samples, ...quarter }: Quarter): Quarter[] {
  const all = [...counts];
  return Array.from({ length: Math.ceil(all.length / PER_WRITE) }, (_, at) => (
    { ...quarter, counts: new Map(all.slice(at * PER_WRITE, (at + 1) * PER_WRITE)), samples: at === 0 ? samples : new Map() }
  ));
}

function sampleOf({ requestId, atMs, keyId, code, status, route, dialect, requestedModel }: Refused): RefusalSample {
  const isName = requestedModel !== undefined && MODEL_NAME.test(requestedModel) && !SECRET.test(requestedModel);
  return { requestId, at: new Date(atMs).toISOString(), keyId: keyId ?? null, code, status, route, dialect, requestedModel: isName ? requestedModel : null };
}
