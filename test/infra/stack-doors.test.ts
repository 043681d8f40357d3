import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { IConstruct } from 'constructs';
import { DASHBOARD_POLICY } from '../../infra/local/dashboard.ts';
import { figure } from '../support/figure.ts';
import { NONE, PLAIN, propertiesIn } from './stack-probes.ts';
import { resolve, synthesize, type Properties, type Synthesized } from './synthesized.ts';

let made: Synthesized;
beforeAll(() => { made = synthesize(PLAIN); });
afterAll(() => made.remove());

const propertiesOf = (construct: IConstruct): Properties => propertiesIn(made, construct);

describe('guarantee J3: the template', () => {
  test('streams the answers of the data plane for up to 15 minutes, over one permission', () => {
    const method = propertiesOf(made.stack.dataApi.method);
    expect(method).toMatchObject({ HttpMethod: 'ANY', AuthorizationType: 'NONE', Integration: { Type: 'AWS_PROXY', ResponseTransferMode: 'STREAM', TimeoutInMillis: 900_000 } });
    expect(JSON.stringify(method['Integration'])).toContain('/response-streaming-invocations');
    expect(propertiesOf(made.stack.gateway.function)).toMatchObject({ Timeout: 900 });
    expect(propertiesOf(made.stack.dataApi.api)).toMatchObject({ BinaryMediaTypes: ['*/*'], EndpointConfiguration: { Types: ['REGIONAL'] } });
    const permissions = made.ofType('AWS::Lambda::Permission').filter(([, { Properties }]) => JSON.stringify(Properties['FunctionName']).includes(made.idOf(made.stack.gateway.function)));
    expect(permissions).toHaveLength(1);
  });

  test('asks for a scope on every method of the admin API but preflights and the one public document', () => {
    const api = made.idOf(made.stack.adminApi.api);
    const methods = made.ofType('AWS::ApiGateway::Method').filter(([, { Properties }]) => JSON.stringify(Properties['RestApiId']).includes(api));
    const open = methods.filter(([, { Properties }]) => Properties['AuthorizationType'] === 'NONE').map(([id]) => id);
    const preflights = methods.filter(([, { Properties }]) => Properties['HttpMethod'] === 'OPTIONS').map(([id]) => id);
    expect(open.toSorted()).toEqual([...preflights, made.idOf(made.stack.publicMethod)].toSorted());
    const guarded = methods.filter(([id]) => !open.includes(id));
    expect(guarded.map(([, { Properties }]) => Properties['HttpMethod']).toSorted()).toEqual(['ANY', 'GET']);
    for (const [, { Properties }] of guarded) {
      expect(Properties).toMatchObject({ AuthorizationType: 'COGNITO_USER_POOLS', AuthorizationScopes: ['bsgateway/admin'], Integration: { ResponseTransferMode: 'STREAM' } });
    }
  });

  test("lets pages of the dashboard's origin call the admin API, exactly that one, and none the data plane", () => {
    const origin = resolve({ 'Fn::Join': ['', ['https://', { 'Fn::GetAtt': [made.idOf(made.stack.site.distribution), 'DomainName'] }]] });
    const data = made.idOf(made.stack.dataApi.api);
    let seen = 0;
    for (const type of ['AWS::ApiGateway::Method', 'AWS::ApiGateway::GatewayResponse']) {
      for (const [, { Properties }] of made.ofType(type)) {
        const text = JSON.stringify(resolve(Properties));
        const allowed = [...text.matchAll(/Access-Control-Allow-Origin":"'([^']+)'/g)].map(([, value]) => value);
        if (JSON.stringify(Properties['RestApiId']).includes(data)) expect(text).not.toContain('Access-Control');
        else seen += allowed.length;
        expect(allowed.filter((value) => value !== origin)).toEqual([]);
        if (allowed.length > 0) expect(text).toContain('Vary');
        expect(text).not.toContain('Allow-Credentials');
      }
    }
    expect(seen).toBe(17);
  });

  test('answers errors of its own in the union shape on the data plane and in the admin shape elsewhere', () => {
    const data = made.idOf(made.stack.dataApi.api);
    const all = made.ofType('AWS::ApiGateway::GatewayResponse').map(([, { Properties }]) => Properties);
    const bodyOf = (response: Properties): { error: object } => JSON.parse((response['ResponseTemplates'] as Record<string, string>)['application/json'] ?? '') as { error: object };
    const [ours, admins] = [true, false].map((wanted) => all.filter((response) => JSON.stringify(response['RestApiId']).includes(data) === wanted));
    for (const response of ours ?? []) expect(bodyOf(response)).toMatchObject({ type: 'error', error: { type: expect.any(String), code: expect.any(String), message: expect.any(String) } });
    for (const response of admins ?? []) expect(bodyOf(response)).toEqual({ error: { code: expect.any(String), message: expect.any(String), requestId: '$context.requestId' } });
    const throttled = ours?.find((response) => response['ResponseType'] === 'THROTTLED');
    expect(throttled).toMatchObject({ StatusCode: '429', ResponseParameters: { 'gatewayresponse.header.Retry-After': "'1'" } });
    expect(throttled && bodyOf(throttled)).toEqual({ type: 'error', error: { type: 'rate_limit_exceeded', code: 'rate_limit_exceeded', message: 'Rate limit exceeded. Please retry after 1 second.', retry_after: 1 } });
    expect(ours?.map((response) => response['ResponseType'])).toEqual(expect.arrayContaining(['DEFAULT_4XX', 'DEFAULT_5XX', 'REQUEST_TOO_LARGE', 'MISSING_AUTHENTICATION_TOKEN', 'INTEGRATION_TIMEOUT']));
  });

  test('logs access without headers, paths or addresses, errors without data, and throttles', () => {
    const stages = made.ofType('AWS::ApiGateway::Stage').map(([, { Properties }]) => Properties);
    expect(stages).toHaveLength(2);
    for (const stage of stages) {
      expect(Object.keys(JSON.parse((stage['AccessLogSetting'] as { Format: string }).Format) as object)).toEqual(['requestId', 'at', 'method', 'route', 'status', 'ms']);
      expect(stage['MethodSettings']).toEqual([expect.objectContaining({ DataTraceEnabled: false, LoggingLevel: 'ERROR', ThrottlingRateLimit: 500, ThrottlingBurstLimit: 1000, HttpMethod: '*' })]);
    }
    expect(made.ofType('AWS::ApiGateway::Account')).toHaveLength(1);
  });

  test("serves the dashboard under a strict policy whose only foreign hosts are the admin API's and the sign-in's", () => {
    const [headers] = made.ofType('AWS::CloudFront::ResponseHeadersPolicy').map(([, { Properties }]) => resolve(Properties) as { ResponseHeadersPolicyConfig: { SecurityHeadersConfig: Record<string, Properties> } });
    const security = headers?.ResponseHeadersPolicyConfig.SecurityHeadersConfig;
    const policy = String(security?.['ContentSecurityPolicy']?.['ContentSecurityPolicy']);
    expect(policy).not.toMatch(/unsafe|\*/);
    expect(policy).toMatch(/^default-src 'none'; script-src 'self'; .*frame-ancestors 'none'; base-uri 'none'; form-action 'self'; require-trusted-types-for 'script'$/);
    expect(/connect-src ([^;]+)/.exec(policy)?.[1]?.split(' ')).toEqual([
      "'self'", `https://${made.idOf(made.stack.adminApi.api)}.execute-api.eu-central-1.amazonaws.com`, 'https://cognito-idp.eu-central-1.amazonaws.com',
      expect.stringMatching(/^https:\/\/bsgateway-.+\.auth\.eu-central-1\.amazoncognito\.com$/),
    ]);
    expect(security?.['StrictTransportSecurity']).toMatchObject({ AccessControlMaxAgeSec: 31_536_000 });
  });

  test('publishes the dashboard with every deployment that changes it, its settings included', () => {
    const [[, { Properties }] = NONE] = made.ofType('Custom::Dashboard');
    expect(Properties['ServiceToken']).toEqual({ 'Fn::GetAtt': [made.idOf(made.stack.files.publisher.function), 'Arn'] });
    expect(Properties['files']).toMatch(/^[0-9a-f]{64}$/);
    const config = JSON.parse(String(resolve(Properties['config']))) as Record<string, unknown>;
    const api = made.idOf(made.stack.adminApi.api);
    expect(config).toMatchObject({
      edition: 'aws', apiBaseUrl: `https://${api}.execute-api.eu-central-1.amazonaws.com/prod`, gatewayUrl: expect.stringMatching(/^https:.*\/v1$/),
      clientId: made.idOf(made.stack.identity.dashboard), scope: 'openid email bsgateway/admin', demo: false,
    });
    for (const name of ['issuer', 'version']) expect(String(config[name]).length).toBeGreaterThan(0);
    // Without BSVibe the pool's own page signs people in.
    expect([config['signInLabel'], config['identityProvider']]).toEqual(['Sign in', undefined]);
    expect(Object.keys(config).join()).not.toMatch(/secret|password/i);
  });

  test('every page of the dashboard is the application, and a file that is not there stays an error', () => {
    const [[, { Properties }] = NONE] = made.ofType('AWS::CloudFront::Function');
    const { handler } = new Function(`${String(Properties['FunctionCode'])}; return { handler };`)() as { handler(event: { request: { uri: string } }): { uri: string } };
    const shown = (uri: string): string => handler({ request: { uri } }).uri;
    expect(['/', '/models', '/requests/01J8.X/', '/a.b/c'].map(shown)).toEqual(Array(4).fill('/index.html'));
    expect(['/assets/index-1a2b.js', '/config.json', '/theme.js', '/favicon.svg'].map(shown)).toEqual(['/assets/index-1a2b.js', '/config.json', '/theme.js', '/favicon.svg']);
    const { DistributionConfig: config } = resolve(propertiesOf(made.stack.site.distribution)) as { DistributionConfig: { DefaultCacheBehavior: Properties; CustomErrorResponses: Properties[]; Origins: Properties[] } };
    expect(config.CustomErrorResponses.map(({ ErrorCode, ResponseCode }) => [ErrorCode, ResponseCode])).toEqual([[403, 404], [404, 404]]);
    expect(config.DefaultCacheBehavior).toMatchObject({ ViewerProtocolPolicy: 'redirect-to-https', FunctionAssociations: [{ EventType: 'viewer-request' }] });
    expect(made.ofType('AWS::CloudFront::OriginAccessControl')).toHaveLength(1);
  });

  test('logs who asks CloudFront, but where it delivers no logs to a bucket of that region', () => {
    const { Logging: logging } = (propertiesOf(made.stack.site.distribution)['DistributionConfig'] as Properties);
    const [condition, without, otherwise] = (logging as { 'Fn::If': [string, object, Properties] })['Fn::If'];
    expect(without).toEqual({ Ref: 'AWS::NoValue' });
    expect(otherwise).toEqual({ Bucket: { 'Fn::GetAtt': [made.idOf(made.stack.archive.accessLogs), 'RegionalDomainName'] }, Prefix: 'dashboard/' });
    type Expression = { readonly 'Fn::Or': readonly Expression[] } | { readonly 'Fn::Equals': readonly [object, string] };
    const { Conditions: conditions } = made.template.toJSON() as { Conditions: Record<string, Expression> };
    const holdsIn = (region: string, expression: Expression | undefined): boolean => {
      if (expression === undefined) throw new Error('no such condition');
      if ('Fn::Equals' in expression) return JSON.stringify(expression['Fn::Equals']) === JSON.stringify([{ Ref: 'AWS::Region' }, region]);
      expect(expression['Fn::Or'].length).toBeLessThanOrEqual(10);
      return expression['Fn::Or'].map((each) => holdsIn(region, each)).includes(true);
    };
    for (const region of ['af-south-1', 'ap-east-1', 'eu-south-1', 'me-south-1', 'ap-south-2', 'ap-southeast-3', 'ap-southeast-4', 'ca-west-1', 'eu-central-2', 'eu-south-2', 'il-central-1', 'me-central-1']) expect([region, holdsIn(region, conditions[condition])]).toEqual([region, true]);
    for (const region of ['us-east-1', 'eu-central-1', 'eu-west-1', 'ap-northeast-2', 'sa-east-1', 'cn-north-1']) expect([region, holdsIn(region, conditions[condition])]).toEqual([region, false]);
  });
});

