import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { IConstruct } from 'constructs';
import { ARCHIVE_VARIABLE, readAwsEnvironment, SITE_BUCKET_VARIABLE, SITE_FOLDER_VARIABLE, UPSTREAMS_VARIABLE } from '../../functions/adapters/aws/environment.ts';
import { RUNNING_MS } from '../../functions/adapters/store/idempotency.ts';
import { DYNAMO_TABLES } from '../../functions/adapters/store/dynamo-tables.ts';
import { figure } from '../support/figure.ts';
import { environmentIn, NONE, PLAIN, propertiesIn } from './stack-probes.ts';
import { resolve, synthesize, testApp, type Properties, type Resource, type Synthesized } from './synthesized.ts';

let made: Synthesized;
beforeAll(() => { made = synthesize(PLAIN); });
afterAll(() => made.remove());

const propertiesOf = (construct: IConstruct): Properties => propertiesIn(made, construct);
const environmentOf = (construct: IConstruct): Record<string, string> => environmentIn(made, construct);

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
