import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { AwsSolutionsChecks } from 'cdk-nag';
import type { Bridge } from '../../infra/constructs/bridge.ts';
import { SIGN_INS } from '../../functions/adapters/store/sign-ins.ts';
import { bridgePortsFromEnvironment } from '../../functions/bridge/aws-edition.ts';
import { decide, type Decision } from './iam-evaluator.ts';
import { resolve, synthesize, type Properties, type Synthesized } from './synthesized.ts';

const ISSUER = 'https://auth.bsvibe.example/auth/v1';
const propertiesOf = (made: Synthesized, type: string): Properties[] => made.ofType(type).map(([, { Properties }]) => resolve(Properties) as Properties);

/** What a reference to a secret looks like in a template; never a secret itself. */
const isReference = (value: unknown): boolean => /^\{\{resolve:secretsmanager:[^{}]+:SecretString:::?\}\}$/.test(String(value));

describe('a stack whose BSVibe is no OpenID provider', () => {
  let made: Synthesized;
  let bridge: Bridge;
  beforeAll(() => {
    made = synthesize({ ownerEmail: 'owner@example.com', bsvibe: 'bridge', bsvibeIssuer: ISSUER, bsvibeAuth: 'https://auth.bsvibe.example', signInPrefix: 'acme-llm' });
    if (made.stack.bridge === undefined) throw new Error('there is no bridge');
    bridge = made.stack.bridge;
  });
  afterAll(() => made.remove());

  const environment = (): Record<string, string> => (resolve(made.resources[made.idOf(bridge.handler.function)]?.Properties['Environment']) as { Variables: Record<string, string> }).Variables;

  test('has no finding that is not acknowledged, and no circle', () => {
    expect(new AwsSolutionsChecks(made.app).validateScope(made.app).violations).toEqual([]);
    expect(made.report.pluginReports).toEqual([]);
  });

  test('has a provider in the pool with the bridge as issuer and its four endpoints, which the dashboard\'s client offers beside the pool\'s own sign-in', () => {
    const issuer = `https://${made.idOf(bridge.api)}.execute-api.eu-central-1.amazonaws.com/prod`;
    const [provider, ...more] = propertiesOf(made, 'AWS::Cognito::UserPoolIdentityProvider') as { ProviderDetails: Record<string, string> }[];
    expect(more).toEqual([]);
    expect(provider).toMatchObject({
      ProviderName: 'BSVibe', ProviderType: 'OIDC', AttributeMapping: { email: 'email', email_verified: 'email_verified', name: 'name' },
      ProviderDetails: {
        client_id: 'cognito', oidc_issuer: issuer, authorize_url: `${issuer}/authorize`, token_url: `${issuer}/token`, attributes_url: `${issuer}/userinfo`, jwks_uri: `${issuer}/.well-known/jwks.json`,
        attributes_request_method: 'GET', authorize_scopes: 'openid email profile',
      },
    });
    expect(isReference(provider?.ProviderDetails['client_secret'])).toBe(true);
    const dashboard = made.resources[made.idOf(made.stack.identity.dashboard)];
    expect(dashboard?.Properties['SupportedIdentityProviders']).toEqual(['COGNITO', 'BSVibe']);
    const [[providerId] = []] = made.ofType('AWS::Cognito::UserPoolIdentityProvider');
    expect((dashboard as { DependsOn?: string[] }).DependsOn).toContain(providerId);
  });

  test('tells the function what it reads from its environment, and nothing secret', () => {
    const variables = environment();
    expect(() => bridgePortsFromEnvironment({ ...variables, AWS_REGION: 'eu-central-1' })).not.toThrow();
    expect(variables).toMatchObject({
      BSG_BRIDGE_RETURN_TO: 'https://acme-llm.auth.eu-central-1.amazoncognito.com/oauth2/idpresponse', BSG_BRIDGE_CLIENT_ID: 'cognito', BSG_BRIDGE_CREDENTIAL_ID: made.idOf(bridge.credential),
      BSG_BSVIBE_LOGIN: 'https://auth.bsvibe.example/login', BSG_BSVIBE_ISSUER: ISSUER, BSG_BSVIBE_JWKS: `${ISSUER}/.well-known/jwks.json`, BSG_BSVIBE_VERIFIES_EMAIL: 'false',
    });
    expect(JSON.stringify(variables)).not.toMatch(/resolve:|secret|password|token/i);
    for (const [, { Properties }] of made.ofType('AWS::Lambda::Function')) expect(JSON.stringify(Properties)).not.toContain('resolve:secretsmanager');
  });

  const SIGN = { 'kms:SigningAlgorithm': 'RSASSA_PKCS1_V1_5_SHA_256', 'kms:MessageType': 'DIGEST' };
  const at = (...partitions: string[]) => ({ 'dynamodb:LeadingKeys': partitions });
  const OWN = at(`${SIGN_INS}#code#abc`);
  type Target = 'issuerKey' | 'vault' | 'pepper' | 'credential' | 'tenants' | 'models' | 'keys' | 'audit' | 'usage' | 'log' | 'gateway';
  const RIGHTS: readonly (readonly [string, Target, Record<string, string | readonly string[]>, Decision])[] = [
    ['kms:Sign', 'issuerKey', SIGN, 'allow'],
    ['kms:Sign', 'issuerKey', { ...SIGN, 'kms:SigningAlgorithm': 'RSASSA_PSS_SHA_256' }, 'implicit deny'],
    ['kms:Sign', 'issuerKey', { ...SIGN, 'kms:MessageType': 'RAW' }, 'implicit deny'],
    ['kms:Sign', 'issuerKey', {}, 'implicit deny'],
    ['kms:GetPublicKey', 'issuerKey', {}, 'allow'],
    ['kms:Verify', 'issuerKey', SIGN, 'implicit deny'],
    ['kms:Decrypt', 'issuerKey', {}, 'implicit deny'],
    ['kms:PutKeyPolicy', 'issuerKey', {}, 'implicit deny'],
    ['kms:CreateGrant', 'issuerKey', {}, 'implicit deny'],
    ['kms:Sign', 'vault', SIGN, 'implicit deny'],
    ['kms:GetPublicKey', 'vault', {}, 'implicit deny'],
    ['kms:Decrypt', 'vault', {}, 'explicit deny'],
    ['kms:GenerateDataKey', 'vault', {}, 'implicit deny'],
    ['kms:GenerateMac', 'pepper', { 'kms:MacAlgorithm': 'HMAC_SHA_256' }, 'implicit deny'],
    ['secretsmanager:GetSecretValue', 'credential', {}, 'allow'],
    ['secretsmanager:PutSecretValue', 'credential', {}, 'implicit deny'],
    ['dynamodb:GetItem', 'tenants', OWN, 'allow'],
    ['dynamodb:PutItem', 'tenants', OWN, 'allow'],
    ['dynamodb:DeleteItem', 'tenants', OWN, 'allow'],
    ['dynamodb:Query', 'tenants', OWN, 'implicit deny'],
    ['dynamodb:Scan', 'tenants', {}, 'implicit deny'],
    ['dynamodb:GetItem', 'tenants', {}, 'implicit deny'],
    ['dynamodb:GetItem', 'tenants', at('T#default'), 'implicit deny'],
    ['dynamodb:PutItem', 'tenants', at('SUB#x'), 'implicit deny'],
    ['dynamodb:PutItem', 'tenants', at('BR#code#x', 'T#default'), 'implicit deny'],
    ['dynamodb:PutItem', 'tenants', at('BRX'), 'implicit deny'],
    ['dynamodb:GetItem', 'models', at('T#default'), 'implicit deny'],
    ['dynamodb:PutItem', 'models', OWN, 'explicit deny'],
    ['dynamodb:GetItem', 'keys', at('K#A'), 'implicit deny'],
    ['dynamodb:PutItem', 'keys', OWN, 'explicit deny'],
    ['dynamodb:PutItem', 'usage', OWN, 'explicit deny'],
    ['dynamodb:PutItem', 'audit', at('T#default'), 'implicit deny'],
    ['dynamodb:DeleteItem', 'audit', at('T#default'), 'explicit deny'],
    ['lambda:InvokeFunction', 'gateway', {}, 'implicit deny'],
    ['logs:PutLogEvents', 'log', {}, 'allow'],
    ['logs:CreateLogGroup', 'log', {}, 'implicit deny'],
  ];

  test.each(RIGHTS)('its role, %s on %s with %j: %s', (action, target, context, expected) => {
    const { tables, vault, pepper, gateway } = made.stack;
    const construct = { ...tables.byName, issuerKey: bridge.key, vault: vault.key, pepper: pepper.key, credential: bridge.credential, log: bridge.handler.logGroup, gateway: gateway.function }[target];
    const isKey = target === 'issuerKey' || target === 'vault' || target === 'pepper';
    // A secret's ARN is its reference.
    const resource = target === 'credential' ? made.idOf(construct) : made.arnOf(construct);
    expect(decide({ identity: made.identityPolicy(bridge.handler.role), ...(isKey && { resource: made.keyPolicy(construct) }) }, { principal: made.arnOf(bridge.handler.role), action, resource, context })).toBe(expected);
  });

  test('no other role of the stack can sign, or read the credential', () => {
    for (const { role } of [made.stack.gateway, made.stack.admin, made.stack.rollUp, made.stack.sweep]) {
      const ask = (action: string, resource: string, key?: boolean) =>
        decide({ identity: made.identityPolicy(role), ...(key === true && { resource: made.keyPolicy(bridge.key) }) }, { principal: made.arnOf(role), action, resource, context: SIGN });
      expect(ask('kms:Sign', made.arnOf(bridge.key), true)).toBe('implicit deny');
      expect(ask('secretsmanager:GetSecretValue', made.idOf(bridge.credential))).toBe('implicit deny');
    }
  });

  test('signs with an RSA key that can be restored for 30 days, behind a stage that logs no header and lets through what people need', () => {
    expect(resolve(made.resources[made.idOf(bridge.key)]?.Properties)).toMatchObject({ KeySpec: 'RSA_2048', KeyUsage: 'SIGN_VERIFY', PendingWindowInDays: 30 });
    const stage = resolve(made.resources[made.idOf(bridge.api.deploymentStage)]?.Properties) as { AccessLogSetting: { Format: string }; MethodSettings: Properties[] };
    expect(Object.keys(JSON.parse(stage.AccessLogSetting.Format) as object)).toEqual(['requestId', 'at', 'method', 'route', 'status', 'ms']);
    expect(stage.MethodSettings).toEqual([expect.objectContaining({ DataTraceEnabled: false, ThrottlingRateLimit: 20, ThrottlingBurstLimit: 40 })]);
    expect(made.resources[made.idOf(bridge.method)]?.Properties).toMatchObject({ HttpMethod: 'ANY', Integration: { ResponseTransferMode: 'STREAM' } });
    expect(made.ofType('AWS::ApiGateway::RestApi')).toHaveLength(3);
  });

  test('says which address BSVibe must allow', () => {
    expect(resolve(made.template.toJSON()['Outputs'])).toMatchObject({ BridgeCallbackUrl: { Value: `https://${made.idOf(bridge.api)}.execute-api.eu-central-1.amazonaws.com/prod/callback` } });
  });
});

