import { flag, matching, optional, OptionError, type Option } from './option.ts';

/** What an operator may say about signing in with BSVibe. */
export interface FederationOptions {
  /** `oidc`: BSVibe is an OpenID provider. `bridge`: it is none, and a function of ours stands in front of it. `none`: the user pool's own sign-in alone. */
  readonly bsvibe: 'none' | 'oidc' | 'bridge';
  /** The provider's name in the pool and on its sign-in page. It is part of user names: changing it makes everybody a new person. */
  readonly bsvibeLabel: string;
  /** What stands in `iss` of BSVibe's tokens. */
  readonly bsvibeIssuer: string | undefined;
  readonly bsvibeClientId: string | undefined;
  /** Name or ARN of the secret in Secrets Manager whose text is the client's secret. */
  readonly bsvibeClientSecret: string | undefined;
  /** Authorization, token, userinfo and key set, in this order. Undefined: the pool reads the issuer's discovery document. */
  readonly bsvibeEndpoints: readonly string[] | undefined;
  readonly bsvibeScopes: readonly string[];
  /** Our attribute → BSVibe's claim. */
  readonly bsvibeAttributes: Readonly<Record<string, string>>;
  /** Bridge: the address whose `/login` signs people in. */
  readonly bsvibeAuth: string | undefined;
  /** Bridge: the key set of BSVibe's tokens. Undefined: `/.well-known/jwks.json` under the issuer. */
  readonly bsvibeJwks: string | undefined;
  /** Bridge: BSVibe signs in nobody whose address it has not checked. Without it nobody becomes owner through BSVibe, unless its tokens say `email_verified` themselves. */
  readonly bsvibeVerifiesEmail: boolean;
}

const URL_TEXT = 'an address that begins with https://, without user, query, fragment and slash at its end';
const httpsUrl = (text: string): string | undefined => {
  if (!URL.canParse(text) || !/^https:\/\/[a-z0-9][a-z0-9.-]*(?::\d{1,5})?(?:\/[\w.~-]+)*$/i.test(text)) return undefined;
  return text;
};

const ATTRIBUTES = ['email', 'email_verified', 'name'] as const;
function attributeMap(text: string): Record<string, string> | undefined {
  const pairs = text.split(',').map((pair) => pair.split('='));
  const isMap = pairs.every(([ours, theirs, ...rest]) => (ATTRIBUTES as readonly (string | undefined)[]).includes(ours) && /^[\w:.-]{1,64}$/.test(theirs ?? '') && rest.length === 0);
  const map = Object.fromEntries(pairs) as Record<string, string>;
  return isMap && Object.keys(map).length === pairs.length && Object.hasOwn(map, 'email') ? map : undefined;
}

const MODES = ['none', 'oidc', 'bridge'] as const;

export const FEDERATION_OPTIONS: { readonly [Name in keyof FederationOptions]: Option<FederationOptions[Name]> } = {
  bsvibe: { accepts: 'none, oidc or bridge', fallback: 'none', read: (text) => MODES.find((mode) => mode === text) },
  bsvibeLabel: { accepts: '3 to 32 letters, digits and hyphens', fallback: 'BSVibe', read: matching(/^(?!COGNITO$)[A-Za-z0-9-]{3,32}$/i) },
  bsvibeIssuer: optional(URL_TEXT, httpsUrl),
  bsvibeClientId: optional('1 to 128 printable characters', matching(/^[\x21-\x7e]{1,128}$/)),
  bsvibeClientSecret: optional('the name or the ARN of a secret in Secrets Manager', matching(/^(?:arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:\d{12}:secret:)?[A-Za-z0-9/_+=.@-]{1,512}$/)),
  bsvibeEndpoints: optional('four addresses separated by commas: authorization, token, userinfo and key set, each beginning with https://', (text) => {
    const urls = text.split(',').map(httpsUrl);
    return urls.length === 4 && urls.every((url) => url !== undefined) ? urls : undefined;
  }),
  bsvibeScopes: { accepts: 'words separated by blanks, openid among them', fallback: ['openid', 'email', 'profile'], read: (text) => (/^[\w:./-]+(?: [\w:./-]+){0,19}$/.test(text) && text.split(' ').includes('openid') ? text.split(' ') : undefined) },
  bsvibeAttributes: { accepts: `pairs such as email=email,email_verified=email_verified,name=name, email among them, of ${ATTRIBUTES.join(', ')}`, fallback: { email: 'email', email_verified: 'email_verified', name: 'name' }, read: attributeMap },
  bsvibeAuth: optional(URL_TEXT, httpsUrl),
  bsvibeJwks: optional(URL_TEXT, httpsUrl),
  bsvibeVerifiesEmail: { accepts: 'true or false', fallback: false, read: flag },
};