describe('guarantee J4: the dashboard\'s policy', () => {
  const directives = (policy: string): Map<string, string> => new Map(policy.split('; ').map((each) => {
    const space = each.indexOf(' ');
    return [each.slice(0, space), each.slice(space + 1)];
  }));

  test('is the one-machine edition\'s with the addresses of the APIs and the sign-in added, and nothing unsafe', () => {
    const headers = made.ofType('AWS::CloudFront::ResponseHeadersPolicy').map(([, { Properties }]) => resolve(Properties) as { ResponseHeadersPolicyConfig: { SecurityHeadersConfig: Record<string, Properties> } });
    const here = directives(String(headers[0]?.ResponseHeadersPolicyConfig.SecurityHeadersConfig['ContentSecurityPolicy']?.['ContentSecurityPolicy']));
    const local = directives(DASHBOARD_POLICY);
    const connect = here.get('connect-src') ?? '';
    expect(connect.startsWith(`${local.get('connect-src')} https://`)).toBe(true);
    here.set('connect-src', local.get('connect-src') ?? '');
    expect(Object.fromEntries(here)).toEqual(Object.fromEntries(local));
    expect([...here.values()].join()).not.toMatch(/unsafe|\*/);
    figure('J4', `${here.size} directives as on one machine, connect-src + ${connect.split(' ').length - 1} hosts`);
  });

  test('the page of the dashboard holds no inline script, style or handler', () => {
    const page = readFileSync(join(import.meta.dirname, '../../frontend/index.html'), 'utf8');
    for (const [tag] of page.matchAll(/<script[^>]*>/g)) expect(tag).toContain(' src="/');
    expect(page).not.toMatch(/<style|\son\w+=|style=|javascript:/i);
  });
});
