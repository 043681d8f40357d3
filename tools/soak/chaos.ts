import { DatabaseSync } from 'node:sqlite';
import { setTimeout as wait } from 'node:timers/promises';
import type { Gateway } from './gateway.ts';
import type { SoakOptions } from './options.ts';
import type { Random } from './random.ts';
import type { Stall } from './records.ts';

/** When what happens, in ms from the begin of the run. */
export interface Plan { readonly kills: readonly number[]; readonly stalls: readonly number[] }

/** A process that has just begun has nothing to lose yet. */
const LEAST_LIFE_MS = 3_000;
/** Share of the stalls during which the gateway is killed too. */
const KILLED_IN = 0.4;
/** After the last kill, until all clients are back. */
const AT_WORK_MS = 30_000;
const FIRST = 0.05;
const LAST = 0.95;
/** Stalls neither overlap nor follow at once: what one has left is to be made up for first. */
const STALLS_APART_MS = 3_000;

/** Random times, kept apart; some stalls are put around a kill, which finds settlements in the spool. */
export function planChaos(random: Random, { minutes, kills, killUntil, stalls, stallMs }: SoakOptions): Plan {
  const lengthMs = minutes * 60_000;
  const killTimes = spread(random, kills, FIRST * lengthMs, killUntil * lengthMs, LEAST_LIFE_MS);
  const taken: number[] = [];
  const room = stallMs + STALLS_APART_MS;
  const isFree = (at: number): boolean => taken.every((other) => Math.abs(other - at) >= room);
  for (const kill of shuffled(random, killTimes)) {
    const at = Math.max(0, kill - random() * stallMs * 0.9);
    if (taken.length < Math.round(stalls * KILLED_IN) && isFree(at)) taken.push(at);
  }
  // The others one in each part of the time after the kills, when the process whose memory is measured is at work: it meets its first one while
  // it warms up, which leaves behind what everybody who waited has held; what a further one would leave is seen.
  const calm = Math.max(FIRST, killUntil) * lengthMs;
  const [from, others] = [calm + Math.min(AT_WORK_MS, (LAST * lengthMs - calm) / 4) + stallMs, stalls - taken.length];
  const part = (LAST * lengthMs - from) / Math.max(1, others);
  for (let n = 0; n < others; n += 1) {
    for (let tries = 0; tries < 1_000; tries += 1) {
      const at = from + (n + random()) * part - stallMs;
      if (at <= 0 || !isFree(at)) continue;
      taken.push(at);
      break;
    }
  }
  return { kills: killTimes, stalls: taken.toSorted((a, b) => a - b) };
}

function spread(random: Random, count: number, from: number, to: number, apart: number): number[] {
  const free = Math.max(0, to - from - apart * (count - 1));
  return Array.from({ length: count }, () => random() * free).toSorted((a, b) => a - b).map((at, i) => from + at + Math.min(apart, (to - from) / count) * i);
}

const shuffled = (random: Random, times: readonly number[]): number[] => times.map((at) => [random(), at] as const).toSorted(([a], [b]) => a - b).map(([, at]) => at);

/** Carries the plan out; resolves when the last process is up again and the last stall is over. */
export async function runChaos(plan: Plan, gateway: Gateway, { stallMs }: SoakOptions, stalls: Stall[], say: (line: string) => void): Promise<void> {
  const from = Date.now();
  const until = (ms: number): Promise<void> => wait(Math.max(0, from + ms - Date.now()));
  const second = (): string => `${Math.round((Date.now() - from) / 1000)} s`;
  const killing = async (): Promise<void> => {
    for (const at of plan.kills) {
      await until(at);
      say(`${second()}: SIGKILL`);
      await gateway.kill();
    }
  };
  const stalling = async (): Promise<void> => {
    for (const at of plan.stalls) {
      await until(at);
      say(`${second()}: the store takes no writes for ${stallMs / 1000} s`);
      await stall(`${gateway.dataDir}/bsgateway.sqlite`, stallMs, stalls);
    }
  };
  await Promise.all([killing(), stalling()]);
}

/** Holds SQLite's one write lock from another connection: whoever writes meanwhile waits or fails. */
async function stall(file: string, ms: number, stalls: Stall[]): Promise<void> {
  const db = new DatabaseSync(file, { timeout: 0 });
  try {
    while (!begun(db)) await wait(2);
    const stalled: Stall = { from: Date.now(), to: Infinity };
    stalls.push(stalled);
    await wait(ms);
    db.exec('ROLLBACK');
    stalled.to = Date.now();
  } finally {
    db.close();
  }
}

function begun(db: DatabaseSync): boolean {
  try {
    db.exec('BEGIN IMMEDIATE');
    return true;
  } catch {
    return false;
  }
}
