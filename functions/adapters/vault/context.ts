import { GatewayError, failure } from '../../core/errors.ts';
import type { SealContext } from './vault.ts';

/** Where a provider credential is sealed and opened: the four fields of the encryption context. */
export function credentialContext(tenantId: string, credentialId: string): SealContext {
  return { app: 'bsgateway', tenantId, credentialId, purpose: 'provider-credential' };
}

/** The context as additional authenticated data: a JSON array keeps every field apart, whatever characters it holds. */
export function additionalData(v: number, context: SealContext): Uint8Array {
  return Buffer.from(JSON.stringify([v, context.app, context.tenantId, context.credentialId, context.purpose]));
}

/**
 * The one way in which opening fails, whatever the reason: altered record, other context, wrong master key, key service
 * away. Says nothing about the record. Another model's credential may still open, so it is retryable.
 */
export class OpenError extends GatewayError {
  constructor() {
    super(failure('upstream_credentials_rejected', 'The credential of the upstream provider could not be opened.', {
      retryable: true, internal: 'sealed credential could not be opened',
    }));
    this.name = 'OpenError';
  }
}
