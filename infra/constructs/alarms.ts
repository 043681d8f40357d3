import { Duration, Stack } from 'aws-cdk-lib';
import type { RestApi } from 'aws-cdk-lib/aws-apigateway';
import { Alarm, ComparisonOperator, TreatMissingData, type IMetric } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { Operation, type Table } from 'aws-cdk-lib/aws-dynamodb';
import { ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { FilterPattern, MetricFilter, type ILogGroup } from 'aws-cdk-lib/aws-logs';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { TableName } from './tables.ts';
import type { Traffic } from './traffic.ts';

export interface AlarmsProps {
  readonly gateway: LambdaFunction;
  readonly admin: LambdaFunction;
  /** Looks for changes of audit events, and fails when it finds one. */
  readonly watch: LambdaFunction;
  /** Copies audit events, and fails when the chain is broken. */
  readonly archiveJob: LambdaFunction;
  /** Each with the minutes in which it must have run at least once. */
  readonly jobs: Readonly<Record<string, readonly [LambdaFunction, number]>>;
  /** Of the data plane. */
  readonly traffic: Traffic;
  readonly tables: Readonly<Record<TableName, Table>>;
  readonly failures: Queue;
  readonly email: string | undefined;
  /** Where BSVibe is no OpenID provider. */
  readonly bridgeApi: RestApi | undefined;
  /** The log of the server, with compute=web. */
  readonly webLog: ILogGroup | undefined;
}

const PERIOD = Duration.minutes(5);
const HOUR_MS = 3_600_000;
/** Where an alarm's description leads; a test holds the page to the alarms. */
const RUNBOOK = 'docs/deploy.md';

/** What somebody must look at. Each description names its page of the runbook. */
export class Alarms extends Construct {
  private readonly action: SnsAction | undefined;

  constructor(scope: Construct, id: string, props: AlarmsProps) {
    super(scope, id);
    this.action = props.email === undefined ? undefined : new SnsAction(this.topic(props.email));
    const sum = { period: PERIOD, statistic: 'Sum' };
    this.alarm('GatewayErrors', 'The gateway function crashed or timed out', props.gateway.metricErrors(sum), 5);
    this.alarm('GatewayThrottles', 'Requests were refused for want of concurrency', props.gateway.metricThrottles(sum), 1);
    this.alarm('GatewayFailures', 'More than 5 % of all answers were 5xx', props.traffic.failureRate, 0.05);
    this.alarm('AdminErrors', 'The admin function crashed or timed out', props.admin.metricErrors(sum), 5);
    this.alarm('JobFailures', 'A job failed three times in a row', props.failures.metricApproximateNumberOfMessagesVisible({ period: PERIOD, statistic: 'Maximum' }), 1);
    this.alarm('AuditRewritten', 'An audit event was altered or removed', props.watch.metricErrors(sum), 1);
    this.alarm('AuditUnwatched', 'Changes of audit events wait for an hour to be looked at', props.watch.metric('IteratorAge', { period: PERIOD, statistic: 'Maximum' }), HOUR_MS);
    this.alarm('AuditNotArchived', 'Audit events could not be archived, or their chain is broken', props.archiveJob.metricErrors(sum), 1);
    if (props.bridgeApi !== undefined) this.alarm('BridgeFailures', 'The sign-in bridge failed to answer', props.bridgeApi.metricServerError(sum), 3);
    if (props.webLog !== undefined) this.alarm('WebErrors', 'The HTTP server of the data plane logged errors', this.errorsIn(props.webLog), 5);
    for (const [name, metric] of [['UsageThrottles', this.throttles(props.tables.usage)], ['ConfigThrottles', this.throttles(props.tables.keys)]] as const) this.alarm(name, 'A table refused requests', metric, 10);
    for (const [name, [job, minutes]] of Object.entries(props.jobs)) this.silence(`${name}Silent`, `A job has not run for ${minutes} minutes`, job.metricInvocations({ period: Duration.minutes(minutes), statistic: 'Sum' }));
  }

  /** Lines that the server itself calls errors: a metric of our own, whatever the service counts. */
  private errorsIn(logGroup: ILogGroup): IMetric {
    const metricNamespace = Stack.of(this).stackName;
    const filter = new MetricFilter(this, 'WebErrorLines', {
      logGroup, metricNamespace, metricName: 'WebErrors', filterPattern: FilterPattern.stringValue('$.level', '=', 'error'), defaultValue: 0,
    });
    return filter.metric({ period: PERIOD, statistic: 'Sum' });
  }

  private throttles(table: Table): IMetric {
    return table.metricThrottledRequestsForOperations({ period: PERIOD, statistic: 'Sum', operations: [Operation.GET_ITEM, Operation.PUT_ITEM, Operation.QUERY, Operation.UPDATE_ITEM] });
  }

  private alarm(name: string, what: string, metric: IMetric, threshold: number): void {
    this.add(name, what, { metric, threshold, comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD, treatMissingData: TreatMissingData.NOT_BREACHING });
  }

  private silence(name: string, what: string, metric: IMetric): void {
    this.add(name, what, { metric, threshold: 1, comparisonOperator: ComparisonOperator.LESS_THAN_THRESHOLD, treatMissingData: TreatMissingData.BREACHING });
  }

  private add(name: string, what: string, settings: { metric: IMetric; threshold: number; comparisonOperator: ComparisonOperator; treatMissingData: TreatMissingData }): void {
    const alarm = new Alarm(this, name, { ...settings, evaluationPeriods: 1, alarmDescription: `${what}. Runbook: ${RUNBOOK}#${name.toLowerCase()}` });
    if (this.action !== undefined) alarm.addAlarmAction(this.action);
  }

  private topic(email: string): Topic {
    const topic = new Topic(this, 'Topic', { displayName: 'BSGateway alarms', enforceSSL: true });
    topic.grantPublish(new ServicePrincipal('cloudwatch.amazonaws.com'));
    topic.addSubscription(new EmailSubscription(email));
    return topic;
  }
}
