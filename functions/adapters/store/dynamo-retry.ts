import { fullJitterMs } from '../../core/limits/jitter.ts';
import { StoreError } from './port.ts';

export interface RetryOptions {
  /** 0 ≤ x < 1. */
  readonly random: () => number;
  readonly sleep: (ms: number) => Promise<void>;
}

const MAX_RETRIES = 8;
/** Where the service is not reached or does not answer each try may take a whole timeout. */
const MAX_SLOW_RETRIES = 2;
const BACKOFF = { baseMs: 10, capMs: 1_000 };

/** `untouched`: refused for now; `unreachable`: never sent; `uncertain`: perhaps carried out; `invalid`: never will be; `fatal`: the rest. */
export type FailureKind = 'untouched' | 'unreachable' | 'uncertain' | 'invalid' | 'fatal';

const UNTOUCHED: ReadonlySet<string> = new Set([
  'ProvisionedThroughputExceededException', 'ThrottlingException', 'RequestLimitExceeded', 'TransactionConflictException',
  'TransactionInProgressException', 'LimitExceededException', 'ReplicatedWriteConflictException',
]);
const UNREACHABLE: ReadonlySet<string> = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH']);
/** The SDK's words for a request that got no connection in time, waiting for a free socket included; its name is that of any timeout. */
const NO_CONNECTION = 'did not establish a connection';
const UNCERTAIN: ReadonlySet<string> = new Set(['TimeoutError', 'InternalServerError', 'ServiceUnavailable', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT']);
const INVALID: ReadonlySet<string> = new Set(['ValidationException', 'ItemCollectionSizeLimitExceededException', 'IdempotentParameterMismatchException']);
const RETRYABLE_REASONS: ReadonlySet<string> = new Set(['None', 'TransactionConflict', 'ThrottlingError', 'ProvisionedThroughputExceeded']);

interface SdkError { readonly name?: string; readonly message?: string; readonly code?: string; readonly $metadata?: { readonly httpStatusCode?: number }; readonly CancellationReasons?: readonly CancellationReason[] }
export interface CancellationReason { readonly Code?: string | undefined; readonly Item?: Record<string, unknown> | undefined }

/** The reasons of a cancelled transaction, in the order of its operations; none for any other error. */
export function cancellationReasons(error: unknown): readonly CancellationReason[] {
  const { name, CancellationReasons } = error as SdkError;
  return name === 'TransactionCanceledException' ? CancellationReasons ?? [] : [];
}

export function classify(error: unknown): FailureKind {
  const { name = '', message = '', code = '', $metadata } = error as SdkError;
  if (name === 'TransactionCanceledException') {
    const codes = cancellationReasons(error).map((reason) => reason.Code ?? 'None');
    if (codes.every((reason) => RETRYABLE_REASONS.has(reason))) return 'untouched';
    return codes.some((reason) => reason === 'ValidationError' || reason === 'ItemCollectionSizeLimitExceeded') ? 'invalid' : 'fatal';
  }
  if (UNTOUCHED.has(name)) return 'untouched';
  if (UNREACHABLE.has(code) || (name === 'TimeoutError' && message.includes(NO_CONNECTION))) return 'unreachable';
  if (INVALID.has(name)) return 'invalid';
  if (UNCERTAIN.has(name) || UNCERTAIN.has(code) || ($metadata?.httpStatusCode ?? 0) >= 500) return 'uncertain';
  return 'fatal';
}

/**
 * Runs `work` until it succeeds, `answered` makes a result of its error, or retrying is over: at most 8 times after a
 * refusal, with full jitter (random × min(1 s, 10 ms × 2ⁿ)); at most twice when the service was not reached or did not
 * answer, and in the second case only when `isRepeatable`, because a repeated addition would count twice. Then throws `StoreError`.
 */
export async function withRetries<T>(work: () => Promise<T>, options: RetryOptions & { isRepeatable: boolean; answered?: (error: unknown) => T | undefined }): Promise<T> {
  let slow = 0;
  for (let retry = 0; ; retry += 1) {
    try {
      return await work();
    } catch (error) {
      const answer = options.answered?.(error);
      if (answer !== undefined) return answer;
      const kind = classify(error);
      const name = (error as SdkError).name ?? 'Error';
      if (kind === 'invalid') throw new StoreError('invalid', `DynamoDB refused the request (${name})`, { cause: error });
      if (kind !== 'untouched') slow += 1;
      const isSafe = kind === 'untouched' || kind === 'unreachable' || (kind === 'uncertain' && options.isRepeatable);
      if (!isSafe || slow > MAX_SLOW_RETRIES || retry >= MAX_RETRIES) throw new StoreError('unavailable', `DynamoDB failed (${name})`, { cause: error });
      await options.sleep(fullJitterMs(options.random, BACKOFF, retry));
    }
  }
}
