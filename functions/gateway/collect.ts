import { failure, GatewayError } from '../core/errors.ts';
import type { OutboundResponse } from '../adapters/providers/outbound-port.ts';

/** Reads a whole body of at most `maxBytes`; more is an invalid upstream answer. */
export async function collect(response: OutboundResponse, maxBytes: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body) {
    size += chunk.length;
    if (size > maxBytes) {
      response.abort();
      throw new GatewayError(failure('upstream_invalid_response', 'The upstream sent more than the gateway accepts.', { retryable: true }));
    }
    chunks.push(chunk);
  }
  return chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks);
}
