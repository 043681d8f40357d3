import { writeFile, rm } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Store } from '../../../functions/adapters/store/port.ts';
import { SIGNING_KEY } from '../../adapters/vault/fake-kms.ts';
import { BRIDGED, resolve, synthesize, type Properties } from '../../infra/synthesized.ts';
import { bridgeOf } from '../../infra/rights.ts';
import { fakeBsvibe, type FakeBsvibe } from '../fake-bsvibe.ts';
import { lambdaWorld } from '../lambda-world.ts';
import type { Runtime } from '../runtime-api.ts';
import { secretsServer } from '../secrets-server.ts';
import { selfSigned } from '../self-signed.ts';
import { functionDoor } from './function-door.ts';
import { guardedApi } from './guarded-api.ts';
import { mappedFetch } from './mapped-fetch.ts';
import { openSite } from './site.ts';
import { userPool, type UserPool } from './user-pool.ts';

const ROOT = join(import.meta.dirname, '..', '..', '..');
const PRELOAD = pathToFileURL(join(import.meta.dirname, 'mapped-hosts.mjs')).href;
const ISSUER = 'https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_Example1';
const CLIENT_SECRET = 'the-secret-between-pool-and-bridge-canary';
/** As CloudFormation would make them of the template's logical names. */
const HOSTS = { admin: 'adm1n00001', bridge: 'br1dge0001', data: 'data000001' };

export interface AwsWorld {
  /** The dashboard's scheme and host. */
  readonly origin: string;
  /** Of the admin API. */
  readonly apiOrigin: string;
  /** `/config.json` as the template makes it. */
  readonly config: Readonly<Record<string, unknown>>;
  readonly pool: UserPool;
  readonly bsvibe: FakeBsvibe;
  readonly store: Store;
  readonly bridge: Runtime;
  /** For a browser: every host but this machine's own name leads here. */
  readonly browserArguments: readonly string[];
  /** One request to the dashboard's host. */
  get(path: string): Promise<Response>;
  close(): Promise<void>;
}

/**
 * The deployed stack as a browser meets it, made of its own template: CloudFront with the built dashboard, the user pool
 * with managed login, both APIs with their bundled functions over DynamoDB Local and the fake key service, and a BSVibe
 * that returns tokens in a fragment. One TLS server plays all hosts.
 */
