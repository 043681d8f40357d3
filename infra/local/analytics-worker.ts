import { setImmediate as nextTurn } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { jsonLog } from '../../functions/adapters/observe/log.ts';
import { StoreError } from '../../functions/adapters/store/port.ts';
import { openSqliteStore } from '../../functions/adapters/store/sqlite.ts';
import { analyticsOf, type Analytics } from '../../functions/admin/usage/analytics.ts';
import { planEvidence, type PlanResult } from '../../functions/jobs/plan-evidence/plan-evidence.ts';
import { rollUp, type RollUpResult } from '../../functions/jobs/roll-up/roll-up.ts';
import { sweepAll } from './sweep-expired.ts';

/** What the worker is started with. */
export interface AnalyticsWorkerData { readonly file: string }

export type AnalyticsTask =
  | { readonly kind: 'usage'; readonly args: Parameters<Analytics['usage']> }
  | { readonly kind: 'requests'; readonly args: Parameters<Analytics['requests']> }
  | { readonly kind: 'replay'; readonly args: Parameters<Analytics['replay']> }
  | { readonly kind: 'rollUp' }
  | { readonly kind: 'planEvidence' }
  /** Lets a running roll-up end after its bucket and a plan after its tenant, closes both connections and ends the thread. */
  | { readonly kind: 'stop' };
export type AnalyticsMessage = AnalyticsTask & { readonly id: number };
export type AnalyticsReply =
  | { readonly id: number; readonly ok: true; readonly value: unknown }
  | { readonly id: number; readonly ok: false; readonly kind: 'invalid' | 'unavailable'; readonly message: string };

/** A thread of its own, since a query over many rows would let every request of the gateway wait. */
function listen(port: NonNullable<typeof parentPort>, { file }: AnalyticsWorkerData): void {
  const reader = openSqliteStore(file, { readOnly: true });
  const writer = openSqliteStore(file);
  const analytics = analyticsOf(reader);
  const log = jsonLog((line) => process.stderr.write(line), () => Date.now());
  let isStopping = false;
  let rollingUp: Promise<RollUpResult> | undefined;
  let planning: Promise<PlanResult> | undefined;
  const remainingMs = (): number => (isStopping ? 0 : Infinity);

  const runRollUp = async (): Promise<RollUpResult> => {
    const result = await rollUp({ store: writer, now: () => Date.now(), remainingMs, pause: nextTurn, log });
    await sweepAll({ store: writer, nowSeconds: Math.floor(Date.now() / 1000), elapsed: () => performance.now(), isStopping: () => isStopping, pause: nextTurn });
    return result;
  };
  const answer = async (task: AnalyticsTask): Promise<unknown> => {
    switch (task.kind) {
      case 'usage': return analytics.usage(...task.args);
      case 'requests': return analytics.requests(...task.args);
      case 'replay': return analytics.replay(...task.args);
      case 'rollUp': return (rollingUp ??= runRollUp().finally(() => { rollingUp = undefined; }));
      case 'planEvidence': return (planning ??= planEvidence({ store: writer, now: () => Date.now(), remainingMs, log }).finally(() => { planning = undefined; }));
      case 'stop': {
        isStopping = true;
        await Promise.allSettled([rollingUp, planning]);
        await Promise.all([reader.close(), writer.close()]);
        return undefined;
      }
    }
  };
  const replyTo = async (message: AnalyticsMessage): Promise<AnalyticsReply> => {
    try {
      return { id: message.id, ok: true, value: await answer(message) };
    } catch (error) {
      return { id: message.id, ok: false, kind: error instanceof StoreError ? error.kind : 'unavailable', message: error instanceof Error ? error.message : 'failed' };
    }
  };
  port.on('message', async (message: AnalyticsMessage) => {
    port.postMessage(await replyTo(message), []);
    if (message.kind === 'stop') port.close();
  });
}

if (parentPort !== null) listen(parentPort, workerData as AnalyticsWorkerData);
