import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';

export interface SoakOptions {
  readonly minutes: number;
  readonly seed: number;
  /** Clients that each ask, think and ask again. */
  readonly users: number;
  /** Mean time a client thinks between an answer and its next request. */
  readonly thinkMs: number;
  /** Times the gateway is killed with SIGKILL, all before `killUntil`. */
  readonly kills: number;
  /** Share of the run after which nothing is killed, so that one life is long enough to see whether memory grows. */
  readonly killUntil: number;
  /** Times the store is kept from writing. */
  readonly stalls: number;
  readonly stallMs: number;
  /** Leaves the data folder and the log where they are. */
  readonly keep: boolean;
}

const OPTIONS = { 'minutes': { type: 'string' }, 'seed': { type: 'string' }, 'users': { type: 'string' }, 'think': { type: 'string' }, 'kills': { type: 'string' }, 'stalls': { type: 'string' }, 'keep': { type: 'boolean' } } as const;
const STALL_MS = 3_000;

/** Reads the arguments of `npm run soak -- …`; two kills and half a stall a minute. Throws with one sentence for a mistake. */
export function soakOptions(args: readonly string[]): SoakOptions {
  const { values } = parseArgs({ args: [...args], options: OPTIONS });
  const minutes = number('minutes', values.minutes ?? '10', 0.05, 24 * 60);
  return {
    minutes,
    seed: number('seed', values.seed ?? String(randomInt(2 ** 32)), 0, 2 ** 32 - 1),
    users: number('users', values.users ?? '500', 1, 10_000),
    thinkMs: number('think', values.think ?? '5', 0, 3_600) * 1_000,
    kills: Math.round(number('kills', values.kills ?? String(Math.max(1, Math.round(minutes * 2))), 0, 10_000)),
    killUntil: 0.3,
    stalls: Math.round(number('stalls', values.stalls ?? String(Math.max(1, Math.round(minutes / 2))), 0, 1_000)),
    stallMs: STALL_MS,
    keep: values.keep === true,
  };
}

function number(name: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (text.trim() === '' || !(value >= least && value <= most)) throw new Error(`The option --${name} takes a number from ${least} to ${most}, not "${text}".`);
  return value;
}
