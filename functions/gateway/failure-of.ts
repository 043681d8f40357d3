import { failure, GatewayError, type Failure } from '../core/errors.ts';

/** The failure behind anything thrown; what is not ours is a bug and shows nothing of itself. */
export function failureOf(error: unknown): Failure {
  if (error instanceof GatewayError) return error.failure;
  if (error instanceof Error && error.name === 'StoreError') {
    return failure('store_unavailable', 'The gateway cannot reach its store right now. Please retry.', { retryAfterSeconds: 2, internal: 'store' });
  }
  return failure('internal_error', 'The gateway failed to handle this request.', { internal: 'unexpected' });
}
