import { parseKey } from '../core/keys/virtual-key.ts';
import { fail } from '../core/errors.ts';
import type { KeyRecord } from '../adapters/store/keys.ts';
import type { Exchange } from './exchange.ts';
import type { GatewayRequest, Ports } from './ports.ts';

const REFUSAL = 'Incorrect API key provided. Send a valid BSGateway key as "Authorization: Bearer bsg_…" or "x-api-key".';

/**
 * Who is calling. Missing, malformed, unknown, revoked and expired keys answer alike (401 `invalid_api_key`); a key that
 * fails its grammar or checksum causes no store read, and an unknown id costs the same comparison as a wrong secret.
 */
export async function identify(exchange: Exchange, ports: Ports): Promise<KeyRecord> {
  const parsed = parseKey(presentedKey(exchange.request.headers) ?? '');
  if (parsed === undefined) return fail('invalid_api_key', REFUSAL);
  const record = await ports.keys.byId(parsed.keyId);
  if (record !== undefined) exchange.seen.key = record;
  const genuine = await ports.verifySecret(record, parsed.secret);
  if (!genuine || record === undefined || record.revokedAt !== null && Date.parse(record.revokedAt) <= exchange.atMs
    || record.expiresAt !== null && Date.parse(record.expiresAt) <= exchange.atMs) {
    return fail('invalid_api_key', REFUSAL);
  }
  exchange.timing.auth = ports.clock.elapsed() - exchange.startedAt;
  return record;
}

/** The key of the three accepted headers; undefined when there is none or when several disagree. */
function presentedKey(headers: GatewayRequest['headers']): string | undefined {
  const authorization = headers['authorization'];
  const bearer = authorization !== undefined && /^bearer /i.test(authorization) ? authorization.slice(7).trim() : undefined;
  if (authorization !== undefined && bearer === undefined) return undefined;
  const presented = [bearer, headers['x-api-key'], headers['api-key']].filter((key) => key !== undefined);
  return presented.every((key) => key === presented[0]) ? presented[0] : undefined;
}
