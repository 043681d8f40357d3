import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { GatewayRequest, GatewayResponse } from './ports.ts';

/** Below this a whole answer fits into the first packet anyway, or nearly so. */
const LEAST_BYTES = 1_024;
/** Figures and ledger rows shrink to a sixth; the higher levels cost twice the time for a few per cent more. */
const LEVEL = 5;

const zip = promisify(gzip);

/**
 * The answer as the asker takes it: a whole one of some size is sent as gzip where `accept-encoding` allows that. Files that
 * are streamed stay as they are. Nothing secret can be read off the length: who asks shows a token in a header, which no
 * page of another site can make a browser send.
 */
export async function compressed({ headers }: GatewayRequest, response: GatewayResponse): Promise<GatewayResponse> {
  const { body } = response;
  if (!(body instanceof Uint8Array) || body.length < LEAST_BYTES || !takesCoding(headers['accept-encoding'], 'gzip')) return response;
  const smaller = await zip(body, { level: LEVEL });
  return { ...response, headers: { ...response.headers, 'content-encoding': 'gzip', 'content-length': String(smaller.length) }, body: smaller };
}

/** Whether an `accept-encoding` allows a content coding (RFC 9110 §12.5.3): named, or covered by `*`, and not with a weight of nothing. */
export function takesCoding(accepted: string | undefined, wanted: string): boolean {
  const weights = new Map((accepted ?? '').split(',').map((each) => {
    const [coding = '', ...parameters] = each.toLowerCase().split(';').map((part) => part.trim());
    const weight = parameters.find((parameter) => parameter.startsWith('q='));
    return [coding, weight === undefined ? 1 : Number(weight.slice(2))];
  }));
  return (weights.get(wanted) ?? weights.get('*') ?? 0) > 0;
}
