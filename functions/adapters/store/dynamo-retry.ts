import { StoreError } from './port.ts';

export interface RetryOptions {
  /** 0 ≤ x < 1. */
  readonly random: () => number;
  readonly sleep: (ms: number) => Promise<void>;
}

const MAX_RETRIES = 8;
/** After a failure with an unknown outcome each try may take the whole request timeout. */
const MAX_UNCERTAIN_RETRIES = 2;
const BASE_MS = 10;
const CAP_MS = 1_000;

/** `untouched`: certainly not carried out; `uncertain`: perhaps carried out; `invalid`: never will be; `fatal`: the rest. */
export type FailureKind = 'untouched' | 'uncertain' | 'invalid' | 'fatal';

const UNTOUCHED: ReadonlySet<string> = new Set([
  'ProvisionedThroughputExceededException', 'ThrottlingException', 'RequestLimitExceeded', 'TransactionConflictException',
  'TransactionInProgressException', 'LimitExceededException', 'ReplicatedWriteConflictException', 'ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN',
]);
const UNCERTAIN: ReadonlySet<string> = new Set(['TimeoutError', 'InternalServerError', 'ServiceUnavailable', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT']);
const INVALID: ReadonlySet<string> = new Set(['ValidationException', 'ItemCollectionSizeLimitExceededException', 'IdempotentParameterMismatchException']);
const RETRYABLE_REASONS: ReadonlySet<string> = new Set(['None', 'TransactionConflict', 'ThrottlingError', 'ProvisionedThroughputExceeded']);

interface SdkError { readonly name?: string; readonly code?: string; readonly $metadata?: { readonly httpStatusCode?: number }; readonly CancellationReasons?: readonly CancellationReason[] }
export interface CancellationReason { readonly Code?: string | undefined; readonly Item?: Record<string, unknown> | undefined }

/** The reasons of a cancelled transaction, in the order of its operations; none for any other error. */
export function cancellationReasons(error: unknown): readonly CancellationReason[] {
  const { name, CancellationReasons } = error as SdkError;
  return name === 'TransactionCanceledException' ? CancellationReasons ?? [] : [];
}

export function classify(error: unknown): FailureKind {
  const { name = '', code = '', $metadata } = error as SdkError;
  if (name === 'TransactionCanceledException') {
    const codes = cancellationReasons(error).map((reason) => reason.Code ?? 'None');
    if (codes.every((reason) => RETRYABLE_REASONS.has(reason))) return 'untouched';
    return codes.some((reason) => reason === 'ValidationError' || reason === 'ItemCollectionSizeLimitExceeded') ? 'invalid' : 'fatal';
  }
  if (UNTOUCHED.has(name) || UNTOUCHED.has(code)) return 'untouched';
  if (INVALID.has(name)) return 'invalid';
  if (UNCERTAIN.has(name) || UNCERTAIN.has(code) || ($metadata?.httpStatusCode ?? 0) >= 500) return 'uncertain';
  return 'fatal';
}

/**
 * Runs `work` until it succeeds, `answered` makes a result of its error, or retrying is over: at most 8 times after a
 * refusal, with full jitter (random × min(1 s, 10 ms × 2ⁿ)); at most twice after an unknown outcome, and only when
 * `isRepeatable`, because a repeated addition would count twice. Then throws `StoreError`.
 */
export async function withRetries<T>(work: () => Promise<T>, options: RetryOptions & { isRepeatable: boolean; answered?: (error: unknown) => T | undefined }): Promise<T> {
  let uncertain = 0;
  for (let retry = 0; ; retry += 1) {
    try {
      return await work();
    } catch (error) {
      const answer = options.answered?.(error);
      if (answer !== undefined) return answer;
      const kind = classify(error);
      const name = (error as SdkError).name ?? 'Error';
      if (kind === 'invalid') throw new StoreError('invalid', `DynamoDB refused the request (${name})`, { cause: error });
      if (kind === 'uncertain') uncertain += 1;
      const mayRetry = kind === 'untouched' || (kind === 'uncertain' && options.isRepeatable && uncertain <= MAX_UNCERTAIN_RETRIES);
      if (!mayRetry || retry >= MAX_RETRIES) throw new StoreError('unavailable', `DynamoDB failed (${name})`, { cause: error });
      await options.sleep(options.random() * Math.min(CAP_MS, BASE_MS * 2 ** retry));
    }
  }
}
