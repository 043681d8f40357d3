import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { promisify } from 'node:util';
import { addressBlock } from '../../../functions/core/safe-url.ts';
import { StartError } from '../command-line.ts';

/** The operator's password, for a server that other machines can reach. */
export interface PasswordGate {
  /**
   * Reads the form of a sign-in from `address` and judges its password. `wait` after five wrong ones within a minute from
   * that address (IPv6: from its /64), so that a stranger's guesses keep nobody else out, or after 60 from everywhere.
   */
  check(message: IncomingMessage, address: string): Promise<'right' | 'wrong' | 'wait'>;
}

const LEAST_LENGTH = 12;
const MAX_FORM_BYTES = 4_096;
const MAX_WRONG = 5;
/** For whoever has many addresses: 32 million guesses a year, of which a password of that length need not be afraid. */
const MAX_WRONG_IN_ALL = 60;
const WINDOW_MS = 60_000;
/** Beside the event loop: a guess must not hold up the requests that go through. */
const derived = promisify<string, Buffer, number, Buffer>(scrypt);

/** One at a time: each takes 16 MiB, and the threads also look up the providers' names. */
function deriver(salt: Buffer): (text: string) => Promise<Buffer> {
  let last: Promise<unknown> = Promise.resolve();
  return (text) => {
    const mine = (): Promise<Buffer> => derived(text, salt, 32);
    const done = last.then(mine, mine);
    last = done;
    return done;
  };
}

/** Throws `StartError` for a password that is too short. The clear text is not kept once its hash is made. */
export function passwordGate(password: string, now: () => number): PasswordGate {
  if (password.length < LEAST_LENGTH) throw new StartError(`The password in BSG_ADMIN_PASSWORD must have at least ${LEAST_LENGTH} characters.`);
  const derive = deriver(randomBytes(16));
  const expected = derive(password);
  let wrong: { readonly at: number; readonly from: string }[] = [];
  return {
    async check(message, address) {
      wrong = wrong.filter(({ at }) => at > now() - WINDOW_MS);
      const from = addressBlock(address);
      if (wrong.length >= MAX_WRONG_IN_ALL || wrong.filter((attempt) => attempt.from === from).length >= MAX_WRONG) return 'wait';
      // Counted before it is judged: attempts sent at once are counted too.
      const attempt = { at: now(), from };
      wrong.push(attempt);
      const given = new URLSearchParams(await formOf(message)).get('password') ?? '';
      if (!timingSafeEqual(await derive(given), await expected)) return 'wrong';
      wrong = wrong.filter((other) => other !== attempt);
      return 'right';
    },
  };
}

async function formOf(message: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of message as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_FORM_BYTES) return '';
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
