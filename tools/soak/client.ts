import { Agent, request, type IncomingMessage } from 'node:http';
import { sessionIdFor } from '../../functions/core/routing/session.ts';
import type { Asked, Wire } from './records.ts';
import type { Draft } from './requests.ts';

/** Takes what clients get to see that is not theirs: headers, errors. */
export type Keep = (text: string) => void;

/** Sends one request and reads its answer to the end, or leaves as drafted. Never throws. */
export function ask(port: number, agent: Agent, draft: Draft, keep: Keep): Promise<Asked> {
  const sentAt = Date.now();
  return new Promise((resolve) => {
    let answer: IncomingMessage | undefined;
    let text = '';
    let bytes = 0;
    let left = false;
    const done = (ending: Asked['ending']): void => {
      clearTimeout(leaving);
      resolve(seen(draft, { sentAt, ending: left ? 'left' : ending, answer, text, bytes }, keep));
    };
    const call = request({ host: '127.0.0.1', port, agent, method: draft.method, path: draft.path, headers: { 'content-length': Buffer.byteLength(draft.body), ...draft.headers } }, (response) => {
      answer = response;
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        text += chunk;
        bytes += Buffer.byteLength(chunk);
        if (draft.leaveAfter !== undefined && bytes >= draft.leaveAfter.bytes) leave();
      });
      response.on('end', () => done('whole'));
      response.on('error', () => done('broken'));
    });
    const leave = (): void => {
      left = true;
      call.destroy();
    };
    const leaving = draft.leaveAfter === undefined ? undefined : setTimeout(leave, draft.leaveAfter.ms);
    call.on('error', (error: NodeJS.ErrnoException) => done(error.code === 'ECONNREFUSED' ? 'unreached' : 'broken'));
    call.on('close', () => done('broken'));
    call.end(draft.body);
  });
}

interface Heard { readonly sentAt: number; readonly ending: Asked['ending']; readonly answer: IncomingMessage | undefined; readonly text: string; readonly bytes: number }

function seen(draft: Draft, { sentAt, ending, answer, text, bytes }: Heard, keep: Keep): Asked {
  const status = answer?.statusCode ?? 0;
  if (answer !== undefined) keep(JSON.stringify(answer.headers));
  // An answer of success belongs to its caller; everything else must tell nothing.
  const errors = status === 200 && draft.kind !== 'admin' ? text.split('\n').filter((line) => line.startsWith('data: ') && line.includes('"error":{')).join('\n') : text;
  if (errors !== '') keep(errors);
  const { id, kind, what, keyId, stream, expected } = draft;
  return {
    id, kind, what, keyId, stream, expected, sessionId: draft.session ? sessionIdFor(keyId, `soak-${id}`) : null, sentAt, endedAt: Date.now(), status, code: codeIn(errors),
    requestId: headerOf(answer, 'x-request-id'), bytes, ending, last: status === 200 ? lastOf(draft, text) : 'error', words: wordsOf(text, id),
  };
}

const headerOf = (answer: IncomingMessage | undefined, name: string): string | undefined => {
  const value = answer?.headers[name];
  return typeof value === 'string' ? value : undefined;
};

/** The code of an error. Anthropic's shape has no place for it, so that two of them are told by their words. */
function codeIn(text: string): string | undefined {
  if (text.includes('cannot reach its store')) return 'store_unavailable';
  if (text.includes('No model is available')) return 'no_healthy_model';
  return /"code":\s*"([a-z_0-9]+)"/.exec(text)?.[1] ?? /"error":\s*\{[^}]*?"type":\s*"([a-z_]+)"/.exec(text)?.[1];
}

const FINISHES: Readonly<Record<Wire, RegExp>> = { chat: /data: \[DONE\]\n\n$/, messages: /event: message_stop\n[^\n]*\n\n$/, responses: /event: response\.(?:completed|incomplete)\n[^\n]*\n\n$/ };
const ERRORS: Readonly<Record<Wire, RegExp>> = { chat: /^data: \{"error"/m, messages: /^event: error$/m, responses: /^event: (?:error|response\.failed)$/m };

function lastOf({ wire, stream, kind }: Draft, text: string): Asked['last'] {
  if (!stream || kind === 'light' || kind === 'admin') return isJson(text) ? 'finish' : 'none';
  return ERRORS[wire].test(text) ? 'error' : FINISHES[wire].test(text) ? 'finish' : 'none';
}

function isJson(text: string): boolean {
  try {
    return typeof JSON.parse(text) === 'object';
  } catch {
    return false;
  }
}

/** How many of the upstream's numbered words came, in order and of this request only; else -1. */
function wordsOf(text: string, id: string): number {
  let count = 0;
  let repeats = 0;
  for (const [, of, at] of text.matchAll(/(\d{7})\.(\d+) /g)) {
    if (of !== id) return -1;
    // A stream of the Responses protocol says everything again, whole, at its end.
    if (Number(at) === count && repeats === 0) count += 1;
    else if (Number(at) === repeats % count) repeats += 1;
    else return -1;
  }
  return count === 0 || repeats % count === 0 ? count : -1;
}
