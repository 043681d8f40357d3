import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Validations } from 'aws-cdk-lib';
import { LambdaIntegration, RestApi } from 'aws-cdk-lib/aws-apigateway';
import { AwsSolutionsChecks } from 'cdk-nag';
import type { IConstruct } from 'constructs';
import { ARCHIVE_VARIABLE, readAwsEnvironment, SITE_BUCKET_VARIABLE, SITE_FOLDER_VARIABLE, UPSTREAMS_VARIABLE } from '../../functions/adapters/aws/environment.ts';
import { accessLine, jsonLog, type Log } from '../../functions/adapters/observe/log.ts';
import { RUNNING_MS } from '../../functions/adapters/store/idempotency.ts';
import { DYNAMO_TABLES } from '../../functions/adapters/store/dynamo-tables.ts';
import { DASHBOARD_POLICY } from '../../infra/local/dashboard.ts';
import { BRIDGED, resolve, synthesize, testApp, type Properties, type Resource, type Synthesized } from './synthesized.ts';
import { figure } from '../support/figure.ts';

let made: Synthesized;
beforeAll(() => { made = synthesize({ ownerEmail: 'owner@example.com', alarmEmail: 'oncall@example.com' }); });
afterAll(() => made.remove());

const NONE: [string, Resource] = ['', { Type: '', Properties: {} }];
/** A line as the functions log it. */
function jsonLine(write: (log: Log) => void): string {
  let line = '';
  write(jsonLog((text) => { line = text; }, () => 0));
  return line;
}
const propertiesOf = (construct: IConstruct): Properties => made.resources[made.idOf(construct)]?.Properties ?? {};
const environmentOf = (construct: IConstruct): Record<string, string> =>
  resolve((propertiesOf(construct)['Environment'] as Properties)['Variables']) as Record<string, string>;

/** What the checks say when nobody acknowledges anything, as `rule at path`. */
function findings(scope: IConstruct, respectAcknowledgements: boolean): string[] {
  const checks = new AwsSolutionsChecks(scope);
  if (!respectAcknowledgements) Object.defineProperty(checks, 'isAcknowledged', { value: () => false });
  return checks.validateScope(scope).violations.flatMap(({ ruleName, violatingResources }) =>
    violatingResources.map((resource) => `${ruleName} at ${resource.constructPath}`));
}

/** Every acknowledgement in a tree, as `rule at path`, with its reason. */
function acknowledgements(scope: IConstruct): Map<string, string> {
  const found = new Map<string, string>();
  for (const { node } of scope.node.findAll()) {
    for (const { type, data } of node.metadata) {
      if (type !== Validations.ACKNOWLEDGED_RULES_METADATA_KEY) continue;
      for (const [id, reason] of Object.entries(data as Record<string, string>)) found.set(`${id.replace(/^annotation::/i, '')} at ${node.path}`, reason);
    }
  }
  return found;
}

describe('checks of the stack', () => {
  test('guarantee J1: nothing is found that is not acknowledged, and nothing is acknowledged that is not found', () => {
    expect(findings(made.app, true)).toEqual([]);
    expect(made.report.pluginReports).toEqual([]);
    const accepted = [...acknowledgements(made.app).keys()];
    const raw = findings(made.app, false);
    expect(raw.length).toBeGreaterThanOrEqual(accepted.length);
    for (const each of accepted) expect(raw.filter((finding) => finding === each || finding.startsWith(`${each}/`))).toHaveLength(1);
    figure('J1', `0 findings, ${accepted.length} acknowledged with a reason`);
  });

  test('guarantee J1: every acknowledgement has its reason, stands in one file, and no wildcard is excused but those of two buckets and one listing', () => {
    const all = acknowledgements(made.app);
    expect(all.size).toBeGreaterThan(0);
    for (const reason of all.values()) {
      expect(reason.length).toBeGreaterThanOrEqual(20);
    }
    // Objects of one bucket each, and the one action that the service knows no resource for: no key, table or action is excused.
    const wildcards = [...all.keys()].filter((where) => where.includes('IAM5')).map((where) => /\[(.*)\] at BSGateway\/(.*)$/.exec(where)?.slice(1));
    expect(wildcards.toSorted()).toEqual([
      [`Resource::*`, 'WatchAudit/Role'], [`Resource::<${made.idOf(made.stack.archive.bucket)}.Arn>/*`, 'ArchiveAudit/Role'], [`Resource::<${made.idOf(made.stack.site.bucket)}.Arn>/*`, 'DashboardFiles/Publisher/Role'],
    ].toSorted());
    const root = join(import.meta.dirname, '../../infra');
    const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
    const acknowledging = files.filter((name) => readFileSync(join(root, name), 'utf8').includes('.acknowledge('));
    expect(acknowledging).toEqual(['acknowledgements.ts']);
  });

  test('guarantee J2: an acknowledgement on one method leaves the finding on its sibling', () => {
    const { stack, remove } = testApp();
    const api = new RestApi(stack, 'Canary');
    const integration = new LambdaIntegration(stack.gateway.function);
    const [one, other] = ['one', 'other'].map((name) => api.root.addResource(name).addMethod('GET', integration));
    if (one !== undefined) Validations.of(one).acknowledge({ id: 'AwsSolutions-APIG4', reason: 'acknowledged to see how far that reaches' });
    const left = findings(stack, true).filter((finding) => finding.startsWith('AwsSolutions-APIG4'));
    remove();
    expect(left).toEqual([`AwsSolutions-APIG4 at ${other?.node.path}/Resource`]);
    figure('J2', 'of two methods one acknowledged: 1 finding remains');
  });
});

