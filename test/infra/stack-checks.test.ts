import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Validations } from 'aws-cdk-lib';
import { LambdaIntegration, RestApi } from 'aws-cdk-lib/aws-apigateway';
import { accessLine } from '../../functions/adapters/observe/log.ts';
import { figure } from '../support/figure.ts';
import { acknowledgements, findings, jsonLine, NONE, PLAIN } from './stack-probes.ts';
import { BRIDGED, resolve, synthesize, testApp, type Properties, type Synthesized } from './synthesized.ts';

let made: Synthesized;
beforeAll(() => { made = synthesize(PLAIN); });
afterAll(() => made.remove());

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
