import { randomBytes, scryptSync, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { StartError } from '../command-line.ts';

/** The operator's password, for a server that other machines can reach. */
export interface PasswordGate {
  /** Reads the form of a sign-in and judges its password; `wait` after five wrong ones within a minute, whoever sent them. */
  check(message: IncomingMessage): Promise<'right' | 'wrong' | 'wait'>;
}

const LEAST_LENGTH = 12;
const MAX_FORM_BYTES = 4_096;
const MAX_WRONG = 5;
const WINDOW_MS = 60_000;

/** Throws `StartError` for a password that is too short. The clear text is not kept. */
export function passwordGate(password: string, now: () => number): PasswordGate {
  if (password.length < LEAST_LENGTH) throw new StartError(`The password in BSG_ADMIN_PASSWORD must have at least ${LEAST_LENGTH} characters.`);
  const salt = randomBytes(16);
  const derive = (text: string): Buffer => scryptSync(text, salt, 32);
  const expected = derive(password);
  let wrong: number[] = [];
  return {
    async check(message) {
      wrong = wrong.filter((at) => at > now() - WINDOW_MS);
      if (wrong.length >= MAX_WRONG) return 'wait';
      // Counted before it is judged: attempts sent at once are counted too.
      const at = now();
      wrong.push(at);
      const given = new URLSearchParams(await formOf(message)).get('password') ?? '';
      if (!timingSafeEqual(derive(given), expected)) return 'wrong';
      wrong.splice(wrong.indexOf(at), 1);
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
