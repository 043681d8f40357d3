import { RemovalPolicy } from 'aws-cdk-lib';
import { AccessLogField, AccessLogFormat, LogGroupLogDestination, MethodLoggingLevel, type StageOptions } from 'aws-cdk-lib/aws-apigateway';
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';

export interface ApiStageProps {
  readonly logRetentionDays: number;
  readonly retain: boolean;
  readonly throttleRps: number;
  readonly throttleBurst: number;
}

/** Method, matched route, status, time and request id: no header, path or query of a caller, since any may hold a secret. */
const ACCESS_LOG = AccessLogFormat.custom(JSON.stringify({
  requestId: AccessLogField.contextRequestId(),
  at: AccessLogField.contextRequestTimeEpoch(),
  method: AccessLogField.contextHttpMethod(),
  route: AccessLogField.contextResourcePath(),
  status: AccessLogField.contextStatus(),
  ms: AccessLogField.contextResponseLatency(),
}));

/** The one stage of an API: access log, execution log of errors without data, throttles. */
export function apiStage(scope: Construct, props: ApiStageProps): StageOptions {
  const log = new LogGroup(scope, 'AccessLog', {
    retention: props.logRetentionDays satisfies RetentionDays,
    removalPolicy: props.retain ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
  });
  return {
    stageName: 'prod',
    accessLogDestination: new LogGroupLogDestination(log),
    accessLogFormat: ACCESS_LOG,
    loggingLevel: MethodLoggingLevel.ERROR,
    // Data traces would write prompts and answers into the log.
    dataTraceEnabled: false,
    metricsEnabled: true,
    throttlingRateLimit: props.throttleRps,
    throttlingBurstLimit: props.throttleBurst,
  };
}
