import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { AwsSolutionsChecks } from 'cdk-nag';
import type { Bridge } from '../../infra/constructs/bridge.ts';
import { bridgePortsFromEnvironment } from '../../functions/bridge/aws-edition.ts';
import { BRIDGED, resolve, synthesize, type Properties, type Synthesized } from './synthesized.ts';

const ISSUER = BRIDGED.bsvibeIssuer;
const propertiesOf = (made: Synthesized, type: string): Properties[] => made.ofType(type).map(([, { Properties }]) => resolve(Properties) as Properties);

/** What a reference to a secret looks like in a template; never a secret itself. */
const isReference = (value: unknown): boolean => /^\{\{resolve:secretsmanager:[^{}]+:SecretString:::?\}\}$/.test(String(value));

describe('a stack whose BSVibe is no OpenID provider', () => {
  let made: Synthesized;
  let bridge: Bridge;
  beforeAll(() => {
    made = synthesize(BRIDGED);
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

  test('signs with an RSA key that can be restored for 30 days, behind a stage that logs no header and lets through what people need', () => {
    expect(resolve(made.resources[made.idOf(bridge.key)]?.Properties)).toMatchObject({ KeySpec: 'RSA_2048', KeyUsage: 'SIGN_VERIFY', PendingWindowInDays: 30 });
    const stage = resolve(made.resources[made.idOf(bridge.api.deploymentStage)]?.Properties) as { AccessLogSetting: { Format: string }; MethodSettings: Properties[] };
    expect(Object.keys(JSON.parse(stage.AccessLogSetting.Format) as object)).toEqual(['requestId', 'at', 'method', 'route', 'status', 'ms']);
    expect(stage.MethodSettings).toEqual([expect.objectContaining({ DataTraceEnabled: false, ThrottlingRateLimit: 20, ThrottlingBurstLimit: 40 })]);
    expect(made.resources[made.idOf(bridge.method)]?.Properties).toMatchObject({ HttpMethod: 'ANY', Integration: { ResponseTransferMode: 'STREAM' } });
    expect(made.ofType('AWS::ApiGateway::RestApi')).toHaveLength(3);
  });

  test('raises an alarm when it fails to answer, under a name of its own among the APIs', () => {
    const alarms = propertiesOf(made, 'AWS::CloudWatch::Alarm').filter(({ AlarmDescription }) => String(AlarmDescription).includes('#bridgefailures'));
    const names = made.ofType('AWS::ApiGateway::RestApi').map(([, { Properties }]) => Properties['Name']);
    expect(new Set(names).size).toBe(3);
    const name = made.resources[made.idOf(bridge.api)]?.Properties['Name'];
    expect(alarms).toEqual([expect.objectContaining({ MetricName: '5XXError', Statistic: 'Sum', Threshold: 3, Dimensions: [{ Name: 'ApiName', Value: name }], AlarmActions: [expect.anything()] })]);
    expect(JSON.stringify(propertiesOf(made, 'AWS::CloudWatch::Dashboard'))).toContain('Sign-in bridge');
  });

  test('keeps its logs for a stated time and beyond the stack, in groups of its own', () => {
    for (const group of [bridge.handler.logGroup, bridge.node.findChild('AccessLog')]) {
      expect(made.resources[made.idOf(group)]).toMatchObject({ Type: 'AWS::Logs::LogGroup', DeletionPolicy: 'Retain', Properties: { RetentionInDays: 30 } });
    }
    expect(made.resources[made.idOf(bridge.handler.function)]?.Properties['LoggingConfig']).toEqual({ LogGroup: { Ref: made.idOf(bridge.handler.logGroup) } });
  });

  test('tells the dashboard whose sign-in the button leads to, by the name that the pool knows', () => {
    const config = JSON.parse(String(propertiesOf(made, 'Custom::Dashboard')[0]?.['config'])) as Record<string, unknown>;
    expect(config).toMatchObject({ signInLabel: 'Sign in with BSVibe', identityProvider: 'BSVibe' });
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
    expect(JSON.parse(String(propertiesOf(made, 'Custom::Dashboard')[0]?.['config']))).toMatchObject({ signInLabel: 'Sign in with Acme', identityProvider: 'Acme' });
    expect(made.ofType('AWS::ApiGateway::RestApi')).toHaveLength(2);
    expect(made.report.pluginReports).toEqual([]);
  });
});
