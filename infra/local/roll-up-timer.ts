import { Worker } from 'node:worker_threads';
import type { Log } from '../../functions/adapters/observe/log.ts';
import { StoreError } from '../../functions/adapters/store/port.ts';
import type { Analytics } from '../../functions/admin/usage/analytics.ts';
import type { PlanResult } from '../../functions/jobs/plan-evidence/plan-evidence.ts';
import type { RollUpResult } from '../../functions/jobs/roll-up/roll-up.ts';
import type { AnalyticsMessage, AnalyticsReply, AnalyticsTask, AnalyticsWorkerData } from './analytics-worker.ts';

export interface RollUpOptions {
  /** The SQLite file of the running gateway. */
  readonly file: string;
  readonly log: Log;
  /** Default 60 s; usage that is younger than about two minutes is read from rows anyway. */
  readonly everyMs?: number;
  /** Until the first run, so that a start is not slowed down. Default 5 s. */
  readonly firstAfterMs?: number;
  /** Between two looks at the evidence; default 1 h. The first comes after the first roll-up. */
  readonly planEveryMs?: number;
}

export interface RollUps {
  /** For the admin API: answers come from the worker. */
  readonly analytics: Analytics;
  /** Begins the regular runs; each begins only after the one before has ended. */
  start(): void;
  /** One run now, or the one that is under way. */
  runNow(): Promise<RollUpResult>;
  /** Brings the evidence plans up to date now; beside that it happens regularly, like the roll-ups. */
  planNow(): Promise<PlanResult>;
  /** Ends the runs and the worker within about 2 s. Questions that are open then are refused as unavailable. */
  stop(): Promise<void>;
}

const EVERY_MS = 60_000;
const PLAN_EVERY_MS = 3_600_000;
const FIRST_AFTER_MS = 5_000;
const STOP_MS = 2_000;
/** A thread that nobody has asked for so long gives its memory back. */
const IDLE_MS = 5_000;
/** The bundle of the worker lies beside the server's; from sources Node runs it as it is. */
const WORKER_URL = new URL(import.meta.url.endsWith('.ts') ? './analytics-worker.ts' : './analytics-worker.mjs', import.meta.url);
const LIMITS = { maxOldGenerationSizeMb: 512, maxYoungGenerationSizeMb: 8 };

/**
 * Roll-ups and evidence plans by the clock and analytics for one machine, all in one worker thread with connections of its own. The worker
 * is started when it is first needed, and again after it died.
 */
export function openRollUps(options: RollUpOptions): RollUps {
  const thread = openThread({ file: options.file });
  const everyMs = options.everyMs ?? EVERY_MS;
  const planEveryMs = options.planEveryMs ?? PLAN_EVERY_MS;
  let timer: NodeJS.Timeout | undefined;
  let isStopped = false;
  let plannedAtMs = -Infinity;
  const planNow = (): Promise<PlanResult> => thread.ask({ kind: 'planEvidence' }) as Promise<PlanResult>;
  const planWhenDue = async (): Promise<void> => {
    if (isStopped || performance.now() - plannedAtMs < planEveryMs) return;
    plannedAtMs = performance.now();
    await planNow().catch(() => options.log.error('evidence could not be planned'));
  };
  const runNow = (): Promise<RollUpResult> => thread.ask({ kind: 'rollUp' }) as Promise<RollUpResult>;
  const plan = (afterMs: number): void => {
    if (isStopped) return;
    timer = setTimeout(() => {
      runNow().catch(() => options.log.error('roll-up failed')).then(planWhenDue).finally(() => plan(everyMs));
    }, afterMs);
    timer.unref();
  };
  return {
    analytics: {
      usage: (...args) => thread.ask({ kind: 'usage', args }) as ReturnType<Analytics['usage']>,
      requests: (...args) => thread.ask({ kind: 'requests', args }) as ReturnType<Analytics['requests']>,
      replay: (...args) => thread.ask({ kind: 'replay', args }) as ReturnType<Analytics['replay']>,
    },
    start: () => { if (timer === undefined) plan(options.firstAfterMs ?? FIRST_AFTER_MS); },
    runNow,
    planNow,
    async stop() {
      isStopped = true;
      clearTimeout(timer);
      await thread.stop();
    },
  };
}

interface Waiting { readonly resolve: (value: unknown) => void; readonly reject: (error: StoreError) => void }

function openThread(data: AnalyticsWorkerData): { ask(task: AnalyticsTask): Promise<unknown>; stop(): Promise<void> } {
  let worker: Worker | undefined;
  let isStopped = false;
  let asked = 0;
  const waiting = new Map<number, Waiting>();
  let idle: NodeJS.Timeout | undefined;

  const ended = (which: Worker): void => {
    if (worker !== which) return;
    worker = undefined;
    for (const { reject } of waiting.values()) reject(new StoreError('unavailable', 'analytics ended'));
    waiting.clear();
  };
  /** Whoever asks from now on gets a new thread. */
  const retire = (idleWorker: Worker): void => {
    if (worker !== idleWorker || waiting.size > 0 || isStopped) return;
    worker = undefined;
    const message: AnalyticsMessage = { kind: 'stop', id: (asked += 1) };
    idleWorker.postMessage(message, []);
  };
  const running = (): Worker => {
    if (worker !== undefined) return worker;
    const started = new Worker(WORKER_URL, { workerData: data, resourceLimits: LIMITS, name: 'analytics' });
    started.on('message', (reply: AnalyticsReply) => {
      const asker = waiting.get(reply.id);
      waiting.delete(reply.id);
      if (reply.ok) asker?.resolve(reply.value);
      else asker?.reject(new StoreError(reply.kind, reply.message));
      // Nobody waits for it: it must not keep a process alive that has nothing else to do.
      if (waiting.size > 0) return;
      started.unref();
      clearTimeout(idle);
      idle = setTimeout(() => retire(started), IDLE_MS);
      idle.unref();
    });
    started.on('error', () => ended(started));
    started.on('exit', () => ended(started));
    worker = started;
    return started;
  };
  const ask = (task: AnalyticsTask): Promise<unknown> => new Promise((resolve, reject) => {
    if (isStopped && task.kind !== 'stop') {
      reject(new StoreError('unavailable', 'analytics is stopped'));
      return;
    }
    const to = running();
    const message: AnalyticsMessage = { ...task, id: (asked += 1) };
    waiting.set(message.id, { resolve, reject });
    to.ref();
    to.postMessage(message, []);
  });
  return {
    ask,
    async stop() {
      isStopped = true;
      clearTimeout(idle);
      const last = worker;
      if (last === undefined) return;
      const gone = new Promise<void>((resolve) => { last.once('exit', () => resolve()); });
      void ask({ kind: 'stop' }).catch(() => undefined);
      const timer = setTimeout(() => { void last.terminate(); }, STOP_MS);
      await gone;
      clearTimeout(timer);
    },
  };
}