export async function awsWorld(): Promise<AwsWorld> {
  const [world, bsvibe] = await Promise.all([lambdaWorld(), fakeBsvibe()]);
  const made = synthesize({
    ...BRIDGED, bsvibeAuth: bsvibe.origin, bsvibeIssuer: bsvibe.issuer, bsvibeJwks: bsvibe.jwksUri, bsvibeVerifiesEmail: 'true',
    dashboardDomain: 'console.example.com', dashboardCertificateArn: 'arn:aws:acm:us-east-1:111122223333:certificate/abc-123',
  });
  made.remove();
  const { stack } = made;
  const bridge = bridgeOf(stack);
  const names: readonly (readonly [string, string])[] = [
    [`${made.idOf(stack.identity.pool)}.ProviderURL`, ISSUER], [made.idOf(stack.adminApi.api), HOSTS.admin], [made.idOf(bridge.api), HOSTS.bridge], [made.idOf(stack.dataApi.api), HOSTS.data],
    // What a reference to a resource server gives is its identifier.
    ...made.ofType('AWS::Cognito::UserPoolResourceServer').map(([id, { Properties: { Identifier } }]): [string, string] => [id, String(Identifier)]),
  ];
  const plain = <T>(value: unknown): T => JSON.parse(names.reduce((text, [from, to]) => text.replaceAll(from, to), JSON.stringify(resolve(value)))) as T;
  const propertiesOf = <T = Properties>(type: string, at = 0): T => plain<T>(made.ofType(type)[at]?.[1].Properties);
  const environmentOf = (construct: Parameters<typeof made.idOf>[0]): Record<string, string> =>
    plain<{ Variables: Record<string, string> }>(made.resources[made.idOf(construct)]?.Properties['Environment']).Variables;
  const config = String(propertiesOf('Custom::Dashboard')['config']);
  const { apiBaseUrl } = JSON.parse(config) as { apiBaseUrl: string };
  const signInOrigin = environmentOf(stack.admin.function)['BSG_SIGN_IN_ORIGIN'] ?? '';
  const bridgeIssuer = environmentOf(bridge.handler.function)['BSG_BRIDGE_ISSUER'] ?? '';

  const hosts = { site: 'console.example.com', api: new URL(apiBaseUrl).host, bridge: new URL(bridgeIssuer).host, pool: new URL(ISSUER).host, signIn: new URL(signInOrigin).host };
  const { key, cert } = selfSigned(...Object.values(hosts));
  const certificateFile = join(tmpdir(), `bsg-aws-${process.pid}-${Date.now()}.pem`);
  await writeFile(certificateFile, cert);
  const attend: Record<string, (message: IncomingMessage, response: ServerResponse, url: URL) => unknown> = {};
  const server = createServer({ key, cert }, (message, response) => {
    const url = new URL(message.url ?? '/', `https://${message.headers.host}`);
    const to = attend[url.host];
    if (to === undefined) response.writeHead(404).end();
    else void to(message, response, url);
  });
  await new Promise<void>((done) => { server.listen(0, '127.0.0.1', done); });
  const { port } = server.address() as AddressInfo;

  const secrets = await secretsServer({ [made.idOf(bridge.credential)]: CLIENT_SECRET });
  const [adminRuntime, bridgeRuntime] = await Promise.all([
    world.start('admin', 'admin', { ...environmentOf(stack.admin.function), ...world.env('admin'), NODE_OPTIONS: `--import=${PRELOAD}`, TEST_TLS_PORT: String(port), NODE_EXTRA_CA_CERTS: certificateFile }),
    world.start('bridge', 'bridge', { ...environmentOf(bridge.handler.function), ...world.env('bridge'), BSG_BRIDGE_KEY_ID: SIGNING_KEY, AWS_ENDPOINT_URL_SECRETS_MANAGER: secrets.endpoint, NODE_EXTRA_CA_CERTS: bsvibe.certificateFile }),
  ]);
  const bridgeDoor = functionDoor(bridgeRuntime, { isBinary: false });
  const provider = propertiesOf<Parameters<typeof userPool>[0]['provider']>('AWS::Cognito::UserPoolIdentityProvider');
  const pool = userPool({
    issuer: ISSUER, signInOrigin, clientId: String((JSON.parse(config) as { clientId: string }).clientId), client: plain(made.resources[made.idOf(stack.identity.dashboard)]?.Properties), provider, providerSecret: CLIENT_SECRET,
  }, (url, { method = 'GET', headers = {}, body }) => mappedFetch(url, port, cert, { method, headers, ...(body !== undefined && { body }) }));
  bsvibe.allowed.add(plain<Record<string, { Value: string }>>(made.template.toJSON()['Outputs'])['BridgeCallbackUrl']?.Value ?? '');

  const site = await openSite({
    distribution: propertiesOf('AWS::CloudFront::Distribution'), headersPolicy: propertiesOf('AWS::CloudFront::ResponseHeadersPolicy'), pages: String(propertiesOf('AWS::CloudFront::Function')['FunctionCode']), config,
  }, join(ROOT, 'dist', 'dashboard'));
  attend[hosts.site] = site;
  attend[hosts.pool] = attend[hosts.signIn] = (message, response, url) => pool.attend(message, response, url);
  attend[hosts.bridge] = (message, response, url) => bridgeDoor(message, response, `${url.pathname.replace(/^\/prod/, '')}${url.search}`);
  const ofAdmin = (type: string): Properties[] => made.ofType(type).map(([, { Properties }]) => plain<Properties>(Properties)).filter(({ RestApiId }) => RestApiId === HOSTS.admin);
  attend[hosts.api] = guardedApi({ methods: ofAdmin('AWS::ApiGateway::Method'), responses: ofAdmin('AWS::ApiGateway::GatewayResponse'), issuer: ISSUER, door: functionDoor(adminRuntime, { isBinary: false }) });

  return {
    origin: `https://${hosts.site}`, apiOrigin: `https://${hosts.api}`, config: JSON.parse(config) as Record<string, unknown>, pool, bsvibe, store: world.store, bridge: bridgeRuntime,
    browserArguments: [`--host-resolver-rules=MAP *.com:443 127.0.0.1:${port}`],
    get: (path) => mappedFetch(`https://${hosts.site}${path}`, port, cert, {}),
    async close() {
      server.closeAllConnections();
      server.close();
      await Promise.all([world.close(), bsvibe.close(), secrets.close(), rm(certificateFile, { force: true })]);
    },
  };
}
