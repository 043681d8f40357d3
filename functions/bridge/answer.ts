import type { GatewayResponse } from './ports.ts';

/** Of every answer: nothing here may be kept, framed, guessed at or told to the next page. */
const COMMON = {
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'strict-transport-security': 'max-age=31536000; includeSubDomains',
};
const NO_PAGE = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

/** Why a request is refused. `error` is the protocol's word where it has one, `kind` ours for the log; `message` is for people and quotes nothing. */
export interface Refusal {
  readonly status: number;
  readonly error: string;
  readonly kind: string;
  readonly message: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export class BridgeError extends Error {
  readonly refusal: Refusal;
  constructor(refusal: Refusal) {
    super(refusal.kind);
    this.name = 'BridgeError';
    this.refusal = refusal;
  }
}

/** Refuses what a client has sent: `error` as RFC 6749 names it. */
export function refuse(status: number, error: string, kind: string, message: string, headers: Readonly<Record<string, string>> = {}): never {
  throw new BridgeError({ status, error, kind, message, headers });
}

export function json(status: number, body: object, headers: Readonly<Record<string, string>> = {}): GatewayResponse {
  return { status, headers: { ...COMMON, 'content-security-policy': NO_PAGE, 'content-type': 'application/json', ...headers }, body: Buffer.from(JSON.stringify(body)) };
}

export function file(type: string, text: string, contentSecurityPolicy: string): GatewayResponse {
  return { status: 200, headers: { ...COMMON, 'content-security-policy': contentSecurityPolicy, 'cross-origin-opener-policy': 'same-origin', 'content-type': `${type}; charset=utf-8` }, body: Buffer.from(text) };
}

export function redirect(location: string, headers: Readonly<Record<string, string>> = {}): GatewayResponse {
  return { status: 302, headers: { ...COMMON, 'content-security-policy': NO_PAGE, location, ...headers }, body: new Uint8Array() };
}

export const refusalAnswer = ({ status, error, message, headers }: Refusal): GatewayResponse => json(status, { error, error_description: message }, headers);

/** An address with more parameters; those it has stay. */
export function withParameters(address: string, parameters: Readonly<Record<string, string>>): string {
  const url = new URL(address);
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
  return url.href;
}
