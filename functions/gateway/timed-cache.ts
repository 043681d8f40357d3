import type { Clock } from '../core/clock.ts';

interface Entry<V> { value: V; loadedAt: number; refreshing: boolean }

export interface TimedCacheOptions<V> {
  readonly clock: Clock;
  /** Age in ms up to which a value is used as it is. */
  readonly freshMs: number | ((value: V) => number);
  /** Age in ms up to which an older value is still used while it is read again off the request path. Beyond: read first. */
  readonly staleMs: number | ((value: V) => number);
  readonly maxEntries: number;
  /** Age in ms up to which a value still serves when the store cannot be read. Default: not at all. */
  readonly serveOnErrorMs?: number;
}

/**
 * A bounded cache of something read from the store, per process. Concurrent first reads share one load; a failed
 * background refresh keeps the old value until it is too old. The oldest entry goes when it is full.
 */
export class TimedCache<V> {
  readonly #entries = new Map<string, Entry<V>>();
  readonly #loading = new Map<string, Promise<V>>();
  readonly #options: TimedCacheOptions<V>;
  readonly #load: (key: string) => Promise<V>;

  constructor(load: (key: string) => Promise<V>, options: TimedCacheOptions<V>) {
    this.#load = load;
    this.#options = options;
  }

  get(key: string): V | Promise<V> {
    const entry = this.#entries.get(key);
    if (entry === undefined) return this.#read(key);
    const age = this.#options.clock.now() - entry.loadedAt;
    if (age >= 0 && age < limit(this.#options.freshMs, entry.value)) return entry.value;
    if (age < 0 || age >= limit(this.#options.staleMs, entry.value)) return this.#readOr(key, entry, age);
    if (!entry.refreshing) {
      entry.refreshing = true;
      this.#read(key).catch(() => { entry.refreshing = false; });
    }
    return entry.value;
  }

  /** Forgets one key, or all: the next `get` reads the store. */
  invalidate(key?: string): void {
    if (key === undefined) this.#entries.clear();
    else this.#entries.delete(key);
    // A load that began before the change must not put the old value back.
    if (key === undefined) this.#loading.clear();
    else this.#loading.delete(key);
  }

  /** The value is too old to be used unasked; but where nobody can be asked, nothing can have changed through that store either. */
  async #readOr(key: string, entry: Entry<V>, age: number): Promise<V> {
    try {
      return await this.#read(key);
    } catch (error) {
      if (age >= 0 && age < (this.#options.serveOnErrorMs ?? 0)) return entry.value;
      throw error;
    }
  }

  #read(key: string): Promise<V> {
    const running = this.#loading.get(key);
    if (running !== undefined) return running;
    const load = this.#load(key).then((value) => {
      if (this.#loading.get(key) === load) this.#store(key, value);
      return value;
    }).finally(() => {
      if (this.#loading.get(key) === load) this.#loading.delete(key);
    });
    this.#loading.set(key, load);
    return load;
  }

  #store(key: string, value: V): void {
    this.#entries.delete(key);
    if (this.#entries.size >= this.#options.maxEntries) {
      const oldest = this.#entries.keys().next().value;
      if (oldest !== undefined) this.#entries.delete(oldest);
    }
    this.#entries.set(key, { value, loadedAt: this.#options.clock.now(), refreshing: false });
  }
}

function limit<V>(bound: number | ((value: V) => number), value: V): number {
  return typeof bound === 'number' ? bound : bound(value);
}