/** BSVibe as an OpenID provider. */
export interface OidcFederation {
  readonly kind: 'oidc';
  readonly label: string;
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly endpoints: Readonly<Record<'authorization' | 'token' | 'userInfo' | 'jwksUri', string>> | undefined;
  readonly scopes: readonly string[];
  readonly attributes: Readonly<Record<string, string>>;
}

/** BSVibe as a sign-in page behind the bridge. */
export interface BridgeFederation {
  readonly kind: 'bridge';
  readonly label: string;
  readonly loginUrl: string;
  readonly issuer: string;
  readonly jwksUri: string;
  readonly verifiesEmail: boolean;
}

/** Which options go with which way; those of the other way would have no effect and are refused. */
const ONLY: Readonly<Record<'oidc' | 'bridge', readonly (keyof FederationOptions)[]>> = {
  oidc: ['bsvibeClientId', 'bsvibeClientSecret', 'bsvibeEndpoints'],
  bridge: ['bsvibeAuth', 'bsvibeJwks', 'bsvibeVerifiesEmail'],
};

/** How people sign in with BSVibe; undefined = not at all. Throws `OptionError` for options that do not go together. */
export function federationOf(options: FederationOptions): OidcFederation | BridgeFederation | undefined {
  for (const [mode, names] of Object.entries(ONLY)) {
    const stray = options.bsvibe === mode ? undefined : names.find((name) => options[name] !== FEDERATION_OPTIONS[name].fallback);
    if (stray !== undefined) throw new OptionError(`Option ${stray} has a meaning only with bsvibe=${mode}, which is ${options.bsvibe}.`);
  }
  const needed = (name: 'bsvibeIssuer' | 'bsvibeClientId' | 'bsvibeClientSecret' | 'bsvibeAuth'): string => {
    const value = options[name];
    if (value === undefined) throw new OptionError(`Option ${name} is needed with bsvibe=${options.bsvibe} and accepts ${FEDERATION_OPTIONS[name].accepts}.`);
    return value;
  };
  const label = options.bsvibeLabel;
  if (options.bsvibe === 'bridge') {
    const issuer = needed('bsvibeIssuer');
    return { kind: 'bridge', label, issuer, loginUrl: `${needed('bsvibeAuth')}/login`, jwksUri: options.bsvibeJwks ?? `${issuer}/.well-known/jwks.json`, verifiesEmail: options.bsvibeVerifiesEmail };
  }
  if (options.bsvibe === 'none') {
    if (options.bsvibeIssuer !== undefined) throw new OptionError('Option bsvibeIssuer has a meaning only with bsvibe=oidc or bsvibe=bridge, which is none.');
    return undefined;
  }
  const [authorization = '', token = '', userInfo = '', jwksUri = ''] = options.bsvibeEndpoints ?? [];
  return {
    kind: 'oidc', label, issuer: needed('bsvibeIssuer'), clientId: needed('bsvibeClientId'), clientSecret: needed('bsvibeClientSecret'),
    endpoints: options.bsvibeEndpoints && { authorization, token, userInfo, jwksUri }, scopes: options.bsvibeScopes, attributes: options.bsvibeAttributes,
  };
}
