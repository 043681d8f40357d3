import { createContext, runInContext } from 'node:vm';
import type { LambdaWorld } from './lambda-world.ts';
import { lambdaWorld } from './lambda-world.ts';
import { SIGNING_KEY } from '../adapters/vault/fake-kms.ts';
import { fakeBsvibe, type FakeBsvibe } from './fake-bsvibe.ts';
import { proxyEvent, type Runtime } from './runtime-api.ts';
import { secretsServer } from './secrets-server.ts';

export const ISSUER = 'https://abc.execute-api.eu-central-1.amazonaws.com/prod';
export const CLIENT_ID = 'cognito';
export const CLIENT_SECRET = 'the-client-secret-of-the-pool-canary';
export const RETURN_TO = 'https://bsgateway-1.auth.eu-central-1.amazoncognito.com/oauth2/idpresponse';
/** A second registered address, as after a change of the sign-in domain. */
export const OTHER_RETURN_TO = 'https://sign-in.example.com/oauth2/idpresponse';

export interface Sent { readonly method?: string; readonly headers?: Readonly<Record<string, string>>; readonly body?: string }

/** The bridge's bundle under the Runtime API with all that it talks to, behind what API Gateway does to a request. */
export interface BridgeWorld {
  readonly world: LambdaWorld;
  readonly bsvibe: FakeBsvibe;
  readonly runtime: Runtime;
  /** One request by its address, as `fetch` would send it: redirects are not followed. */
  send(url: string, sent?: Sent): Promise<Response>;
  close(): Promise<void>;
}

export async function bridgeWorld(): Promise<BridgeWorld> {
  const [world, bsvibe, secrets] = await Promise.all([lambdaWorld(), fakeBsvibe(), secretsServer({ 'the-credential': CLIENT_SECRET })]);
  bsvibe.allowed.add(`${ISSUER}/callback`);
  const runtime = await world.start('bridge', 'bridge', {
    BSG_BRIDGE_ISSUER: ISSUER, BSG_BRIDGE_CLIENT_ID: CLIENT_ID, BSG_BRIDGE_CREDENTIAL_ID: 'the-credential', BSG_BRIDGE_RETURN_TO: `${RETURN_TO},${OTHER_RETURN_TO}`, BSG_BRIDGE_KEY_ID: SIGNING_KEY,
    BSG_BSVIBE_LOGIN: `${bsvibe.origin}/login`, BSG_BSVIBE_ISSUER: bsvibe.issuer, BSG_BSVIBE_JWKS: bsvibe.jwksUri,
    NODE_EXTRA_CA_CERTS: bsvibe.certificateFile, AWS_ENDPOINT_URL_SECRETS_MANAGER: secrets.endpoint,
  });
  await runtime.idle();
  let last: Promise<unknown> = Promise.resolve();
  const one = async (url: string, { method = 'GET', headers = {}, body }: Sent): Promise<Response> => {
    if (!url.startsWith(`${ISSUER}/`)) throw new Error(`nobody answers at ${url}`);
    const event = { ...proxyEvent(method, url.slice(ISSUER.length), { headers }), body: body ?? null, isBase64Encoded: false };
    const call = runtime.invoke(event);
    const { statusCode, headers: answered } = await call.prelude;
    const text = await call.text();
    await runtime.idle();
    return new Response(text === '' ? null : text, { status: statusCode, headers: answered });
  };
  return {
    world, bsvibe, runtime,
    send(url, sent = {}) {
      // A runtime has one invocation at a time.
      const next = last.then(() => one(url, sent));
      last = next.catch(() => undefined);
      return next;
    },
    async close() {
      await Promise.all([world.close(), bsvibe.close(), secrets.close()]);
    },
  };
}

/** A browser as far as signing in needs one: cookies of the bridge's host, and the callback page's own script. */
export class Browser {
  readonly cookies = new Map<string, string>();
  /** What the page has posted, in order. */
  readonly posted: string[] = [];
  /** Addresses that a history or a referrer could still show after the page has run. */
  readonly history: string[] = [];
  readonly #bridge: BridgeWorld;

  constructor(bridge: BridgeWorld) {
    this.#bridge = bridge;
  }

  /** A top-level navigation. */
  async open(url: string): Promise<Response> {
    const answer = await this.#bridge.send(url);
    this.#keep(answer);
    return answer;
  }

  /** What a script of the bridge's own page sends. */
  async post(body: string, headers: Readonly<Record<string, string>> = {}): Promise<Response> {
    this.posted.push(body);
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const answer = await this.#bridge.send(`${ISSUER}/callback`, {
      method: 'POST', body, headers: { origin: new URL(ISSUER).origin, 'sec-fetch-site': 'same-origin', 'content-type': 'application/json', ...(cookie !== '' && { cookie }), ...headers },
    });
    this.#keep(answer);
    return answer;
  }

  /** Loads the callback page at an address with its fragment and runs its script. Gives where it went on to, or what it says. */
  async runCallback(location: string): Promise<{ readonly wentTo: string | undefined; readonly says: string; readonly helps: boolean }> {
    const url = new URL(location);
    const page = await (await this.open(`${url.origin}${url.pathname}${url.search}`)).text();
    const [, source = ''] = /<script src="([^"]+)"><\/script>/.exec(page) ?? [];
    const script = await (await this.open(new URL(source, url).href)).text();
    const [status, help] = [{ textContent: '' }, { hidden: true }];
    let wentTo: string | undefined;
    let ended = (): void => {};
    const end = new Promise<void>((resolve) => { ended = resolve; });
    runInContext(script, createContext({
      URLSearchParams,
      document: { getElementById: (id: string) => (id === 'status' ? new Proxy(status, { set: (target, name, value: string) => { ended(); return Reflect.set(target, name, value); } }) : help) },
      location: { hash: url.hash, search: url.search, pathname: url.pathname, replace: (to: string) => { wentTo = to; ended(); } },
      history: { replaceState: (_state: null, _title: string, to: string) => { this.history.push(to); } },
      fetch: (path: string, { body, headers }: { body: string; headers: Record<string, string> }) => (new URL(path, url).href === `${ISSUER}/callback` ? this.post(body, headers) : Promise.reject(new Error(path))),
    }));
    await end;
    return { wentTo, says: status.textContent, helps: !help.hidden };
  }

  #keep(answer: Response): void {
    for (const line of answer.headers.getSetCookie()) {
      const [pair = '', ...attributes] = line.split('; ');
      const at = pair.indexOf('=');
      if (attributes.includes('Max-Age=0')) this.cookies.delete(pair.slice(0, at));
      else this.cookies.set(pair.slice(0, at), pair.slice(at + 1));
    }
  }
}
