import type { LookupAddress } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { isLoopbackAddress, isPublicAddress, type Reach } from '../../core/safe-url.ts';
import { OutboundError, type OutboundErrorKind } from './outbound-port.ts';

/** Every address of a name, as `dns.lookup` gives them with `all: true`. */
export type Resolve = (host: string, done: (error: Error | null, answers: readonly LookupAddress[]) => void) => void;

/** Whether a connection to this address is what the URL's `reach` allowed. `undefined` (unknown peer) never is. */
export function mayConnect(reach: Reach, address: string | undefined): boolean {
  if (address === undefined) return false;
  if (reach === 'named') return true;
  return reach === 'loopback' ? isLoopbackAddress(address) : isPublicAddress(address);
}

/**
 * A `lookup` for `net.connect` that hands on a resolver's answers only if every one of them may be connected to: one
 * private address among public ones refuses the name, so that no race between address families can pick it. Node never
 * calls it for IP literals; those are checked in the URL.
 */
export function guardedLookup(reach: Reach, resolve: Resolve): LookupFunction {
  return (host, options, done) => {
    resolve(host, (error, answers) => {
      const [first] = answers;
      if (error !== null || first === undefined) done(new OutboundError('dns', 'The name of the upstream could not be resolved.', true), '', 0);
      else if (!answers.every(({ address }) => mayConnect(reach, address))) done(blocked(), '', 0);
      else if (options.all === true) done(null, [...answers]);
      else done(null, first.address, first.family);
    });
  };
}

/** The refusal of an address, the same sentence wherever it is found out. */
export function blocked(): OutboundError {
  return new OutboundError('blocked_address', 'The upstream resolves to an address that may not be called.', true);
}

const UNREACHABLE = new Set(['ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH', 'EHOSTDOWN', 'ENETDOWN', 'EADDRNOTAVAIL', 'EACCES', 'EPERM', 'EMFILE', 'ENFILE', 'EINVAL']);
const BROKEN = new Set(['ECONNRESET', 'EPIPE', 'ECONNABORTED', 'ERR_STREAM_DESTROYED', 'ERR_STREAM_PREMATURE_CLOSE', 'ERR_SOCKET_CLOSED']);

/** A failure before the connection stood: nothing of the request was sent. The text of the cause is never shown. */
export function connectFailure(error: unknown): OutboundError {
  if (error instanceof OutboundError) return error;
  const code = codeOf(error);
  if (UNREACHABLE.has(code)) return new OutboundError('refused', 'The upstream cannot be reached.', true);
  if (code === 'ETIMEDOUT') return connectTimeout();
  if (BROKEN.has(code)) return new OutboundError('reset', 'The upstream closed the connection while it was being set up.', true);
  return new OutboundError('protocol', 'No secure connection to the upstream could be set up.', true);
}

export function connectTimeout(): OutboundError {
  return new OutboundError('connect_timeout', 'The connection to the upstream took too long.', true);
}

/** A failure after the connection stood: the request may have been acted on. */
export function exchangeFailure(error: unknown): OutboundError {
  if (error instanceof OutboundError) return error;
  const code = codeOf(error);
  const kind: OutboundErrorKind = code.startsWith('HPE_') || code.startsWith('ERR_HTTP') || code.startsWith('ERR_SSL') ? 'protocol' : 'reset';
  return new OutboundError(kind, kind === 'reset' ? 'The upstream closed the connection.' : 'The upstream does not speak HTTP as it should.', false);
}

function codeOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string' ? error.code : '';
}