describe('a stack whose BSVibe is an OpenID provider', () => {
  const OIDC = { bsvibe: 'oidc', bsvibeIssuer: ISSUER, bsvibeClientId: 'gateway', bsvibeClientSecret: 'bsvibe/client', ownerEmail: 'owner@example.com' };

  test('has that provider with a reference to its secret, and no bridge; explicit endpoints reach the pool', () => {
    const made = synthesize({ ...OIDC, bsvibeLabel: 'Acme', bsvibeEndpoints: ['a', 't', 'u', 'k'].map((path) => `https://b.example/${path}`).join(',') });
    made.remove();
    const [provider] = propertiesOf(made, 'AWS::Cognito::UserPoolIdentityProvider') as { ProviderDetails: Record<string, string> }[];
    expect(provider).toMatchObject({ ProviderName: 'Acme', ProviderDetails: { client_id: 'gateway', oidc_issuer: ISSUER, authorize_url: 'https://b.example/a', token_url: 'https://b.example/t', attributes_url: 'https://b.example/u', jwks_uri: 'https://b.example/k' } });
    expect(provider?.ProviderDetails['client_secret']).toBe('{{resolve:secretsmanager:bsvibe/client:SecretString:::}}');
    expect(made.stack.bridge).toBeUndefined();
    expect(made.ofType('AWS::ApiGateway::RestApi')).toHaveLength(2);
    expect(made.report.pluginReports).toEqual([]);
  });
});
