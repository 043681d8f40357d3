import type { Clock } from '../../core/clock.ts';
import type { Log } from '../../adapters/observe/log.ts';
import type { Quality } from '../../adapters/store/quality.ts';
import { Labelled } from './labelled.ts';
import { Retries } from './retries.ts';

export interface LearningDeps {
  readonly quality: Quality;
  readonly clock: Clock;
  readonly log: Log;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /** A new ULID. */
  readonly newId: () => string;
}

/** Who keeps the process alive for a task; see `GatewayRequest.afterwards`. */
interface Host { readonly afterwards?: (task: () => Promise<void>) => void }

type Task = (signal: AbortSignal) => Promise<void>;

/** Comparisons that run at once in this process, and those of one tenant among them. More are left out, not queued: a queue would keep prompts. */
const MAX_RUNNING = 4;
const MAX_OF_TENANT = 2;

/** What this process learns from answers once they have ended. Nothing here can fail or delay a request. */
export class Learning {
  readonly quality: Quality;
  readonly retries: Retries;
  readonly labelled: Labelled;
  readonly random: () => number;
  readonly newId: () => string;
  readonly #log: Log;
  readonly #stopped = new AbortController();
  readonly #pending = new Set<Promise<void>>();
  readonly #running = new Map<string, number>();

  constructor({ quality, clock, log, random, newId }: LearningDeps) {
    this.quality = quality;
    this.retries = new Retries(clock);
    this.labelled = new Labelled(clock);
    this.random = random;
    this.newId = newId;
    this.#log = log;
  }

  /** Runs a task after the answer: where the host would freeze the process, as part of the invocation, else in the background. */
  after(host: Host, task: Task): void {
    if (this.#stopped.signal.aborted) return;
    const guarded = async (): Promise<void> => {
      try {
        await task(this.#stopped.signal);
      } catch (error) {
        this.#failed(error);
      }
    };
    if (host.afterwards !== undefined) host.afterwards(guarded);
    else {
      // The answer's last bytes go first.
      const running = new Promise<void>((resolve) => { setImmediate(resolve); }).then(guarded);
      this.#pending.add(running);
      void running.finally(() => this.#pending.delete(running));
    }
  }

  /** What work returns; undefined when it throws, which no request is to notice. */
  guarded<T>(work: () => T): T | undefined {
    try {
      return work();
    } catch (error) {
      this.#failed(error);
      return undefined;
    }
  }

  /** The error may hold what was judged: its name is all that is said. */
  #failed(error: unknown): void {
    this.#log.warn('learning from an answer failed', { kind: error instanceof Error ? error.name : 'unknown' });
  }

  /** Takes one of the places for comparisons; false = all are taken. */
  enter(tenantId: string): boolean {
    const own = this.#running.get(tenantId) ?? 0;
    const all = [...this.#running.values()].reduce((sum, count) => sum + count, 0);
    if (all >= MAX_RUNNING || own >= MAX_OF_TENANT) return false;
    this.#running.set(tenantId, own + 1);
    return true;
  }

  leave(tenantId: string): void {
    const own = (this.#running.get(tenantId) ?? 1) - 1;
    if (own <= 0) this.#running.delete(tenantId);
    else this.#running.set(tenantId, own);
  }

  /** Waits for everything that is under way. */
  async settled(): Promise<void> {
    while (this.#pending.size > 0) await Promise.all(this.#pending);
  }

  /** Ends what is under way; what it has cost by then is still written down. */
  async stop(): Promise<void> {
    this.#stopped.abort();
    await this.settled();
  }
}
