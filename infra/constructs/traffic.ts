import { Duration, Stack } from 'aws-cdk-lib';
import type { RestApi } from 'aws-cdk-lib/aws-apigateway';
import { MathExpression, type IMetric } from 'aws-cdk-lib/aws-cloudwatch';
import { FilterPattern, MetricFilter, type IFilterPattern, type ILogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';

/** What is served, as whatever serves counts it. */
export interface Traffic {
  /** Sums: all answers, those of 4xx, those of 5xx. */
  readonly answers: readonly IMetric[];
  /** The share of answers that were 5xx, 0 to 1; no value where nothing was asked. */
  readonly failureRate: IMetric;
  /** Milliseconds to the last byte. */
  latency(statistic: string): IMetric;
}

const PERIOD = Duration.minutes(5);
const SUM = { period: PERIOD, statistic: 'Sum' };

/** A REST API counts for itself. */
export const apiTraffic = (api: RestApi): Traffic => ({
  answers: [api.metricCount(SUM), api.metricClientError(SUM), api.metricServerError(SUM)],
  failureRate: api.metricServerError({ period: PERIOD, statistic: 'Average' }),
  latency: (statistic) => api.metricLatency({ period: PERIOD, statistic }),
});

/**
 * The HTTP server's answers, counted from its own access log: a line for each, with `status` and `ms`. What the service counts
 * has no value in a time without a failure, and needs an account to be tried; these lines do not.
 */
export class LoggedTraffic extends Construct implements Traffic {
  readonly answers: readonly IMetric[];
  readonly failureRate: IMetric;
  readonly latency: (statistic: string) => IMetric;

  constructor(scope: Construct, id: string, logGroup: ILogGroup) {
    super(scope, id);
    const answered = FilterPattern.stringValue('$.event', '=', 'request');
    const status = (comparison: '>=' | '<', value: number) => FilterPattern.numberValue('$.status', comparison, value);
    // The one whose values are times also says how many there were.
    const times = this.filter('WebAnswers', { logGroup, filterPattern: answered, metricValue: '$.ms' });
    const refused = this.filter('WebRefusals', { logGroup, filterPattern: FilterPattern.all(answered, status('>=', 400), status('<', 500)), metricValue: '1', defaultValue: 0 });
    const failed = this.filter('WebFailures', { logGroup, filterPattern: FilterPattern.all(answered, status('>=', 500)), metricValue: '1', defaultValue: 0 });
    const all = times.metric({ period: PERIOD, statistic: 'SampleCount' });
    this.answers = [all, refused.metric(SUM), failed.metric(SUM)];
    this.failureRate = new MathExpression({ expression: 'failed / answers', usingMetrics: { failed: failed.metric(SUM), answers: all }, period: PERIOD, label: '5xx' });
    this.latency = (statistic) => times.metric({ period: PERIOD, statistic });
  }

  private filter(metricName: string, props: { logGroup: ILogGroup; filterPattern: IFilterPattern; metricValue: string; defaultValue?: number }): MetricFilter {
    return new MetricFilter(this, metricName, { ...props, metricName, metricNamespace: Stack.of(this).stackName });
  }
}
