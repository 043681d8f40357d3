import { Duration } from 'aws-cdk-lib';
import type { RestApi } from 'aws-cdk-lib/aws-apigateway';
import { Dashboard, GraphWidget, type IMetric } from 'aws-cdk-lib/aws-cloudwatch';
import type { Table } from 'aws-cdk-lib/aws-dynamodb';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';

export interface OverviewProps {
  readonly dataApi: RestApi;
  readonly gateway: LambdaFunction;
  readonly admin: LambdaFunction;
  readonly jobs: Readonly<Record<string, LambdaFunction>>;
  readonly usage: Table;
  readonly failures: Queue;
  /** Where BSVibe is no OpenID provider. */
  readonly bridge: { readonly api: RestApi; readonly handler: { readonly function: LambdaFunction } } | undefined;
}

const PERIOD = Duration.minutes(5);
const SUM = { period: PERIOD, statistic: 'Sum' };
const at = (statistic: string) => ({ period: PERIOD, statistic });

/** One page in CloudWatch with what an operator looks at first when something is wrong. */
export class Overview extends Construct {
  readonly dashboard: Dashboard;

  constructor(scope: Construct, id: string, { dataApi, gateway, admin, jobs, usage, failures, bridge }: OverviewProps) {
    super(scope, id);
    const graph = (title: string, ...left: IMetric[]) => new GraphWidget({ title, left, width: 8 });
    const functions = { Gateway: gateway, Admin: admin, ...jobs, ...(bridge && { Bridge: bridge.handler.function }) };
    const each = (metric: (of: LambdaFunction, label: string) => IMetric): IMetric[] => Object.entries(functions).map(([label, of]) => metric(of, label));
    this.dashboard = new Dashboard(this, 'Dashboard', {
      widgets: [
        [
          graph('Requests', dataApi.metricCount(SUM), dataApi.metricClientError(SUM), dataApi.metricServerError(SUM)),
          graph('Time to the last byte, ms', dataApi.metricLatency(at('p50')), dataApi.metricLatency(at('p95')), dataApi.metricLatency(at('p99'))),
          graph('Running at once', gateway.metric('ConcurrentExecutions', at('Maximum')), gateway.metricThrottles(SUM)),
        ],
        [
          graph('Errors of functions', ...each((of, label) => of.metricErrors({ ...SUM, label }))),
          graph('Usage table: units', usage.metricConsumedWriteCapacityUnits(SUM), usage.metricConsumedReadCapacityUnits(SUM)),
          graph('Failed runs that wait', failures.metricApproximateNumberOfMessagesVisible(at('Maximum'))),
        ],
        ...(bridge === undefined ? [] : [[graph('Sign-in bridge', bridge.api.metricCount(SUM), bridge.api.metricClientError(SUM), bridge.api.metricServerError(SUM))]]),
      ],
    });
  }
}
