import { Duration } from 'aws-cdk-lib';
import type { RestApi } from 'aws-cdk-lib/aws-apigateway';
import { Dashboard, GraphWidget, type IMetric } from 'aws-cdk-lib/aws-cloudwatch';
import type { Table } from 'aws-cdk-lib/aws-dynamodb';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { Traffic } from './traffic.ts';

export interface OverviewProps {
  /** Of the data plane. */
  readonly traffic: Traffic;
  /** Whether the gateway function serves, and not the HTTP server. */
  readonly isFunction: boolean;
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

  constructor(scope: Construct, id: string, { traffic, isFunction, gateway, admin, jobs, usage, failures, bridge }: OverviewProps) {
    super(scope, id);
    const graph = (title: string, ...left: IMetric[]) => new GraphWidget({ title, left, width: 8 });
    const functions = { Gateway: gateway, Admin: admin, ...jobs, ...(bridge && { Bridge: bridge.handler.function }) };
    const each = (metric: (of: LambdaFunction, label: string) => IMetric): IMetric[] => Object.entries(functions).map(([label, of]) => metric(of, label));
    this.dashboard = new Dashboard(this, 'Dashboard', {
      widgets: [
        [
          graph('Requests', ...traffic.answers),
          graph('Time to the last byte, ms', ...['p50', 'p95', 'p99'].map((statistic) => traffic.latency(statistic))),
          ...(isFunction ? [graph('Running at once', gateway.metric('ConcurrentExecutions', at('Maximum')), gateway.metricThrottles(SUM))] : []),
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
