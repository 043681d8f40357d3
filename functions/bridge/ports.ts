import type { BsvibeClaims } from '../adapters/identity/bsvibe-token.ts';
import type { Log } from '../adapters/observe/log.ts';
import type { SignIns } from '../adapters/store/sign-ins.ts';
import type { IssuerKey } from '../adapters/vault/issuer-key.ts';
import type { Secret } from '../core/secret.ts';

export type { GatewayRequest, GatewayResponse } from '../gateway/ports.ts';

/** The one client: the user pool. */
export interface BridgeClient {
  readonly id: string;
  readonly secret: () => Promise<Secret>;
  /** Where codes may be sent: compared as they stand, character by character. */
  readonly redirectUris: readonly string[];
}

/** The world as the bridge sees it. */
export interface BridgePorts {
  /** The bridge's own address, as clients and browsers write it: https, no trailing slash. */
  readonly issuer: string;
  /** BSVibe's sign-in page. */
  readonly loginUrl: string;
  readonly client: BridgeClient;
  readonly signIns: SignIns;
  readonly key: IssuerKey;
  /** undefined = not a token of BSVibe's for us. */
  readonly verify: (token: string) => Promise<BsvibeClaims | undefined>;
  /** The operator's word that BSVibe signs in nobody whose address it has not checked. */
  readonly emailsAreVerified: boolean;
  /** Epoch ms. */
  readonly now: () => number;
  readonly randomBytes: (size: number) => Uint8Array;
  readonly log: Log;
}

/** How long somebody may take at BSVibe's sign-in page. */
export const SIGN_IN_SECONDS = 600;
export const CODE_SECONDS = 60;
/** ID and access tokens: the user pool reads both at once and then issues its own. */
export const TOKEN_SECONDS = 300;
/** How far BSVibe's clock may be behind ours when it says when a token was issued. */
export const SKEW_SECONDS = 5;
export const SCOPES = ['openid', 'email', 'profile'] as const;

export const secondsOf = (ms: number): number => Math.floor(ms / 1_000);
/** 256 bits that nobody can guess, as text for a URL. */
export const secretId = (ports: Pick<BridgePorts, 'randomBytes'>): string => Buffer.from(ports.randomBytes(32)).toString('base64url');