describe('guarantee J3: the template', () => {
  test('has the six tables that the store describes, with recovery, expiry and protection', () => {
    expect(made.ofType('AWS::DynamoDB::Table')).toHaveLength(DYNAMO_TABLES.length);
    const schema = (pair: { partitionKey: string; sortKey: string }) =>
      [{ AttributeName: pair.partitionKey, KeyType: 'HASH' }, { AttributeName: pair.sortKey, KeyType: 'RANGE' }];
    for (const description of DYNAMO_TABLES) {
      const table = propertiesOf(made.stack.tables.byName[description.table]);
      expect(table).toMatchObject({
        KeySchema: schema(description), BillingMode: 'PAY_PER_REQUEST', DeletionProtectionEnabled: true,
        PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
        TimeToLiveSpecification: { AttributeName: description.ttlAttribute, Enabled: true },
        GlobalSecondaryIndexes: description.indexes.map((index) => ({ IndexName: index.name, KeySchema: schema(index), Projection: { ProjectionType: 'ALL' } })),
      });
      expect(table['AttributeDefinitions']).toHaveLength(8);
      for (const attribute of table['AttributeDefinitions'] as { AttributeType: string }[]) expect(attribute.AttributeType).toBe('S');
      // The service's own key: a table's readers must not come into the use of one of ours.
      expect(table['SSESpecification']).toBeUndefined();
    }
    figure('J3', `${DYNAMO_TABLES.length} tables and every construct as asserted`);
  });

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

  test('keeps every log for a stated time, and every function has a log group of its own', () => {
    const groups = made.ofType('AWS::Logs::LogGroup');
    for (const [, { Properties }] of groups) expect(Properties['RetentionInDays']).toBe(30);
    const functions = made.ofType('AWS::Lambda::Function');
    expect(functions).toHaveLength(8);
    const used = functions.map(([, { Properties }]) => ((Properties['LoggingConfig'] as Properties)['LogGroup'] as Properties)['Ref']);
    expect(new Set(used).size).toBe(8);
    expect(groups.map(([id]) => id)).toEqual(expect.arrayContaining(used));
  });

  test('runs every function on Node 24 for ARM, without secrets in its environment', () => {
    for (const [, { Properties }] of made.ofType('AWS::Lambda::Function')) {
      expect(Properties).toMatchObject({ Runtime: 'nodejs24.x', Architectures: ['arm64'], Handler: 'index.handler' });
      expect(JSON.stringify(Properties['Environment'])).not.toMatch(/secret|password|token/i);
    }
  });

  test('tells every function what it reads from its environment', () => {
    const tables = Object.fromEntries(DYNAMO_TABLES.map(({ table }) => [table, made.idOf(made.stack.tables.byName[table])]));
    for (const each of [made.stack.gateway, made.stack.admin]) {
      expect(readAwsEnvironment(environmentOf(each.function))).toMatchObject({
        tableNames: tables, vaultKeyId: made.arnOf(made.stack.vault.key), pepperKeyId: made.arnOf(made.stack.pepper.key),
      });
    }
    for (const job of [made.stack.rollUp, made.stack.sweep, made.stack.archiveAudit, made.stack.planEvidence, made.stack.watchAudit]) {
      const variables = environmentOf(job.function);
      expect(Object.values(variables)).toEqual(expect.arrayContaining(Object.values(tables)));
      expect(Object.keys(variables).join()).not.toContain('KEY_ID');
    }
    expect(environmentOf(made.stack.archiveAudit.function)[ARCHIVE_VARIABLE]).toBe(made.idOf(made.stack.archive.bucket));
    expect(environmentOf(made.stack.files.publisher.function)).toEqual({ [SITE_BUCKET_VARIABLE]: made.idOf(made.stack.site.bucket), [SITE_FOLDER_VARIABLE]: '/opt' });
  });

  test('rotates the vault key and not the pepper, and lets both be restored for 30 days', () => {
    expect(propertiesOf(made.stack.vault.key)).toMatchObject({ EnableKeyRotation: true, PendingWindowInDays: 30 });
    expect(propertiesOf(made.stack.pepper.key)).toMatchObject({ KeySpec: 'HMAC_256', KeyUsage: 'GENERATE_VERIFY_MAC', PendingWindowInDays: 30 });
    expect(propertiesOf(made.stack.pepper.key)['EnableKeyRotation']).toBeUndefined();
  });

  test('has a pool without self sign-up, with a required second factor, and short tokens whose attributes are listed', () => {
    const { identity } = made.stack;
    expect(propertiesOf(identity.pool)).toMatchObject({
      AdminCreateUserConfig: { AllowAdminCreateUserOnly: true }, MfaConfiguration: 'ON', EnabledMfas: ['SOFTWARE_TOKEN_MFA'], DeletionProtection: 'ACTIVE',
      UserAttributeUpdateSettings: { AttributesRequireVerificationBeforeUpdate: ['email'] },
    });
    const common = { AccessTokenValidity: 15, EnableTokenRevocation: true, ExplicitAuthFlows: ['ALLOW_REFRESH_TOKEN_AUTH'], ReadAttributes: ['email', 'email_verified', 'name'], WriteAttributes: ['email', 'name'] };
    expect(propertiesOf(identity.dashboard)).toMatchObject({
      ...common, IdTokenValidity: 15, TokenValidityUnits: { AccessToken: 'minutes', IdToken: 'minutes', RefreshToken: 'minutes' }, RefreshTokenValidity: 720,
      AllowedOAuthFlows: ['code'], GenerateSecret: false, PreventUserExistenceErrors: 'ENABLED',
    });
    expect(resolve(propertiesOf(identity.dashboard)['AllowedOAuthScopes'])).toEqual(['openid', 'email', expect.stringMatching(/\/admin$/)]);
    expect(propertiesOf(identity.machines)).toMatchObject({ ...common, AllowedOAuthFlows: ['client_credentials'], GenerateSecret: true });
    expect(made.ofType('AWS::Cognito::ManagedLoginBranding')).toHaveLength(1);
  });

  test('tells the admin function which client is a machine and what it may do, and whoever deploys where its tokens come from', () => {
    const { admin, identity } = made.stack;
    const client = made.idOf(identity.machines);
    expect(environmentOf(admin.function)).toMatchObject({ BSG_MACHINE_CLIENT_ID: client, BSG_MACHINE_ROLE: 'admin' });
    const outputs = (made.template.toJSON() as { Outputs: Record<string, { Value: unknown }> }).Outputs;
    expect([outputs['MachineClientId']?.Value, outputs['UserPoolId']?.Value]).toEqual([{ Ref: client }, { Ref: made.idOf(identity.pool) }]);
    expect(resolve(outputs['MachineTokenUrl']?.Value)).toMatch(/^https:\/\/bsgateway-.+\.auth\.eu-central-1\.amazoncognito\.com\/oauth2\/token$/);
  });

  test('may call no model of Bedrock with a role unless somebody names it', () => {
    expect(JSON.stringify(made.resources)).not.toMatch(/"bedrock:/);
  });

  test('ends the admin function before an execution under an idempotency key counts as dead: what still runs must not run twice', () => {
    const seconds = Number(propertiesOf(made.stack.admin.function)['Timeout']);
    expect(seconds).toBe(300);
    expect(RUNNING_MS).toBeGreaterThan(seconds * 1_000);
  });

  test('makes the owner alone a user, with the address that was given', () => {
    const users = made.ofType('AWS::Cognito::UserPoolUser').map(([, { Properties }]) => Properties);
    expect(users).toEqual([expect.objectContaining({ Username: 'owner@example.com', DesiredDeliveryMediums: ['EMAIL'] })]);
    expect(environmentOf(made.stack.admin.function)['BSG_OWNER_EMAIL']).toBe('owner@example.com');
  });

  const STATEFUL = ['AWS::DynamoDB::Table', 'AWS::KMS::Key', 'AWS::Cognito::UserPool', 'AWS::S3::Bucket', 'AWS::Logs::LogGroup'];

  test('keeps tables, keys, pool, buckets and function logs when it is removed, under names that are free again', () => {
    const kept = STATEFUL.flatMap((type) => made.ofType(type));
    expect(kept.length).toBeGreaterThanOrEqual(6 + 2 + 1 + 3);
    for (const [, { DeletionPolicy, UpdateReplacePolicy, Properties }] of kept) {
      expect([DeletionPolicy, UpdateReplacePolicy]).toEqual(['Retain', 'Retain']);
      for (const name of ['TableName', 'BucketName', 'UserPoolName', 'LogGroupName', 'AliasName']) expect(Properties[name]).toBeUndefined();
    }
  });

  test('says what removing it does, and how to have what is kept again', () => {
    const said = (made.template.toJSON() as { Outputs: Record<string, { Value: string }> }).Outputs['OnRemoval']?.Value;
    expect(said).toMatch(/^Tables, keys, user pool, archive and logs are kept, .*-c adopt=.*-c retain=false/);
  });

  test('closes every bucket to the public and to plain HTTP, and the queue to plain HTTP', () => {
    const buckets = made.ofType('AWS::S3::Bucket');
    for (const [, { Properties }] of buckets) {
      expect(Properties['PublicAccessBlockConfiguration']).toEqual({ BlockPublicAcls: true, BlockPublicPolicy: true, IgnorePublicAcls: true, RestrictPublicBuckets: true });
    }
    const policies = [...made.ofType('AWS::S3::BucketPolicy'), ...made.ofType('AWS::SQS::QueuePolicy')].map(([, { Properties }]) => JSON.stringify(Properties));
    expect(policies).toHaveLength(buckets.length + 1);
    for (const policy of policies) expect(policy).toContain('{"Bool":{"aws:SecureTransport":"false"}}');
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

  test('raises alarms that somebody hears, each with its page of the runbook', () => {
    const alarms = made.ofType('AWS::CloudWatch::Alarm').map(([, { Properties }]) => Properties);
    expect(alarms).toHaveLength(14);
    const guide = readFileSync(join(import.meta.dirname, '../../docs/deploy.md'), 'utf8');
    const told = [...guide.matchAll(/^### (\w+)$/gm)].map(([, name]) => String(name));
    for (const { AlarmDescription, AlarmActions, ActionsEnabled } of alarms) {
      const [, anchor = ''] = / Runbook: docs\/deploy\.md#([a-z]+)$/.exec(String(AlarmDescription)) ?? [];
      expect(told.map((name) => name.toLowerCase())).toContain(anchor);
      expect([AlarmActions, ActionsEnabled]).toEqual([[expect.anything()], undefined]);
    }
    // No page of the runbook without its alarm; two are of options, where their tests find them.
    expect(told).toEqual(expect.arrayContaining(['BridgeFailures', 'WebErrors']));
    expect(told).toHaveLength(alarms.length + 2);
    const [failures] = alarms.filter(({ MetricName }) => MetricName === '5XXError');
    const name = propertiesOf(made.stack.dataApi.api)['Name'];
    expect(failures?.['Dimensions']).toEqual([{ Name: 'ApiName', Value: name }]);
    // Metrics of the two APIs are told apart by their names.
    expect(propertiesOf(made.stack.adminApi.api)['Name']).not.toBe(name);
  });

  test('watches every change of the audit table, from the first on, and keeps the place of what it found', () => {
    const [[, { Properties }] = NONE, ...others] = made.ofType('AWS::Lambda::EventSourceMapping');
    expect(others).toEqual([]);
    expect(resolve(Properties)).toMatchObject({
      StartingPosition: 'TRIM_HORIZON', EventSourceArn: `${made.arnOf(made.stack.tables.byName.audit)}/stream/x`, MaximumRetryAttempts: 1, DestinationConfig: { OnFailure: { Destination: made.arnOf(made.stack.failures) } },
    });
    expect(Properties['FilterCriteria']).toBeUndefined();
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

  test('sends failed runs of the jobs to a queue, from the timer and from the function', () => {
    const queue = made.arnOf(made.stack.failures);
    const configs = made.ofType('AWS::Lambda::EventInvokeConfig').map(([, { Properties }]) => resolve(Properties) as Properties);
    expect(configs.map((config) => config['DestinationConfig'])).toEqual([1, 2, 3, 4].map(() => ({ OnFailure: { Destination: queue } })));
    const rules = made.ofType('AWS::Events::Rule').map(([, { Properties }]) => resolve(Properties) as { ScheduleExpression: string; Targets: Properties[] });
    expect(rules.map(({ ScheduleExpression, Targets }) => [ScheduleExpression, Targets[0]?.['DeadLetterConfig']])).toEqual(['1 minute', '1 minute', '5 minutes', '1 hour'].map((time) => [`rate(${time})`, { Arn: queue }]));
  });

  test('asks for the owner as a parameter without default when none was given; retain=false and a reserved concurrency reach the resources', () => {
    const { stack, remove } = testApp({ retain: 'false', reservedConcurrency: '50', apiLogRole: 'false', signInPrefix: 'acme-llm', allowUpstreams: 'llm.lan:8000' });
    // Not synthesised: what a stack renders is enough here, and takes a tenth of the time.
    const rendered = (stack as unknown as { _toCloudFormation(): object })._toCloudFormation();
    const template = stack.resolve(rendered) as { Resources: Record<string, Resource>; Parameters: Record<string, Properties> };
    remove();
    const { Parameters: parameters } = template;
    const resources = Object.values(template.Resources);
    expect((template as unknown as { Outputs: Record<string, { Value: string }> }).Outputs['OnRemoval']?.Value).toMatch(/^Removing the stack also removes tables, keys, user pool and logs\. THEIR DATA IS LOST\.$/);
    expect(parameters['OwnerEmail']).toMatchObject({ Type: 'String' });
    expect(parameters['OwnerEmail']).not.toHaveProperty('Default');
    const stateful = resources.filter(({ Type }) => STATEFUL.includes(Type));
    expect(stateful.length).toBeGreaterThan(10);
    for (const { DeletionPolicy, Properties } of stateful) {
      expect(DeletionPolicy).toBe('Delete');
      expect(Properties['DeletionProtectionEnabled'] ?? false).toBe(false);
    }
    expect(resources.filter(({ Properties }) => Properties?.['ReservedConcurrentExecutions'] === 50)).toHaveLength(1);
    const functions = resources.filter(({ Type }) => Type === 'AWS::Lambda::Function').map(({ Properties }) => (Properties['Environment'] as Properties)['Variables']);
    expect(functions.filter((variables) => (variables as Properties)[UPSTREAMS_VARIABLE] === 'llm.lan:8000').length).toBe(6);
    expect(resources.filter(({ Type }) => Type === 'AWS::ApiGateway::Account')).toHaveLength(0);
    expect(resources.find(({ Type }) => Type === 'AWS::Cognito::UserPoolDomain')?.Properties['Domain']).toBe('acme-llm');
  });
});

describe('options that cost', () => {
  const ARN = 'arn:aws:acm:us-east-1:111122223333:certificate/abc-123';
  let full: Synthesized;
  beforeAll(() => {
    full = synthesize({
      ...BRIDGED, reservedConcurrency: '50', logRetentionDays: '90', archiveLockDays: '800', allowUpstreams: 'llm.lan:8000', apiDomain: 'llm.example.com', apiCertificateArn: ARN, dashboardDomain: 'console.example.com', dashboardCertificateArn: ARN,
      waf: 'true', wafRequestsPer5Minutes: '3000', dashboardWafArn: 'arn:aws:wafv2:us-east-1:111122223333:global/webacl/mine/0a-1b',
    });
  });
  afterAll(() => full.remove());

  test('guarantee J1: with domains and firewall nothing is found, and their acknowledgements are gone', () => {
    expect(findings(full.app, true)).toEqual([]);
    expect(full.report.pluginReports).toEqual([]);
    expect([...acknowledgements(full.app).keys()].filter((where) => /APIG3|CFR2|CFR4/.test(where))).toEqual([]);
  });

  test('host names of one\'s own stand in the outputs, the settings, the sign-in and the headers', () => {
    const outputs = (full.template.toJSON() as { Outputs: Record<string, { Value: unknown }> }).Outputs;
    expect(outputs['BaseUrl']?.Value).toBe('https://llm.example.com/v1');
    expect(outputs['DashboardUrl']?.Value).toBe('https://console.example.com');
    expect([outputs['ApiDomainTarget'], outputs['DashboardDomainTarget']].map((output) => output !== undefined)).toEqual([true, true]);
    expect(full.ofType('AWS::ApiGateway::DomainName')[0]?.[1].Properties).toMatchObject({ DomainName: 'llm.example.com', SecurityPolicy: 'TLS_1_2', EndpointConfiguration: { Types: ['REGIONAL'] } });
    expect(full.ofType('AWS::CloudFront::Distribution')[0]?.[1].Properties).toMatchObject({
      DistributionConfig: { Aliases: ['console.example.com'], ViewerCertificate: { MinimumProtocolVersion: 'TLSv1.2_2021' }, WebACLId: expect.stringContaining(':global/webacl/') },
    });
    expect(full.resources[full.idOf(full.stack.identity.dashboard)]?.Properties['CallbackURLs']).toEqual(['https://console.example.com/callback']);
    const config = resolve(full.ofType('Custom::Dashboard')[0]?.[1].Properties['config']);
    expect(JSON.parse(String(config))).toMatchObject({ gatewayUrl: 'https://llm.example.com/v1' });
  });

  test('the firewall bounds each address before all three APIs and looks at no body', () => {
    const rules = full.ofType('AWS::WAFv2::WebACL').map(([, { Properties }]) => Properties['Rules'] as Properties[])[0] ?? [];
    expect(rules.map(({ Name }) => Name)).toEqual(['Rate', 'Reputation']);
    expect(rules[0]).toMatchObject({ Action: { Block: {} }, Statement: { RateBasedStatement: { Limit: 3000, AggregateKeyType: 'IP' } } });
    expect(JSON.stringify(rules)).not.toMatch(/Body|CommonRuleSet|SQLi/);
    expect(full.ofType('AWS::WAFv2::WebACLAssociation')).toHaveLength(full.ofType('AWS::ApiGateway::Stage').length);
    expect(full.ofType('AWS::ApiGateway::Stage')).toHaveLength(3);
    expect(made.ofType('AWS::WAFv2::WebACL')).toEqual([]);
  });
});

describe('compute=web', () => {
  let web: Synthesized;
  beforeAll(() => { web = synthesize({ ownerEmail: 'owner@example.com', compute: 'web' }); });
  afterAll(() => web.remove());

  test('guarantee J1: what CDK adds for the code is acknowledged, rule by rule, and nothing else is found', () => {
    expect(findings(web.app, true)).toEqual([]);
    expect(web.report.pluginReports).toEqual([]);
    const more = [...acknowledgements(web.app).keys()].filter((where) => !acknowledgements(made.app).has(where));
    expect(more).toHaveLength(6);
    for (const where of more) expect(where).toMatch(/S3ObjectCopy|AWSCDKWebFunctionAssetBucket/);
  });

  test('an HTTP server of 64 requests at once for up to 15 minutes, with the role of the data plane and no other', () => {
    const { stack, idOf: id, ofType } = web;
    const text = JSON.stringify([...ofType('AWS::Lambda::WebFunction'), ...ofType('AWS::Lambda::WebFunctionRevision'), ...ofType('AWS::Lambda::WebFunctionEndpoint')].map(([, { Properties }]) => Properties));
    expect(text).toContain('"AWS_LAMBDA_NODEJS_ENTRYPOINT":"index.mjs"');
    expect(text).toContain(':64');
    expect(text).toContain(':900');
    expect(text).toContain('"ApplicationManaged"');
    expect(text).toContain(id(stack.gateway.role));
    expect(text).toContain('BSG_VAULT_KEY_ID');
    expect(ofType('AWS::Lambda::WebFunction')).toHaveLength(1);
    const outputs = (web.template.toJSON() as { Outputs: Record<string, { Value: unknown }> }).Outputs;
    expect(JSON.stringify(outputs['BaseUrl']?.Value)).not.toContain('execute-api');
    expect(made.ofType('AWS::Lambda::WebFunction')).toEqual([]);
  });

  test('its own errors raise an alarm: lines of its log, which no metric of API Gateway counts', () => {
    const [{ Properties } = NONE[1]] = web.ofType('AWS::Logs::MetricFilter').map(([, filter]) => filter).filter(({ Properties: { FilterPattern } }) => String(FilterPattern).includes('$.level'));
    expect(Properties).toMatchObject({ FilterPattern: '{ $.level = "error" }', LogGroupName: { Ref: web.idOf(web.stack.web?.logGroup ?? web.stack) } });
    const [metric] = Properties['MetricTransformations'] as Properties[];
    const alarms = web.ofType('AWS::CloudWatch::Alarm').map(([, { Properties: alarm }]) => alarm).filter(({ MetricName }) => MetricName === 'WebErrors');
    expect(alarms).toEqual([expect.objectContaining({ Namespace: metric?.['MetricNamespace'], AlarmDescription: expect.stringContaining('#weberrors'), Threshold: 5 })]);
    expect(JSON.parse(jsonLine((log) => log.error('crashed')))).toMatchObject({ level: 'error' });
    expect(made.ofType('AWS::Logs::MetricFilter')).toEqual([]);
  });
});

describe('compute=web: what is watched', () => {
  let web: Synthesized;
  beforeAll(() => { web = synthesize({ ownerEmail: 'owner@example.com', compute: 'web' }); });
  afterAll(() => web.remove());
  const filters = () => web.ofType('AWS::Logs::MetricFilter').map(([, { Properties }]) => Properties);
  const metricOf = (filter: Properties | undefined) => (filter?.['MetricTransformations'] as Properties[] | undefined)?.[0];

  test('is the server: its answers by class and their times, from a log line as it writes them', () => {
    const line = JSON.parse(accessLine({ method: 'POST', route: '/v1/messages', status: 502, ms: 12, requestId: '01J8' }, 0)) as Properties;
    expect(line).toMatchObject({ event: 'request', status: 502, ms: 12 });
    const group = { Ref: web.idOf(web.stack.web?.logGroup ?? web.stack) };
    const answers = filters().filter(({ FilterPattern }) => String(FilterPattern).includes('$.event = "request"'));
    expect(answers.map(({ FilterPattern, LogGroupName }) => [FilterPattern, LogGroupName]).toSorted()).toEqual([
      ['{ $.event = "request" }', group], ['{ ($.event = "request") && ($.status >= 400) && ($.status < 500) }', group], ['{ ($.event = "request") && ($.status >= 500) }', group],
    ].toSorted());
    expect(answers.map((each) => metricOf(each)?.['MetricValue']).toSorted()).toEqual(['$.ms', '1', '1']);
  });

  test('raises the alarm for failures by the server\'s answers, and nothing on the page or in an alarm looks at the idle API', () => {
    const [alarm, ...others] = web.ofType('AWS::CloudWatch::Alarm').map(([, { Properties }]) => Properties).filter(({ AlarmDescription }) => String(AlarmDescription).endsWith('#gatewayfailures'));
    expect(others).toEqual([]);
    const names = new Map(filters().map((filter) => [String(filter['FilterPattern']), metricOf(filter)?.['MetricName']]));
    const metrics = (alarm?.['Metrics'] as { Id: string; Expression?: string; MetricStat?: { Metric: Properties; Stat: string } }[]);
    expect(metrics.find(({ Expression }) => Expression !== undefined)?.Expression).toBe('failed / answers');
    expect(Object.fromEntries(metrics.filter(({ MetricStat }) => MetricStat !== undefined).map(({ Id, MetricStat }) => [Id, [MetricStat?.Metric['MetricName'], MetricStat?.Stat]]))).toEqual({
      failed: [names.get('{ ($.event = "request") && ($.status >= 500) }'), 'Sum'], answers: [names.get('{ $.event = "request" }'), 'SampleCount'],
    });
    expect(alarm).toMatchObject({ Threshold: 0.05, TreatMissingData: 'notBreaching' });
    const page = JSON.stringify(web.ofType('AWS::CloudWatch::Dashboard'));
    for (const name of names.values()) if (name !== 'WebErrors') expect(page).toContain(String(name));
    expect(page + JSON.stringify(web.ofType('AWS::CloudWatch::Alarm'))).not.toContain('AWS/ApiGateway');
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
